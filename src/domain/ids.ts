import { createHash, randomBytes } from 'node:crypto';

export interface IdMaker {
  (now?: number): string;
  /** Whether this maker made the id: what it was given to, happened here. */
  made(id: string): boolean;
}

/** Makes ids in the layout of an ObjectId (seconds, maker, counter): 24 hex digits that grow with time. */
export function idMaker(): IdMaker {
  const maker = randomBytes(5).toString('hex');
  let counter = randomBytes(3).readUIntBE(0, 3);
  const make = (now: number = Date.now()): string => {
    counter = (counter + 1) & 0xffffff;
    const seconds = Math.floor(now / 1000)
      .toString(16)
      .padStart(8, '0');
    return seconds + maker + counter.toString(16).padStart(6, '0');
  };
  return Object.assign(make, { made: (id: string) => id.startsWith(maker, 8) });
}

/** A new id. */
export const newId: (now?: number) => string = idMaker();

/** True for what can be the id of a room or a message. Any other string is simply an unknown id. */
export const isId = (value: string): boolean => /^[0-9a-f]{24}$/.test(value);

/** The smallest id that can have been made at or after `at`; ids end in 2106. */
export const idFrom = (at: Date): string =>
  Math.min(0xffffffff, Math.max(0, Math.floor(at.getTime() / 1000)))
    .toString(16)
    .padStart(8, '0') + '0000000000000000';

/** A short fingerprint (96 bits) of some text. */
export const fingerprint = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** Fingerprint of a set of members: the same for the same people in any order. */
export const membersKeyOf = (userIds: Iterable<string>): string =>
  fingerprint(JSON.stringify([...new Set(userIds)].sort()));
