import { isDeepStrictEqual } from 'node:util';
import { followMessage } from '../announcements/settle.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { doomFiles, removeFiles } from '../files/collect.ts';
import { newId } from '../ids.ts';
import type { Message, MessageData } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { linksOf } from './links.ts';

/** How messages change, whoever changes them: stored, then followed by what shows them, then told. */

/** Edits of a message that are kept, the newest. */
const MAX_EDITS = 100;
/** How often an edit is tried against others of the same message. */
const ATTEMPTS = 10;
/** Replies whose viewers are told that what they quote changed, the newest; `sync` tells of all. */
const MAX_REPLIES = 200;

/** A moment that is after another one, also where the clock of this node is behind. */
const after = (chat: Chat, moment: Date): Date => new Date(Math.max(chat.clock.now(), moment.getTime() + 1));

/**
 * Stores an edit on top of whatever the message is by now, and what it was before. `mayEdit` throws when it is not
 * allowed any more. Errors: MESSAGE_NO_EXISTS (deleted meanwhile), TEMPORARILY_UNAVAILABLE (overtaken all the time).
 */
export async function storeEdit(
  chat: Chat,
  live: LiveRoom,
  message: Message,
  { data, by, mayEdit }: { data: MessageData; by: string; mayEdit: () => Promise<void> },
): Promise<Message> {
  const { edits, changes, log } = chat.stores;
  let now = message;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (isDeepStrictEqual(now.data, data)) return untold(chat, live, now);
    const { id, roomId, author, editedAt } = now;
    const at = after(chat, editedAt ?? now.createdAt);
    const was = { messageId: id, roomId, authorId: author.authorId, before: editedAt, data: now.data };
    const edit = { id: newId(), ...was, by, at };
    await edits.add(edit, MAX_EDITS);
    const links = linksOf(data);
    await chat.indexer.changing({ ...now, data, links });
    const stored = await changes.edit(now, { data, links, editedAt: at });
    if (stored) {
      await contentChanged(chat, stored);
      return stored;
    }
    await edits.drop(edit);
    const newer = await log.byId(id);
    if (!newer || newer.deleted) throw new ChatError('MESSAGE_NO_EXISTS');
    await mayEdit();
    now = newer;
  }
  throw new ChatError('TEMPORARILY_UNAVAILABLE');
}

/**
 * Deletes a message for all: it keeps its place with an empty content and does not count as unread any more.
 * Deleting twice is deleting once, and finishes what a crash left of the first time.
 */
export async function storeDeletion(chat: Chat, live: LiveRoom, message: Message): Promise<Message> {
  const { rooms, changes, edits } = chat.stores;
  // First the mark that makes readers look for uncounted messages, then the message that becomes one.
  await rooms.raiseUncounted(message.roomId, message.seq);
  await doomFiles(chat, message);
  const at = after(chat, message.changedAt ?? message.createdAt);
  await chat.indexer.changing({ ...message, data: { type: message.data.type, content: {} }, deleted: true });
  const stored = message.deleted ? null : await changes.delete(message.id, at);
  const gone = stored ?? (await chat.stores.log.byId(message.id));
  if (!gone?.deleted) throw new ChatError('MESSAGE_NO_EXISTS');
  await removeFiles(chat, message);
  await edits.removeOf(message.id);
  if (stored || !live.changes.knows(gone)) await contentChanged(chat, gone);
  // A head that is written behind must not bring the text into the room's document, from whatever node.
  if (live.room.lastMessage?.id === gone.id) await chat.ledger.settle();
  return gone;
}

/** A change that was stored but perhaps never told, because whoever stored it had no answer: it is told now. */
export async function untold(chat: Chat, live: LiveRoom, message: Message): Promise<Message> {
  if (message.revision > 0 && !live.changes.knows(message)) await contentChanged(chat, message);
  return message;
}

async function contentChanged(chat: Chat, message: Message): Promise<void> {
  chat.indexer.changed(message);
  await tellChanged(chat, message);
  await followMessage(chat, message);
  await tellReplies(chat, message);
}

/** Shows a stored change in the room and tells it. */
export async function tellChanged(chat: Chat, message: Message): Promise<void> {
  await chat.stores.rooms.replaceLastMessage(message.roomId, message);
  chat.bus.publish({ type: 'message.changed', roomId: message.roomId, message });
}

/** What quotes this message shows it as it is now. */
async function tellReplies(chat: Chat, { id, roomId, changedAt }: Message): Promise<void> {
  const replies = await chat.stores.changes.touchReplies(roomId, id, changedAt!, MAX_REPLIES);
  for (const message of replies) chat.bus.publish({ type: 'message.changed', roomId, message });
}

/**
 * A reply was stored while what it quotes may have changed: whoever changed that looked for replies before this one
 * was there. Asked once it is.
 */
export async function freshenQuote(chat: Chat, reply: Message): Promise<Message> {
  const now = await chat.stores.log.byId(reply.id);
  if (!now || now.quote?.revision === reply.quote?.revision) return reply;
  chat.bus.publish({ type: 'message.changed', roomId: now.roomId, message: now });
  return now;
}
