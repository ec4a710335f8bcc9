import { randomUUID } from 'node:crypto';
import { requireThawed, requireVisible } from '../access.ts';
import type { Chat } from '../chat.ts';
import { isDemo } from '../demo.ts';
import { ChatError } from '../errors.ts';
import { ANONYMOUS_ID, type Message, type UserActor } from '../model.ts';
import { cleanContent, sendMessage, submitMessage, type SendInput } from '../messages/send.ts';
import { filterContent } from '../moderation/filter.ts';
import { viewRoom } from '../reads/reads.ts';
import type { LiveRoom } from './live.ts';

/**
 * Rooms as they are entered by their number (protocols.md 8), by members, by strangers where a room is OPEN, and,
 * where development allows it, by somebody whom no token names.
 */

/** Whom no token names: an identity of its own, member of nothing. */
export const ANONYMOUS: UserActor = {
  kind: 'user',
  userId: ANONYMOUS_ID,
  nickName: ANONYMOUS_ID,
  profileUrl: null,
};

export const isAnonymous = (actor: UserActor): boolean => actor.userId === ANONYMOUS_ID;

/**
 * The room with this number, if the actor may enter it. `demo`: the anonymous actor may enter the demo data's rooms.
 * Errors: ROOM_NO_EXISTS.
 */
export async function findRoom(chat: Chat, actor: UserActor, no: string, demo: boolean): Promise<LiveRoom> {
  const roomId = await chat.numbers.idOf(no);
  if (!isAnonymous(actor)) return (await requireVisible(chat, actor, roomId)).live;
  const live = await chat.registry.get(roomId);
  const isOpen =
    live && !live.removed && (live.room.roomType === 'OPEN' || (demo && (await isDemo(chat, live.room))));
  if (!isOpen) throw new ChatError('ROOM_NO_EXISTS');
  return live;
}

/**
 * A connection begins to view the room; a stranger becomes a member of an OPEN one first, but the anonymous actor,
 * who stays a guest. Resolves with the `seq` up to which messages are hidden from the actor.
 * Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED (becoming a member), ROOM_IS_FULL, TOO_MANY_ROOMS, RATE_LIMITED.
 */
export async function enterRoom(
  chat: Chat,
  actor: UserActor,
  live: LiveRoom,
  connectionId: string,
  demo: boolean,
): Promise<{ floor: number }> {
  if (!isAnonymous(actor)) {
    await viewRoom(chat, actor, live.id, connectionId);
    const member = live.members.get(actor.userId);
    if (!member) throw new ChatError('ROOM_NO_EXISTS');
    return { floor: live.hiddenUpTo(member) };
  }
  await chat.sequencer.ensureHead(live);
  const seesHistory = live.room.rules.canSeeHistory || (demo && (await isDemo(chat, live.room)));
  return { floor: seesHistory ? 0 : live.room.lastSeq };
}

/**
 * Writes into a room that the actor has entered; the client has no key of its own for the message.
 * Errors: those of `sendMessage`.
 */
export async function writeInto(
  chat: Chat,
  actor: UserActor,
  live: LiveRoom,
  content: SendInput['content'],
): Promise<Message> {
  const syncKey = randomUUID();
  if (!isAnonymous(actor)) return sendMessage(chat, actor, { roomId: live.id, syncKey, content });
  if (live.removed) throw new ChatError('ROOM_NO_EXISTS');
  requireThawed(chat, live.room, 'user');
  const data = filterContent(chat, live.room, cleanContent(chat, content));
  chat.quotas.send(actor.userId);
  const author = { authorId: ANONYMOUS_ID, nickName: actor.nickName, profileUrl: null };
  return submitMessage(chat, live, { author, syncKey, data, meta: null, uncountedFor: null });
}
