import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { fingerprint, membersKeyOf, newId } from '../ids.ts';
import type { RoomType } from '../model.ts';
import type { LiveRoom } from './live.ts';

export interface ExactRoom {
  members: readonly string[];
  roomType: RoomType;
  /** What else makes two requests mean the same room (link, product). */
  scope: string;
  /** What else a room must be to count (not frozen, same masters …). */
  fits: (live: LiveRoom) => boolean;
}

const TRIES = 100;
const PAUSE = 50;

/**
 * The room of exactly these members, found or made: two identical requests at the same moment get one room.
 * A claim per key decides who makes it; rooms that became equal by an invitation are found by their members' hash.
 */
export async function roomOfExactly(
  chat: Chat,
  wanted: ExactRoom,
  make: (id: string) => Promise<LiveRoom>,
): Promise<{ live: LiveRoom; made: boolean }> {
  const membersKey = membersKeyOf(wanted.members);
  const key = fingerprint(JSON.stringify([wanted.roomType, wanted.scope, membersKey]));
  const isIt = (live: LiveRoom) =>
    !live.removed &&
    live.room.roomType === wanted.roomType &&
    membersKeyOf(live.members.keys()) === membersKey &&
    wanted.fits(live);
  const id = newId(chat.clock.now());
  for (let i = 0; i < TRIES; i++) {
    const found = (await candidates(chat, membersKey, wanted.roomType)).find(isIt);
    if (found) return { live: found, made: false };
    const holder = await chat.stores.claims.claim(key, id);
    if (holder === id) return { live: await make(id), made: true };
    const held = await chat.registry.get(holder);
    if (held && isIt(held)) return { live: held, made: false };
    // Another room holds the key and is not it any more (changed, frozen, gone), or is still being made.
    const isStale = held !== undefined || isOld(chat, holder);
    if (isStale && (await chat.stores.claims.replace(key, holder, id)))
      return { live: await make(id), made: true };
    await new Promise(resolve => setTimeout(resolve, PAUSE));
  }
  throw new ChatError('TEMPORARILY_UNAVAILABLE');
}

async function candidates(chat: Chat, membersKey: string, roomType: RoomType): Promise<LiveRoom[]> {
  const rooms = await chat.stores.rooms.withMembers(membersKey, roomType);
  return chat.registry.many(rooms.map(room => room.id));
}

/** Ids grow with time: a room that was claimed this long ago and is not there will not come. */
const isOld = (chat: Chat, id: string): boolean =>
  chat.clock.now() - Number.parseInt(id.slice(0, 8), 16) * 1000 > 4_000;
