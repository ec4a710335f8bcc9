import type { Chat } from '../chat.ts';
import type { Message } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { markUnreadFrom } from './unread.ts';

/** Messages that are looked through at once, and at most: a connection is noticed to be dead within a minute. */
const PAGE = 200;
const MAX_PAGES = 20;

/**
 * A viewer's connection was dead before it ended: what came after its last sign of life (milliseconds) was taken for
 * read and was not seen. It becomes unread again to this user alone, and is pushed. Whoever views the room on another
 * connection has seen it there.
 */
export async function viewerLost(
  chat: Chat,
  userId: string,
  roomId: string,
  lastSign: number,
): Promise<void> {
  const live = chat.registry.peek(roomId);
  if (!live) return;
  await holding(live, async () => {
    const missed = await after(chat, live, lastSign);
    const member = live.members.get(userId);
    if (!member || live.viewers.has(userId)) return;
    const unseen = missed.filter(({ seq, author }) => seq > member.joinedSeq && author.authorId !== userId);
    const [first] = unseen;
    if (!first) return;
    await markUnreadFrom(chat, live, userId, first.seq - 1);
    chat.push.missed(live, userId, unseen);
  });
}

/** Messages of the room that were written after this moment, oldest first. */
async function after(chat: Chat, live: LiveRoom, moment: number): Promise<Message[]> {
  const found: Message[] = [];
  let to = live.room.lastSeq;
  for (let page = 0; page < MAX_PAGES && to > 0; page++) {
    const messages = await chat.stores.log.range(live.id, Math.max(0, to - PAGE), to);
    const later = messages.filter(({ createdAt }) => createdAt.getTime() > moment);
    found.unshift(...later);
    if (later.length < messages.length || messages.length === 0) break;
    to -= PAGE;
  }
  return found;
}
