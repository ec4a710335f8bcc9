import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isId } from '../ids.ts';
import type { Member, Message, UserActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { becomeMember } from '../members/invite.ts';
import { inTurn } from './turn.ts';

export interface Viewing {
  /** The read position as it was before. */
  lastReadMessageId: string | null;
  /** What comes live starts after this `seq`. */
  lastSeq: number;
}

/**
 * A connection begins to view a room: everything in it is read, and what arrives meanwhile too. In an OPEN room a
 * stranger becomes a member first. Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED (joining a frozen OPEN room), ROOM_IS_FULL.
 * Seed 1, JoinRoom.
 */
export async function viewRoom(
  chat: Chat,
  actor: UserActor,
  roomId: string,
  connectionId: string,
): Promise<Viewing & { live: LiveRoom }> {
  await becomeMember(chat, actor, roomId);
  const { live } = await requireMember(chat, actor, roomId);
  const view = async () => {
    await chat.sequencer.ensureHead(live);
    await endMark(chat, live, actor.userId, live.room.lastSeq);
    // Somebody may have been put out while the head was looked up.
    const { member } = await requireMember(chat, actor, roomId);
    const lastReadMessageId = member.lastReadMessageId;
    live.view(actor.userId, connectionId);
    readAll(chat, live, member, connectionId);
    return { live, lastReadMessageId, lastSeq: live.room.lastSeq };
  };
  return holding(live, () => inTurn(live, actor.userId, view));
}

/** A connection stops viewing; its read position is written at once. Unknown rooms are none of its business. */
export function stopViewing(chat: Chat, userId: string, roomId: string, connectionId: string): void {
  const live = chat.registry.peek(roomId);
  if (!live?.unview(userId, connectionId)) return;
  if (live.unsavedReads.has(userId)) chat.ledger.flushSoon();
}

function readAll(chat: Chat, live: LiveRoom, member: Member, connectionId: string | null): void {
  const { lastSeq, lastMessage } = live.room;
  if (member.lastReadSeq >= lastSeq && member.unreadFromSeq === null) return;
  moveRead(chat, live, member, { seq: lastSeq, messageId: lastMessage?.id ?? null, connectionId });
}

function moveRead(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  to: { seq: number; messageId: string | null; connectionId: string | null; again?: boolean },
): void {
  const { seq, messageId, connectionId: by, again = false } = to;
  chat.bus.publish({ type: 'read.now', roomId: live.id, userId: member.userId, seq, messageId, by, again });
  chat.ledger.readsMoved(live);
  chat.push.read(live.id, member.userId, seq);
}

/**
 * Reads up to a message; never moves back. Resolves once it is stored.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, MESSAGE_NO_EXISTS, TEMPORARILY_UNAVAILABLE.
 * Seed 1, UpdateReadMessage.
 */
export async function readUpTo(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; messageId: string; connectionId: string | null },
): Promise<void> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  await holding(live, async () => {
    await chat.sequencer.ensureHead(live);
    const seq = await seqOf(chat, live, member, input.messageId);
    await inTurn(live, actor.userId, async () => {
      const wasMarked = await endMark(chat, live, actor.userId, seq);
      if (seq > member.lastReadSeq || wasMarked) {
        moveRead(chat, live, member, { seq, messageId: input.messageId, connectionId: input.connectionId });
      }
    });
    if (live.unsavedReads.has(actor.userId)) await stored(chat);
  });
}

/**
 * Reading beyond the mark that somebody set ends it: in the store first; `read.now` tells it. Resolves with whether
 * there was one.
 */
async function endMark(chat: Chat, live: LiveRoom, userId: string, seq: number): Promise<boolean> {
  const mark = live.members.get(userId)?.unreadFromSeq ?? null;
  if (mark === null || mark >= seq) return false;
  await chat.stores.members.mark(live.id, userId, null, new Date(chat.clock.now()));
  return true;
}

/** Writes what was read. Errors: TEMPORARILY_UNAVAILABLE. */
export const stored = (chat: Chat): Promise<void> =>
  chat.ledger.flush().catch(() => {
    throw new ChatError('TEMPORARILY_UNAVAILABLE');
  });

/**
 * Reads everything that is in the room now, and tells it also when all was read already. Resolves once it is stored.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, TEMPORARILY_UNAVAILABLE. Seed 2, POST read.
 */
export async function readEverything(chat: Chat, actor: UserActor, roomId: string): Promise<void> {
  const { live, member } = await requireMember(chat, actor, roomId);
  await holding(live, async () => {
    await chat.sequencer.ensureHead(live);
    await inTurn(live, actor.userId, async () => {
      await endMark(chat, live, actor.userId, live.room.lastSeq);
      const { lastSeq: seq, lastMessage } = live.room;
      const to = { seq, messageId: lastMessage?.id ?? null, connectionId: null };
      moveRead(chat, live, member, { ...to, again: true });
    });
    await stored(chat);
  });
}

/** Whether a message is read by all who count, as `listReaders` tells it. */
export const isReadByAll = (live: LiveRoom, message: Message): boolean =>
  live.readers.count(message).unread === 0;

async function seqOf(chat: Chat, live: LiveRoom, member: Member, messageId: string): Promise<number> {
  if (live.room.lastMessage?.id === messageId) return live.room.lastSeq;
  const message = isId(messageId) ? await chat.stores.log.byId(messageId) : null;
  if (!message || message.roomId !== live.id || message.seq <= live.hiddenUpTo(member)) {
    throw new ChatError('MESSAGE_NO_EXISTS');
  }
  return message.seq;
}
