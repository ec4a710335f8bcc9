import { mayManage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { fingerprint, idFrom, isId, newId } from '../ids.ts';
import { ADMIN_ID, type PlatformActor } from '../model.ts';
import { cleanMeta } from '../messages/content.ts';
import { cleanContent } from '../messages/send.ts';
import type { Broadcast, BroadcastTarget } from '../ports.ts';
import type { ManagedMessage } from '../rooms/managed.ts';

export interface BroadcastInput {
  target: BroadcastTarget;
  message: Omit<ManagedMessage, 'syncKey'>;
  /** A retry with the same one is the same broadcast. */
  syncKey: string | null;
}

/**
 * Begins to write one message into many rooms; each room gets it once, whatever breaks meanwhile.
 * Errors: INVALID_PAYLOAD (no rooms named, a wrong message), ROOM_NO_EXISTS (one of `roomIds` is unknown, or the link
 * is not the key's), SYNC_KEY_CONFLICT.
 */
export async function beginBroadcast(
  chat: Chat,
  actor: PlatformActor,
  { target, message, syncKey }: BroadcastInput,
): Promise<Broadcast> {
  const { authorId, content } = message;
  if (content.type === 'ADMIN' && authorId !== ADMIN_ID)
    throw invalid('an ADMIN message has the author ADMIN');
  const clean = { authorId, data: cleanContent(chat, content), meta: cleanMeta(message.meta) };
  const wanted = await checkTarget(chat, actor, target);
  const now = new Date(chat.clock.now());
  const broadcast: Broadcast = {
    id: syncKey === null ? newId(now.getTime()) : fingerprint(JSON.stringify([actor.keyId, syncKey])),
    keyId: actor.keyId,
    links: actor.links,
    hash: fingerprint(JSON.stringify([wanted, clean])),
    target: wanted,
    message: clean,
    status: 'running',
    // From the newest room of now: those that are made later do not count.
    cursor: idFrom(new Date(now.getTime() + 1_000)),
    rooms: await chat.stores.broadcasts.count(wanted, actor.links),
    written: 0,
    failed: {},
    createdAt: now,
    finishedAt: null,
  };
  const stored = await chat.stores.broadcasts.add(broadcast);
  if (stored.hash !== broadcast.hash) throw new ChatError('SYNC_KEY_CONFLICT');
  chat.broadcaster.wake();
  return stored;
}

/** Errors: NOT_FOUND (unknown, or of another key). */
export async function getBroadcast(chat: Chat, actor: PlatformActor, id: string): Promise<Broadcast> {
  const broadcast = await chat.stores.broadcasts.byId(id);
  if (!broadcast || (actor.links !== null && broadcast.keyId !== actor.keyId))
    throw new ChatError('NOT_FOUND', 'There is no such broadcast.');
  return broadcast;
}

async function checkTarget(
  chat: Chat,
  actor: PlatformActor,
  target: BroadcastTarget,
): Promise<BroadcastTarget> {
  const { roomIds, linkSid, roomType } = target;
  if (roomIds === undefined && linkSid === undefined && roomType === undefined)
    throw invalid('roomIds, linkSid or roomType is required');
  if (linkSid !== undefined && actor.links && !actor.links.includes(linkSid))
    throw new ChatError('ROOM_NO_EXISTS');
  const ids = roomIds && [...new Set(roomIds)].sort();
  if (ids) {
    const found = await chat.stores.rooms.byIds(ids.filter(isId));
    const usable = new Set(found.filter(room => mayManage(actor, room)).map(room => room.id));
    const unknown = ids.filter(id => !usable.has(id));
    if (unknown.length > 0)
      throw new ChatError('ROOM_NO_EXISTS', undefined, { roomIds: unknown.slice(0, 10) });
  }
  return {
    ...(ids ? { roomIds: ids } : {}),
    ...(linkSid === undefined ? {} : { linkSid }),
    ...(roomType === undefined ? {} : { roomType }),
  };
}
