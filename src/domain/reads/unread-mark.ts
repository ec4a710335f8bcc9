import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isId } from '../ids.ts';
import type { UserActor } from '../model.ts';
import { countsReady } from '../rooms/counts.ts';
import { holding } from '../rooms/live.ts';
import { stored } from './reads.ts';
import { inTurn } from './turn.ts';

/**
 * Marks a message, and what follows it, as unread for oneself alone: the unread count is as if one had read up to
 * the message before it. What others are told of one's reading stays as it is. The mark ends by entering the room,
 * reading beyond it expressly, or writing; viewing alone, on whatever device, does not end it. A message that is
 * unread already needs no mark. Returns the unread count.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, MESSAGE_NO_EXISTS, TEMPORARILY_UNAVAILABLE.
 */
export async function markAsUnread(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; messageId: string; connectionId: string | null },
): Promise<number> {
  const { live } = await requireMember(chat, actor, input.roomId);
  const mark = async () => {
    await chat.sequencer.ensureHead(live);
    const message = isId(input.messageId) ? await chat.stores.log.byId(input.messageId) : null;
    // What was read before is stored first: the mark must not be taken for an older one, which writing ended.
    await stored(chat);
    const { member } = await requireMember(chat, actor, input.roomId);
    if (message?.roomId !== live.id || message.seq <= live.hiddenUpTo(member))
      throw new ChatError('MESSAGE_NO_EXISTS');
    const unreadFromSeq = message.seq - 1;
    if (message.seq <= member.lastReadSeq && member.unreadFromSeq !== unreadFromSeq) {
      const at = new Date(chat.clock.now());
      const { userId } = actor;
      await chat.stores.members.mark(live.id, userId, unreadFromSeq, at);
      const by = input.connectionId;
      chat.bus.publish({ type: 'marked', roomId: live.id, userId, unreadFromSeq, by, at });
    }
    await countsReady(chat, live, [member]);
    return live.unreadOf(member);
  };
  return holding(live, () => inTurn(live, actor.userId, mark));
}
