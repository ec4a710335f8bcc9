import type { Chat } from '../chat.ts';
import type { Member } from '../model.ts';

export type Position = Pick<Member, 'lastReadSeq' | 'unreadFromSeq'>;

/**
 * How far these people have read, as the store has it: a viewer's own node writes it within a second. What this node
 * has in memory may be ahead of it, or behind.
 */
export async function positionsOf(
  chat: Chat,
  roomId: string,
  userIds: readonly string[],
): Promise<Map<string, Position>> {
  const live = chat.registry.peek(roomId);
  const stored = await chat.stores.members.among([roomId], userIds);
  return new Map(
    stored.map(({ userId, lastReadSeq, unreadFromSeq }) => {
      const known = live?.members.get(userId);
      return [
        userId,
        {
          lastReadSeq: Math.max(lastReadSeq, known?.lastReadSeq ?? 0),
          unreadFromSeq: known?.unreadFromSeq ?? unreadFromSeq,
        },
      ];
    }),
  );
}
