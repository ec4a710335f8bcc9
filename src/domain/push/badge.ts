import type { Chat } from '../chat.ts';
import type { Member } from '../model.ts';
import { coldCounts, countsReady } from '../rooms/counts.ts';
import { isPresent } from '../rooms/live.ts';

/** Memberships that are looked at together; about 500 bytes each. */
const AT_ONCE = 20_000;

/**
 * Unread messages of these people over all their rooms, exact as their room list is. Rooms in memory are counted
 * there; for the others it takes a query for memberships and one for rooms, for as many people as fit into memory.
 */
export async function badgesOf(chat: Chat, userIds: readonly string[]): Promise<Map<string, number>> {
  const badges = new Map<string, number>();
  const sizes = await chat.stores.members.countOf(userIds);
  let group: string[] = [];
  let size = 0;
  for (const userId of userIds) {
    const rooms = sizes.get(userId) ?? 0;
    if (group.length > 0 && size + rooms > AT_ONCE) {
      await countGroup(chat, group, badges);
      [group, size] = [[], 0];
    }
    group.push(userId);
    size += rooms;
  }
  if (group.length > 0) await countGroup(chat, group, badges);
  return badges;
}

async function countGroup(
  chat: Chat,
  userIds: readonly string[],
  badges: Map<string, number>,
): Promise<void> {
  const cold = new Map<string, Member[]>();
  for (const userId of userIds) badges.set(userId, 0);
  for (const member of (await chat.stores.members.ofUsers(userIds)).filter(isPresent)) {
    const { userId, roomId } = member;
    const live = chat.registry.peek(roomId);
    const known = live?.members.get(userId);
    if (live && known) await countsReady(chat, live, [known]);
    if (live && known) badges.set(userId, badges.get(userId)! + live.unreadOf(known));
    else if (!live) cold.set(userId, [...(cold.get(userId) ?? []), member]);
  }
  const roomIds = new Set([...cold.values()].flat().map(member => member.roomId));
  const cards = roomIds.size > 0 ? await chat.cards.many([...roomIds]) : new Map<string, never>();
  for (const [userId, members] of cold) {
    const counts = await coldCounts(chat.stores, members, roomId => cards.get(roomId)?.room);
    let total = badges.get(userId)!;
    for (const { unread } of counts.values()) total += unread;
    badges.set(userId, total);
  }
}
