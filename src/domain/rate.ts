/**
 * A token bucket in one number (the generic cell rate algorithm): `state` is the moment at which the bucket is
 * full again. A new caller starts with 0. Own code and not a library because every event passes here and an idle
 * socket must not cost a timer or an object.
 */
export interface Rate {
  /** Milliseconds that one act costs. */
  readonly cost: number;
  /** Milliseconds of credit: cost × burst. */
  readonly credit: number;
}

/** `perSecond` 0 is no limit (null). */
export const rateOf = (perSecond: number, burst: number): Rate | null =>
  perSecond > 0 ? { cost: 1000 / perSecond, credit: (1000 / perSecond) * Math.max(1, burst) } : null;

/** Takes `count` acts out of the bucket. Returns the new state, or how long to wait (in `wait`, milliseconds). */
export function take(rate: Rate, state: number, now: number, count = 1): { state: number; wait: number } {
  const full = Math.max(state, now) + rate.cost * count;
  const wait = full - now - rate.credit;
  // Less than a thousandth of a millisecond is rounding, not waiting.
  return wait > 0.001 ? { state, wait: Math.ceil(wait) } : { state: full, wait: 0 };
}

/** Buckets by key; those that are full again are forgotten now and then. */
export class RateLimiter {
  readonly #rate: Rate | null;
  readonly #states = new Map<string, number>();
  #sweepAt = 1_000;

  constructor(rate: Rate | null) {
    this.#rate = rate;
  }

  /** Milliseconds to wait, 0 when the act may go on (it is counted then). */
  take(key: string, now: number, count = 1): number {
    if (!this.#rate) return 0;
    const { state, wait } = take(this.#rate, this.#states.get(key) ?? 0, now, count);
    if (wait === 0) this.#states.set(key, state);
    if (this.#states.size > this.#sweepAt) this.#sweep(now);
    return wait;
  }

  #sweep(now: number): void {
    for (const [key, full] of this.#states) if (full <= now) this.#states.delete(key);
    this.#sweepAt = Math.max(1_000, this.#states.size * 2);
  }
}
