import { createHmac } from 'node:crypto';
import type { SendOutcome } from '../ports.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** When a receiver is asked again, and when it is given up; milliseconds. */
export const SCHEDULE = {
  first: 10 * SECOND,
  longest: HOUR,
  /** An event is dead when it has failed for so long. */
  patience: 3 * DAY,
  /** A wish of the receiver is respected up to this. */
  longestWish: DAY,
  /** A webhook is switched off after nothing but failure for so long. */
  giveUp: 5 * DAY,
};

export type Verdict =
  | { is: 'done' }
  /** Never again, for this event; `gone`: for the whole webhook. */
  | { is: 'final'; gone: boolean }
  | { is: 'later'; wait: number };

const AGAIN = new Set([408, 425, 429]);

/** What an answer means. `attempts` counts this one; `chance` in 0 … 1 spreads the tries of many. */
export function judge({ status, retryAfter }: SendOutcome, attempts: number, chance: number): Verdict {
  if (status !== null && status >= 200 && status < 300) return { is: 'done' };
  if (status === 410) return { is: 'final', gone: true };
  if (status !== null && status >= 400 && status < 500 && !AGAIN.has(status))
    return { is: 'final', gone: false };
  const backoff = Math.min(SCHEDULE.longest, SCHEDULE.first * 2 ** Math.min(attempts - 1, 20));
  const wish = Math.min(SCHEDULE.longestWish, (retryAfter ?? 0) * SECOND);
  return { is: 'later', wait: Math.max(wish, Math.round(backoff * (0.75 + chance / 2))) };
}

/** `sha256=` and the HMAC of time and body in hex: whoever knows the secret can tell that it is from here, and fresh. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
