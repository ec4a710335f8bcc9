import { maySeeMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { Member } from '../model.ts';
import { membershipsOf } from '../rooms/list.ts';
import type { LiveRoom } from '../rooms/live.ts';

/**
 * Who may know of whom: those who share a room in which the one may see the other (a room with a closed member list
 * counts only where one of the two is a master). Everybody may know of themselves.
 */

/** Whether this room, if it is in memory, shows the person; null when it is not in memory. */
export function showsNow(chat: Chat, roomId: string, viewerId: string, userId: string): boolean | null {
  if (viewerId === userId) return true;
  const live = chat.registry.peek(roomId);
  return live ? shows(live, viewerId, userId) : null;
}

function shows(live: LiveRoom, viewerId: string, userId: string): boolean {
  const viewer = live.members.get(viewerId);
  const member = live.members.get(userId);
  return viewer !== undefined && member !== undefined && maySeeMember(live.room, viewer, member);
}

/**
 * For each of these people whom the viewer may know of, the id of a room that shows them. One query for the viewer's
 * rooms, and two more when some of them are not in memory.
 */
export async function sharedRooms(
  chat: Chat,
  viewerId: string,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const wanted = new Set(userIds);
  if (wanted.delete(viewerId)) found.set(viewerId, '');
  if (wanted.size === 0) return found;
  const cold: Member[] = [];
  for (const mine of await membershipsOf(chat, viewerId)) {
    const live = chat.registry.peek(mine.roomId);
    if (!live) cold.push(mine);
    else if (wanted.size > 0) findIn(live, viewerId, wanted, found);
  }
  if (wanted.size > 0 && cold.length > 0) await findCold(chat, cold, wanted, found);
  return found;
}

/** The smaller side is walked. */
function findIn(live: LiveRoom, viewerId: string, wanted: Set<string>, found: Map<string, string>): void {
  const candidates = live.members.size < wanted.size ? live.members.keys() : [...wanted];
  for (const userId of candidates) {
    if (wanted.has(userId) && shows(live, viewerId, userId)) {
      found.set(userId, live.id);
      wanted.delete(userId);
    }
  }
}

async function findCold(
  chat: Chat,
  mine: readonly Member[],
  wanted: Set<string>,
  found: Map<string, string>,
): Promise<void> {
  const byRoom = new Map(mine.map(member => [member.roomId, member]));
  const others = await chat.stores.members.among([...byRoom.keys()], [...wanted]);
  const cards = await chat.cards.many([...new Set(others.map(member => member.roomId))]);
  for (const other of others) {
    const card = cards.get(other.roomId);
    if (!card || found.has(other.userId) || other.pending?.act === 'join') continue;
    if (maySeeMember(card.room, byRoom.get(other.roomId)!, other)) found.set(other.userId, other.roomId);
  }
}
