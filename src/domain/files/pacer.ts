/**
 * Tells how long an answer is held back so that somebody does not send more bytes per second than allowed: a sender
 * who waits for each answer is slowed down without ever being refused.
 */
export class Pacer {
  readonly #bytesPerSecond: number;
  /** When each sender may go on, in milliseconds. */
  readonly #free = new Map<string, number>();
  #sweepAt = 1_000;

  /** 0 is no limit. A second's worth may come at once. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Counts what came and returns the milliseconds to wait. */
  take(key: string, bytes: number, now: number): number {
    if (this.#bytesPerSecond === 0) return 0;
    const cost = (bytes * 1000) / this.#bytesPerSecond;
    const free = Math.max(this.#free.get(key) ?? 0, now) + cost;
    this.#free.set(key, free);
    if (this.#free.size > this.#sweepAt) this.#sweep(now);
    return Math.max(0, Math.ceil(free - now - 1000));
  }

  #sweep(now: number): void {
    for (const [key, free] of this.#free) if (free <= now) this.#free.delete(key);
    this.#sweepAt = Math.max(1_000, this.#free.size * 2);
  }
}
