import { ChatError } from './errors.ts';
import type { ChatLimits } from './chat.ts';
import type { Clock } from './ports.ts';
import { RateLimiter, rateOf } from './rate.ts';

const HOUR = 3_600_000;

/** What one user may do in a time, on this node. Refusals are RATE_LIMITED with `retryAfterMs`. */
export class Quotas {
  readonly #clock: Clock;
  readonly #sends: RateLimiter;
  readonly #rooms: RateLimiter;
  readonly #invites: RateLimiter;
  readonly #passwords: RateLimiter;

  constructor(limits: ChatLimits, clock: Clock) {
    this.#clock = clock;
    this.#sends = new RateLimiter(rateOf(limits.sendsPerSecond, limits.sendsBurst));
    this.#rooms = new RateLimiter(rateOf((limits.newRoomsPerHour * 1000) / HOUR, limits.newRoomsPerHour));
    this.#invites = new RateLimiter(rateOf((limits.invitesPerHour * 1000) / HOUR, limits.invitesPerHour));
    const { passwordTriesPerMinute: tries } = limits;
    this.#passwords = new RateLimiter(rateOf(tries / 60, tries));
  }

  /** A message, or an act that writes an ADMIN message. */
  send(userId: string): void {
    this.#take(this.#sends, userId, 1);
  }

  newRoom(userId: string): void {
    this.#take(this.#rooms, userId, 1);
  }

  invite(userId: string, people: number): void {
    this.#take(this.#invites, userId, people);
  }

  /** A try of a room's password, right or wrong. */
  password(userId: string, roomId: string): void {
    this.#take(this.#passwords, JSON.stringify([userId, roomId]), 1);
  }

  #take(limiter: RateLimiter, userId: string, count: number): void {
    const wait = limiter.take(userId, this.#clock.now(), count);
    if (wait > 0) throw new ChatError('RATE_LIMITED', undefined, { retryAfterMs: wait });
  }
}
