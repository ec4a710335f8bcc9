import type { Chat } from '../chat.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { inTurn } from './turn.ts';

/**
 * What comes after this `seq` is unread to this user alone; what others are told of their reading stays as it is.
 * A mark that reaches further back stays.
 */
export function markUnreadFrom(
  chat: Chat,
  live: LiveRoom,
  userId: string,
  unreadFromSeq: number,
): Promise<void> {
  return inTurn(live, userId, async () => {
    // What was taken for read is stored first: the mark must not be taken for an older one.
    await chat.ledger.flush();
    const member = live.members.get(userId);
    if (!member || unreadFromSeq >= member.lastReadSeq) return;
    if (member.unreadFromSeq !== null && member.unreadFromSeq <= unreadFromSeq) return;
    const at = new Date(chat.clock.now());
    await chat.stores.members.mark(live.id, userId, unreadFromSeq, at);
    chat.bus.publish({ type: 'marked', roomId: live.id, userId, unreadFromSeq, by: null, at });
  });
}
