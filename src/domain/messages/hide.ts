import { withMessage, type MessageAccess } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { Member, Message, UserActor } from '../model.ts';
import { asHidden } from './hidden.ts';

/**
 * Hides a message for oneself alone, for good: it counts as unread or as a mention no more. Twice is once; a deleted
 * one can be hidden too, and frozen rooms do not stop it. Returns the message as the caller sees it now.
 * Errors: MESSAGE_NO_EXISTS (also one that the caller cannot see).
 */
export async function hideMessage(
  chat: Chat,
  actor: UserActor,
  messageId: string,
  connectionId: string | null,
): Promise<Message> {
  const hide = async ({ live, member, message }: MessageAccess) => {
    const at = new Date(chat.clock.now());
    const { id: roomId } = live;
    const { userId } = actor;
    const hidden = asHidden(message);
    // First the mark that makes readers look for hidden messages, then the message that becomes one.
    await chat.stores.members.raiseHidden(roomId, userId, message.seq, at);
    await chat.stores.hides.add({ userId, no: member.no, roomId, messageId, seq: message.seq, at });
    chat.bus.publish({ type: 'hidden', roomId, userId, message: hidden, by: connectionId, at });
    return hidden;
  };
  return withMessage(chat, actor, messageId, hide, 'welcome');
}

/**
 * The ids of those of these messages that the user hid, in the memberships that they have now. `memberOf` names
 * their membership of a room. Costs a query only where something at or above one of the messages was hidden.
 */
export async function hiddenOf(
  chat: Chat,
  userId: string,
  messages: readonly Message[],
  memberOf: (roomId: string) => Member | undefined,
): Promise<Set<string>> {
  const suspects = messages.filter(({ roomId, seq }) => (memberOf(roomId)?.lastHiddenSeq ?? 0) >= seq);
  if (suspects.length === 0) return new Set();
  const found = await chat.stores.hides.among(
    [userId],
    suspects.map(({ id }) => id),
  );
  return new Set(
    found.filter(({ roomId, no }) => memberOf(roomId)?.no === no).map(({ messageId }) => messageId),
  );
}

/** These messages of one room as the member sees them. */
export async function asSeenBy(chat: Chat, member: Member, messages: readonly Message[]): Promise<Message[]> {
  const hidden = await hiddenOf(chat, member.userId, messages, roomId =>
    roomId === member.roomId ? member : undefined,
  );
  return messages.map(message => (hidden.has(message.id) ? asHidden(message) : message));
}

/** Which of these members hid the message; no query where none of them can have. */
export async function whoHid(chat: Chat, message: Message, members: readonly Member[]): Promise<Set<string>> {
  const suspects = members.filter(({ lastHiddenSeq }) => lastHiddenSeq >= message.seq);
  if (suspects.length === 0) return new Set();
  const found = await chat.stores.hides.among(
    suspects.map(({ userId }) => userId),
    [message.id],
  );
  const nos = new Set(found.map(({ no }) => no));
  return new Set(suspects.filter(({ no }) => nos.has(no)).map(({ userId }) => userId));
}
