/** Work that takes turns: at most `atOnce` at a time, each with a limit of time; who waits, waits in order. */
export class Lane {
  readonly #limitMs: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number, limitMs: number) {
    this.#free = atOnce;
    this.#limitMs = limitMs;
  }

  /**
   * Does `work` when it is its turn. When the limit has passed its signal is aborted and the answer is what `late`
   * says; the place is free for the next only when the work has really ended, so that what cannot be stopped (a
   * decoder in a thread) never runs more often than `atOnce`.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, late: () => T): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const atLimit = new Promise<T>(resolve => {
      timer = setTimeout(() => {
        limit.abort();
        resolve(late());
      }, this.#limitMs);
    });
    const working = work(limit.signal).finally(() => {
      clearTimeout(timer);
      this.#leave();
    });
    // What is thrown after the limit has nobody who could be told; before it, it is the answer.
    return Promise.race([working, atLimit]);
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
