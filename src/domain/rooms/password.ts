import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { invalid } from '../errors.ts';
import type { RoomAccess } from '../model.ts';

/** Longest password of a room, in characters. */
export const MAX_PASSWORD = 128;

const KEY_BYTES = 32;
/** About 50 ms and 16 MiB for each guess. */
const COST: ScryptOptions = { N: 16_384, r: 8, p: 1 };

/** What is kept of a password: a salted slow hash. An empty one is none. Errors: INVALID_PAYLOAD. */
export async function passwordAccess(password: string | null | undefined): Promise<RoomAccess | null> {
  if (password == null || password === '') return null;
  if ([...password].length > MAX_PASSWORD)
    throw invalid(`password must not have more than ${MAX_PASSWORD} characters`);
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return { kind: 'password', hash: `${salt.toString('base64url')}.${key.toString('base64url')}` };
}

/** Compares in a time that does not tell how much of it was right. */
export async function isPassword({ hash }: RoomAccess, password: string): Promise<boolean> {
  const [salt, key] = hash.split('.').map(part => Buffer.from(part, 'base64url'));
  if (!salt || key?.length !== KEY_BYTES || [...password].length > MAX_PASSWORD) return false;
  return timingSafeEqual(await derive(password, salt), key);
}

/** The same characters typed on another keyboard are the same password. */
const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.toWellFormed().normalize('NFC'), salt, KEY_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
