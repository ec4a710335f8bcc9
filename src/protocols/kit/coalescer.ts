/** Does something for a key at most once per interval; the newest call wins, the first is not delayed. */
export class Coalescer<K extends object> {
  readonly #interval: number;
  readonly #work: (key: K) => void;
  readonly #last = new WeakMap<K, number>();
  readonly #timers = new Map<K, NodeJS.Timeout>();

  constructor(interval: number, work: (key: K) => void) {
    this.#interval = interval;
    this.#work = work;
  }

  call(key: K): void {
    if (this.#timers.has(key)) return;
    const now = performance.now();
    const wait = (this.#last.get(key) ?? -Infinity) + this.#interval - now;
    if (wait <= 0) {
      this.#last.set(key, now);
      this.#work(key);
      return;
    }
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        this.#last.set(key, performance.now());
        this.#work(key);
      }, wait),
    );
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
