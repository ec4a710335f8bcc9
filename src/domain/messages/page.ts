import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isId } from '../ids.ts';
import type { Member, Message, MessageType, UserActor } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { asSeenBy } from './hide.ts';

export interface PageInput {
  roomId: string;
  /** The message to go on from; absent: the newest. */
  lastMessageId?: string | null;
  count: number;
  direction: 'before' | 'after' | 'around';
  messageType?: MessageType | null;
}

export interface Page {
  live: LiveRoom;
  /** Newest first for `before`, oldest first for `after` and `around`. */
  messages: Message[];
  hasMore: boolean;
}

/**
 * A page of the room's log, as a range of `seq` exactly as wide as the page: it costs the same in a room of ten
 * messages and of a million. What was written before the member joined is not there.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, MESSAGE_NO_EXISTS (unknown anchor). Seed 1, ListenMessagesByRoom.
 */
export async function pageOfMessages(chat: Chat, actor: UserActor, input: PageInput): Promise<Page> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  await chat.sequencer.ensureHead(live);
  const floor = live.hiddenUpTo(member);
  const page = await readPage(chat, live, input, floor);
  return { ...page, messages: await asSeenBy(chat, member, page.messages) };
}

/** The page above `floor`, for callers that have their own right to look. */
export async function readPage(
  chat: Chat,
  live: LiveRoom,
  input: Omit<PageInput, 'roomId'>,
  floor: number,
): Promise<Page> {
  const { log } = chat.stores;
  const anchor = input.lastMessageId ? await anchorSeq(chat, live, input.lastMessageId, floor) : null;
  const head = live.room.lastSeq;
  const { count } = input;
  if (input.messageType) return typedPage(chat, live, input, input.messageType, { floor, anchor });
  if (input.direction === 'after') {
    const from = Math.max(floor, anchor ?? floor);
    const messages = await log.range(live.id, from, from + count);
    return { live, messages, hasMore: from + count < head };
  }
  if (input.direction === 'around') {
    const middle = anchor ?? head;
    const from = Math.max(floor, middle - 1 - Math.floor((count - 1) / 2));
    const messages = await log.range(live.id, from, from + count);
    return { live, messages, hasMore: from > floor || from + count < head };
  }
  const to = anchor === null ? head : anchor - 1;
  const from = Math.max(floor, to - count);
  const messages = from < to ? await log.range(live.id, from, to) : [];
  return { live, messages: messages.reverse(), hasMore: from > floor };
}

/** Only one type of message: an index of its own walks it; one more than asked tells whether there is more. */
async function typedPage(
  chat: Chat,
  live: LiveRoom,
  input: Omit<PageInput, 'roomId'>,
  type: MessageType,
  at: { floor: number; anchor: number | null },
): Promise<Page> {
  const { count, direction } = input;
  const read = (order: 'newest' | 'oldest', from: number, to: number, limit: number) =>
    chat.stores.log.ofType(live.id, type, { from, to, order, limit });
  if (direction === 'around') {
    const middle = at.anchor ?? live.room.lastSeq;
    const older = await read('newest', at.floor, middle + 1, Math.ceil(count / 2) + 1);
    const newer = await read('oldest', middle, Infinity, Math.floor(count / 2) + 1);
    const hasMore = older.length > Math.ceil(count / 2) || newer.length > Math.floor(count / 2);
    const messages = [
      ...older.slice(0, Math.ceil(count / 2)).reverse(),
      ...newer.slice(0, Math.floor(count / 2)),
    ];
    return { live, messages, hasMore };
  }
  const found =
    direction === 'after'
      ? await read('oldest', Math.max(at.floor, at.anchor ?? at.floor), Infinity, count + 1)
      : await read('newest', at.floor, at.anchor ?? Infinity, count + 1);
  return { live, messages: found.slice(0, count), hasMore: found.length > count };
}

/**
 * The messages before the `seq` of another (null: the newest), oldest first, above `floor`: protocols that name
 * messages by their `seq` read so, as `reader` sees them (null: somebody who hides nothing). An unknown number is simply a place in the log.
 */
export async function pageBefore(
  chat: Chat,
  live: LiveRoom,
  input: { before: number | null; count: number },
  floor: number,
  reader: Member | null,
): Promise<{ messages: Message[]; hasMore: boolean }> {
  await chat.sequencer.ensureHead(live);
  const { lastSeq } = live.room;
  const to = input.before === null ? lastSeq : Math.min(input.before - 1, lastSeq);
  const from = Math.max(floor, to - input.count);
  const found = from < to ? await chat.stores.log.range(live.id, from, to) : [];
  const messages = reader ? await asSeenBy(chat, reader, found) : found;
  return { messages, hasMore: to > floor && from > floor };
}

async function anchorSeq(chat: Chat, live: LiveRoom, id: string, floor: number): Promise<number> {
  if (live.room.lastMessage?.id === id && live.room.lastSeq > floor) return live.room.lastSeq;
  const message = isId(id) ? await chat.stores.log.byId(id) : null;
  if (!message || message.roomId !== live.id || message.seq <= floor)
    throw new ChatError('MESSAGE_NO_EXISTS');
  return message.seq;
}
