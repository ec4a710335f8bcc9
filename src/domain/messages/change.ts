import { mayManage, requireSpeaking, requireThawed, withMessage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId } from '../ids.ts';
import {
  ADMIN_ID,
  type Edit,
  type Member,
  type Message,
  type PlatformActor,
  type UserActor,
} from '../model.ts';
import { filterContent } from '../moderation/filter.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { storeDeletion, storeEdit } from './changing.ts';
import { cleanContent, type SendInput } from './send.ts';

/**
 * Members edit their own texts; the history is kept. The same text again changes nothing. Errors: MESSAGE_NO_EXISTS,
 * MESSAGE_IS_NOT_MINE, ROOM_IS_FREEZED, INVALID_PAYLOAD (another type, or a bad text), RATE_LIMITED,
 * TEMPORARILY_UNAVAILABLE.
 */
export async function editMessage(
  chat: Chat,
  actor: UserActor,
  input: { messageId: string; text: string },
): Promise<Message> {
  return withMessage(chat, actor, input.messageId, async ({ live, member, message }) => {
    if (message.author.authorId !== actor.userId) throw new ChatError('MESSAGE_IS_NOT_MINE');
    if (message.data.type !== 'TEXT') throw invalid('only a TEXT can be edited');
    const mayEdit = () => requireSpeaking(chat, live, member);
    await mayEdit();
    const data = filterContent(chat, live.room, cleanContent(chat, { type: 'TEXT', text: input.text }));
    chat.quotas.send(actor.userId);
    return storeEdit(chat, live, message, { data, by: actor.userId, mayEdit });
  });
}

/**
 * Members delete their own messages by rule, masters any but the accounts of who came and went; also in a frozen room.
 * Twice is once. Errors: MESSAGE_NO_EXISTS, MESSAGE_IS_NOT_MINE, ROOM_RULES_CAN_NOT_DELETE_MESSAGE,
 * YOU_HAVE_NO_AUTHORIZATION (such an account).
 */
export async function deleteMessage(chat: Chat, actor: UserActor, messageId: string): Promise<Message> {
  return withMessage(
    chat,
    actor,
    messageId,
    async ({ live, member, message }) => {
      requireDeletable(live, member, message);
      const deleted = await storeDeletion(chat, live, message);
      const { authorId } = message.author;
      const details = { messageId: message.id };
      if (authorId !== actor.userId)
        chat.audit.note(actor, 'message.delete', { room: live.room, targets: [authorId], details });
      return deleted;
    },
    'welcome',
  );
}

function requireDeletable({ room }: LiveRoom, member: Member, { author, act }: Message): void {
  const isMaster = member.master && room.roomType !== 'DIRECT';
  if (!isMaster && author.authorId !== member.userId) throw new ChatError('MESSAGE_IS_NOT_MINE');
  if (act) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'Who came and went stays in the room.');
  if (!isMaster && !room.rules.canDeleteMessage) throw new ChatError('ROOM_RULES_CAN_NOT_DELETE_MESSAGE');
}

/**
 * What a message was before each of its edits, the newest first. For masters.
 * Errors: MESSAGE_NO_EXISTS, YOU_HAVE_NO_AUTHORIZATION.
 */
export async function listEdits(chat: Chat, actor: UserActor, messageId: string): Promise<Edit[]> {
  return withMessage(chat, actor, messageId, async ({ member, message }) => {
    if (!member.master) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
    const byTime = new Map<number, Edit>();
    for (const edit of await chat.stores.edits.of(messageId)) byTime.set(edit.at.getTime(), edit);
    // From the message as it is, back from edit to edit: what was prepared and did not take place is not met.
    const list: Edit[] = [];
    for (let at = message.editedAt; at !== null;) {
      const edit = byTime.get(at.getTime());
      if (!edit) break;
      list.push(edit);
      at = edit.before;
    }
    return list;
  });
}

/**
 * The platform edits a TEXT, CARD or ADMIN message; a card is replaced as a whole.
 * Errors: MESSAGE_NO_EXISTS, ROOM_IS_FREEZED, INVALID_PAYLOAD (another type).
 */
export async function editManaged(
  chat: Chat,
  actor: PlatformActor,
  messageId: string,
  content: SendInput['content'] | { type: 'ADMIN'; text: string },
): Promise<Message> {
  return withManaged(chat, actor, messageId, async (live, message) => {
    const mayEdit = async () => requireThawed(chat, live.room, 'platform');
    await mayEdit();
    if (message.deleted) throw new ChatError('MESSAGE_NO_EXISTS');
    if (message.data.type !== content.type)
      throw invalid(`data.type must be ${message.data.type}, as it was`);
    const data = cleanContent(chat, content);
    return storeEdit(chat, live, message, { data, by: ADMIN_ID, mayEdit });
  });
}

/** The platform deletes a message for all. Errors: MESSAGE_NO_EXISTS. */
export const deleteManaged = (chat: Chat, actor: PlatformActor, messageId: string): Promise<Message> =>
  withManaged(chat, actor, messageId, (live, message) => storeDeletion(chat, live, message));

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
