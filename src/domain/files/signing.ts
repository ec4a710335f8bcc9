import { createHmac, timingSafeEqual } from 'node:crypto';

/** How long a signed link works, in seconds. */
export const LINK_SECONDS = 3_600;

export interface Signature {
  sig: string;
  /** Unix time in seconds. */
  exp: number;
}

/** Signs paths for a time, for readers that can send no header (an `<img>`). Nothing of a session is in it. */
export class Signer {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** `now` in milliseconds. */
  sign(path: string, now: number, seconds = LINK_SECONDS): Signature {
    const exp = Math.floor(now / 1000) + seconds;
    return { sig: this.#of(path, exp).toString('base64url'), exp };
  }

  /** Whether this signature is ours, for this path, and not over. */
  isValid(path: string, { sig, exp }: Signature, now: number): boolean {
    if (!Number.isSafeInteger(exp) || exp * 1000 <= now) return false;
    const given = Buffer.from(sig, 'base64url');
    const right = this.#of(path, exp);
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #of(path: string, exp: number): Buffer {
    return createHmac('sha256', this.#secret).update(`${exp}\n${path}`).digest().subarray(0, 24);
  }
}
