import { maySeeMember, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { invalid } from '../errors.ts';
import type { Member, User, UserActor } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { membershipsOf } from '../rooms/list.ts';
import { fold } from '../users/fold.ts';

/** Members in the order of joining, as far as the caller may see them. The cursor is the last member's number. */
export async function listRoomMembers(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; cursor?: string | null; count: number },
): Promise<{ live: LiveRoom; me: Member; list: Member[]; nextCursor: string | null }> {
  const { live, member: me } = await requireMember(chat, actor, input.roomId);
  return { live, me, ...pageOfMembers(live, input, member => maySeeMember(live.room, me, member)) };
}

/** A page of members that pass `visible`. */
export function pageOfMembers(
  live: LiveRoom,
  input: { cursor?: string | null; count: number },
  visible: (member: Member) => boolean = () => true,
): { list: Member[]; nextCursor: string | null } {
  const after = input.cursor ? Number(input.cursor) : -1;
  const rest = [...live.members.values()].filter(member => member.no > after && visible(member));
  const list = rest.slice(0, input.count);
  return { list, nextCursor: rest.length > list.length ? String(list.at(-1)!.no) : null };
}

/**
 * People to invite, by nick: everybody in the directory (or those one shares a room with), without oneself and
 * without the members of `roomId`.
 */
export async function getInvitableUsers(
  chat: Chat,
  actor: UserActor,
  input: { roomId?: string | null; keyword?: string | null; page: number; count: number },
): Promise<{ list: User[]; nextCursor: string | null }> {
  const present = new Set([actor.userId]);
  if (input.roomId) {
    const { live, member: me } = await requireMember(chat, actor, input.roomId);
    // Who may not see the members must not learn them from who is missing here.
    for (const member of live.members.values())
      if (maySeeMember(live.room, me, member)) present.add(member.userId);
  }
  const among = chat.limits.userDirectory === 'all' ? null : await acquaintances(chat, actor.userId);
  const wanted = (input.page + 1) * input.count + 1;
  const found: User[] = [];
  for (let skip = 0; found.length < wanted;) {
    const some = await chat.stores.users.find({
      keyword: input.keyword ?? '',
      among,
      skip,
      limit: wanted + 100,
    });
    found.push(...some.filter(user => !present.has(user.id)));
    if (some.length < wanted + 100) break;
    skip += some.length;
  }
  const list = found.slice(input.page * input.count, wanted - 1);
  return { list, nextCursor: found.length >= wanted ? String(input.page + 1) : null };
}

/** People found at once. */
const MAX_FOUND = 50;

/**
 * People by a part of their nick or its initial consonants, without oneself: everybody in the directory, or those
 * one shares a room with. Errors: INVALID_PAYLOAD (an empty keyword).
 */
export async function searchUsers(chat: Chat, actor: UserActor, keyword: string): Promise<User[]> {
  if (fold(keyword) === '') throw invalid('keyword must not be empty');
  const among = chat.limits.userDirectory === 'all' ? null : await acquaintances(chat, actor.userId);
  const found = await chat.stores.users.find({ keyword, among, skip: 0, limit: MAX_FOUND + 1 });
  return found.filter(user => user.id !== actor.userId).slice(0, MAX_FOUND);
}

/** Ids of the people one shares a room with. */
async function acquaintances(chat: Chat, userId: string): Promise<string[]> {
  const mine = await membershipsOf(chat, userId);
  const others = await chat.stores.members.ofRooms(mine.map(member => member.roomId));
  return [...new Set(others.map(member => member.userId))];
}
