import { mayManage, requireThawed } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { doomFiles, removeFiles } from '../files/collect.ts';
import { isId } from '../ids.ts';
import type { Message, PlatformActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { linksOf } from './links.ts';
import { cleanContent, type SendInput } from './send.ts';

/** The platform edits a TEXT, CARD or ADMIN message. Errors: MESSAGE_NO_EXISTS, ROOM_IS_FREEZED, INVALID_PAYLOAD (another type). */
export async function editMessage(
  chat: Chat,
  actor: PlatformActor,
  messageId: string,
  content: SendInput['content'] | { type: 'ADMIN'; text: string },
): Promise<Message> {
  return withManaged(chat, actor, messageId, async (live, message) => {
    requireThawed(chat, live.room, 'platform');
    if (message.deleted) throw new ChatError('MESSAGE_NO_EXISTS');
    if (message.data.type !== content.type)
      throw invalid(`data.type must be ${message.data.type}, as it was`);
    const at = new Date(chat.clock.now());
    const data = cleanContent(chat, content);
    return store(chat, { ...message, data, links: linksOf(data), editedAt: at, changedAt: at });
  });
}

/**
 * Deletes a message for all: it keeps its place with an empty content and does not count as unread any more.
 * Deleting twice is deleting once. Errors: MESSAGE_NO_EXISTS.
 */
export async function deleteMessage(chat: Chat, actor: PlatformActor, messageId: string): Promise<Message> {
  return withManaged(chat, actor, messageId, async (_live, message) => {
    if (message.deleted) return message;
    // First the mark that makes readers look for uncounted messages, then the message that becomes one.
    await chat.stores.rooms.raiseUncounted(message.roomId, message.seq);
    await doomFiles(chat, message);
    const deleted = await store(chat, {
      ...message,
      data: { type: message.data.type, content: {} },
      links: [],
      meta: message.act ? message.meta : null,
      deleted: true,
      changedAt: new Date(chat.clock.now()),
    });
    await removeFiles(chat, message);
    return deleted;
  });
}

/** The message for a platform key; its room stays in memory until the work is done, so that none of it is missed. */
async function withManaged(
  chat: Chat,
  actor: PlatformActor,
  messageId: string,
  work: (live: LiveRoom, message: Message) => Promise<Message>,
): Promise<Message> {
  const message = isId(messageId) ? await chat.stores.log.byId(messageId) : null;
  const live = message ? await chat.registry.get(message.roomId) : undefined;
  if (!message || !live || !mayManage(actor, live.room)) throw new ChatError('MESSAGE_NO_EXISTS');
  return holding(live, async () => {
    await chat.sequencer.ensureHead(live);
    return work(live, message);
  });
}

async function store(chat: Chat, message: Message): Promise<Message> {
  const { id, roomId, data, meta, links, deleted, editedAt } = message;
  const at = message.changedAt!;
  await chat.indexer.changing(message);
  const changed = await chat.stores.log.change(id, { data, meta, links, deleted, editedAt, at });
  if (!changed) throw new ChatError('MESSAGE_NO_EXISTS');
  await chat.stores.rooms.replaceLastMessage(roomId, message);
  chat.bus.publish({ type: 'message.changed', roomId, message });
  chat.indexer.changed(message);
  return message;
}
