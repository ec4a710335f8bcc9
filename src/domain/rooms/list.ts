import type { Chat } from '../chat.ts';
import { fold } from '../users/fold.ts';
import type { Announcement, Member, Message, Room, RoomType, UserActor } from '../model.ts';
import { Gathered } from '../gathered.ts';
import { isPresent, seenAnnouncement, type LiveRoom } from './live.ts';

/** A room as one member sees it. */
export interface RoomView {
  room: Room;
  /** Changes when room or members do (not with read positions and messages). */
  version: number;
  memberCount: number;
  me: Member;
  /** Who is shown in `joinUsers`, in the order of joining. */
  shown: Member[];
  lastMessage: Message | null;
  lastAnnouncement: Announcement | null;
  unread: number;
}

export interface ListInput {
  roomTypes?: readonly RoomType[];
  linkSid?: string | null;
  /** Rooms where the caller is (or is not) a master. */
  masterUser?: boolean | null;
  /** Part of the room's name or of a member's nick. */
  keyword?: string | null;
  count?: number | null;
  cursor?: string | null;
}

/** Lists longer than this show only the caller and the masters. */
export const LONG_LIST = 200;
const MAX_LIST = 5_000;

const memberships = new WeakMap<Chat, Gathered<string, Member[]>>();

/** The memberships of a user; callers that come at the same time share one query. */
export function membershipsOf(chat: Chat, userId: string): Promise<Member[]> {
  let gathered = memberships.get(chat);
  if (!gathered) {
    gathered = new Gathered(async userIds => {
      const byUser = new Map<string, Member[]>(userIds.map(id => [id, []]));
      for (const member of await chat.stores.members.ofUsers([...byUser.keys()])) {
        if (isPresent(member)) byUser.get(member.userId)?.push(member);
      }
      return userIds.map(id => byUser.get(id)!);
    }, 200);
    memberships.set(chat, gathered);
  }
  return gathered.add(userId);
}

/**
 * The rooms of a user, last message first, with exact unread counts: a fixed number of queries, however many rooms.
 * Seed 1, ListenRooms and QueryRooms.
 */
export async function listRooms(
  chat: Chat,
  actor: UserActor,
  input: ListInput,
): Promise<{ list: RoomView[]; nextCursor: string | null }> {
  const mine = await membershipsOf(chat, actor.userId);
  let views = await viewRooms(chat, actor.userId, mine);
  views = views.filter(view => matches(view, input));
  if (input.keyword) views = await withKeyword(chat, views, input.keyword);
  views.sort((a, b) => rank(b) - rank(a) || b.room.no - a.room.no);
  const from = input.cursor ? afterCursor(views, input.cursor) : 0;
  const size = Math.min(input.count ?? MAX_LIST, MAX_LIST);
  const list = views.slice(from, from + size);
  const last = list.at(-1);
  return { list, nextCursor: last && from + size < views.length ? cursorOf(last) : null };
}

/** Views of these memberships; rooms that are in memory are shown as they are there. */
export async function viewRooms(chat: Chat, userId: string, mine: readonly Member[]): Promise<RoomView[]> {
  if (mine.length <= LONG_LIST) {
    const lives = await chat.registry.many(mine.map(member => member.roomId));
    return lives.flatMap(live => viewOf(chat, live, userId) ?? []);
  }
  const cold = mine.filter(member => !chat.registry.peek(member.roomId));
  const cards = await chat.cards.many(cold.map(member => member.roomId));
  const counted = await coldUnread(chat, cold, id => cards.get(id)?.room);
  return mine.flatMap(member => {
    const live = chat.registry.peek(member.roomId);
    if (live) return viewOf(chat, live, userId, true) ?? [];
    const card = cards.get(member.roomId);
    if (!card) return [];
    const { room } = card;
    const visible = room.lastMessage && (room.rules.canSeeHistory || room.lastMessage.seq > member.joinedSeq);
    return {
      room,
      version: 0,
      memberCount: room.memberCount,
      me: member,
      shown: card.masters.some(master => master.userId === userId) ? card.masters : [...card.masters, member],
      lastMessage: visible ? room.lastMessage : null,
      lastAnnouncement: seenAnnouncement(room, room.rules.canSeeHistory ? 0 : member.joinedSeq),
      unread: counted.get(member.roomId)!,
    };
  });
}

