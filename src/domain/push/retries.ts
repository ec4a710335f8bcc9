import type { Task } from './courier.ts';

/** Milliseconds before the first, the second … further try: an hour in all. */
const PAUSES = [10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_500_000];
const MAX_WAITING = 10_000;
/** How many are tried at once. */
const AT_ONCE = 200;

export interface RetriesOptions {
  pauses?: readonly number[];
  /** A push waits (+1), or waits no more (-1). What waits at the end waits for ever: the next start finds it. */
  onChange: (task: Task, by: 1 | -1) => void;
  /** Tries again; must not throw. */
  work: (tasks: Task[]) => Promise<void>;
}

/** Pushes that the provider may take later. Bounded: of too many, the newest is not tried again. */
export class Retries {
  readonly #options: RetriesOptions;
  readonly #pauses: readonly number[];
  #waiting: { at: number; task: Task }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #nextAt = Infinity;
  #stopped = false;

  constructor(options: RetriesOptions) {
    this.#options = options;
    this.#pauses = options.pauses ?? PAUSES;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** False: it was tried often enough, or too many wait. */
  add(task: Task): boolean {
    const pause = this.#pauses[task.attempt - 1];
    if (pause === undefined || this.#waiting.length >= MAX_WAITING) return false;
    const at = performance.now() + pause;
    this.#waiting.push({ at, task });
    this.#options.onChange(task, 1);
    if (at < this.#nextAt) this.#wake();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #wake(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#nextAt = this.#waiting.reduce((least, { at }) => Math.min(least, at), Infinity);
    if (this.#waiting.length === 0 || this.#stopped) return;
    const wait = Math.max(1, this.#nextAt - performance.now());
    this.#timer = setTimeout(() => void this.#tryDue(), wait).unref();
  }

  async #tryDue(): Promise<void> {
    const now = performance.now() + 1;
    const due = this.#waiting.filter(({ at }) => at <= now).slice(0, AT_ONCE);
    const taken = new Set(due);
    this.#waiting = this.#waiting.filter(entry => !taken.has(entry));
    await this.#options.work(due.map(({ task }) => task));
    for (const { task } of due) this.#options.onChange(task, -1);
    this.#wake();
  }
}