/** One room as this user sees it; null when they are not in it. */
export function viewOf(chat: Chat, live: LiveRoom, userId: string, brief = false): RoomView | null {
  const me = live.members.get(userId);
  if (!me) return null;
  return {
    room: live.room,
    version: live.version,
    memberCount: live.members.size,
    me,
    shown: shownMembers(chat, live, me, brief),
    lastMessage: live.lastMessageFor(me),
    lastAnnouncement: live.announcementFor(me),
    unread: live.unreadOf(me),
  };
}

/**
 * Who is shown to this member: everybody in small rooms; in large ones the masters, the most recent others and
 * oneself, up to the same number; in rooms with a closed list, and in long lists, oneself and the masters.
 */
export function shownMembers(chat: Chat, live: LiveRoom, me: Member, brief = false): Member[] {
  const max = chat.limits.joinUsersInlineMax;
  if (brief || (!live.room.rules.canShowMemberList && !me.master)) {
    return [...live.members.values()].filter(member => member.master || member === me);
  }
  const all = [...live.members.values()];
  if (all.length <= max) return all;
  const chosen = new Set([me, ...all.filter(member => member.master)]);
  for (let i = all.length - 1; i >= 0 && chosen.size < max; i--) chosen.add(all[i]!);
  return all.filter(member => chosen.has(member));
}

/** Unread counts of rooms that are not in memory: subtraction, and one query for those with uncounted messages. */
export async function coldUnread(
  chat: Chat,
  mine: readonly Member[],
  roomOf: (id: string) => Room | undefined,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const inexact: { roomId: string; after: number }[] = [];
  for (const { roomId, unreadFromSeq, lastReadSeq: readSeq } of mine) {
    const lastReadSeq = unreadFromSeq ?? readSeq;
    const room = roomOf(roomId);
    if (!room) continue;
    counts.set(roomId, Math.max(0, room.lastSeq - lastReadSeq));
    if (room.lastUncountedSeq > lastReadSeq && room.lastSeq > lastReadSeq)
      inexact.push({ roomId, after: lastReadSeq });
  }
  if (inexact.length === 0) return counts;
  const userId = mine[0]!.userId;
  for (const entry of await chat.stores.log.uncounted(inexact)) {
    const counts_ = entry.for === null || entry.for === userId;
    const head = roomOf(entry.roomId)!.lastSeq;
    if (counts_ && entry.seq <= head) counts.set(entry.roomId, counts.get(entry.roomId)! - 1);
  }
  return counts;
}

function matches({ room, me }: RoomView, input: ListInput): boolean {
  if (input.roomTypes && !input.roomTypes.includes(room.roomType)) return false;
  if (input.linkSid != null && room.link?.sid !== input.linkSid) return false;
  if (input.masterUser != null && me.master !== input.masterUser) return false;
  return true;
}

/** By room name, or by the nick of a member whom the caller may see. */
async function withKeyword(chat: Chat, views: RoomView[], keyword: string): Promise<RoomView[]> {
  const wanted = fold(keyword);
  if (wanted === '') return views;
  const unsure = views.filter(
    view => !byName(view, wanted) && isOpenList(view) && !chat.registry.peek(view.room.id),
  );
  const found = new Set(
    unsure.length === 0
      ? []
      : await chat.stores.members.roomsWithNick(
          unsure.map(view => view.room.id),
          wanted,
        ),
  );
  return views.filter(view => {
    if (byName(view, wanted) || found.has(view.room.id)) return true;
    const live = chat.registry.peek(view.room.id);
    const people = live && isOpenList(view) ? live.members.values() : view.shown;
    for (const member of people) if (fold(member.nickName).includes(wanted)) return true;
    return false;
  });
}

const byName = ({ room }: RoomView, wanted: string): boolean => fold(room.name).includes(wanted);

const isOpenList = ({ room, me }: RoomView): boolean => room.rules.canShowMemberList || me.master;

const rank = ({ room, lastMessage }: RoomView): number =>
  (lastMessage?.createdAt ?? room.createdAt).getTime();

const cursorOf = (view: RoomView): string => `${rank(view)}-${view.room.no}`;

/** Where a list goes on: after the place of the cursor's room, which may have moved up meanwhile. */
function afterCursor(views: readonly RoomView[], cursor: string): number {
  const [at, no] = cursor.split('-').map(Number) as [number, number];
  const index = views.findIndex(view => rank(view) < at || (rank(view) === at && view.room.no < no));
  return index < 0 ? views.length : index;
}
