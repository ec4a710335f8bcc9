import type { Chat } from '../chat.ts';
import type { Member, Room } from '../model.ts';
import type { SeqRange, Stores } from '../ports.ts';
import { unreadFrom, type Account, type Question } from './counting.ts';
import type { LiveRoom } from './live.ts';

/** What a member has not read. */
export interface Counts {
  unread: number;
  mentions: number;
}

/** Members whom the store is asked about at the same time. */
const AT_ONCE = 20;

/** Whether `unreadOf` and `mentionsOf` of this member are exact as things are. */
export const isCounted = (live: LiveRoom, member: Member): boolean =>
  live.counts.isExact(member, live.room.lastSeq);

/**
 * Resolves when the counts of these members are exact: at once for nearly all; the store is asked about those who are
 * far behind, marked something as unread, or hid something unread. Throws when it does not answer.
 */
export async function countsReady(
  chat: Pick<Chat, 'stores'>,
  live: LiveRoom,
  members: Iterable<Member>,
): Promise<void> {
  const open = [...members].filter(member => !isCounted(live, member));
  for (let i = 0; i < open.length; i += AT_ONCE)
    await Promise.all(open.slice(i, i + AT_ONCE).map(member => settle(chat.stores, live, member)));
}

/** The same for one person in many rooms. */
export async function countsReadyIn(
  chat: Pick<Chat, 'stores'>,
  lives: readonly LiveRoom[],
  userId: string,
): Promise<void> {
  const open = lives.flatMap(live => {
    const member = live.members.get(userId);
    return member && !isCounted(live, member) ? [{ live, member }] : [];
  });
  for (let i = 0; i < open.length; i += AT_ONCE)
    await Promise.all(
      open.slice(i, i + AT_ONCE).map(({ live, member }) => settle(chat.stores, live, member)),
    );
}

async function settle(stores: Stores, live: LiveRoom, member: Member): Promise<void> {
  // What changes while the store is asked makes its answer void.
  while (live.members.get(member.userId) === member && !live.removed) {
    const question = live.counts.open(member, live.room.lastSeq);
    if (!question) return;
    if (live.counts.settle(member, question, await ask(stores, live.id, member, question))) return;
  }
}

async function ask(stores: Stores, roomId: string, member: Member, question: Question): Promise<Account> {
  const { after, uncountedUpTo, mentionsUpTo, ownUpTo, hides } = question;
  const range = (upTo: number): SeqRange[] => (upTo > after ? [{ roomId, after, upTo }] : []);
  const found = await askRanges(stores, member.userId, {
    uncounted: range(uncountedUpTo),
    mentions: range(mentionsUpTo),
    own: range(ownUpTo),
    hidden: hides ? [{ roomId, no: member.no, after, upTo: member.lastHiddenSeq }] : [],
  });
  const hidden = found.hidden.get(roomId);
  return {
    uncounted: found.uncounted.get(roomId) ?? 0,
    mentions: found.mentions.get(roomId) ?? 0,
    aside: (found.own.get(roomId) ?? 0) + (hidden?.unread ?? 0),
    asideMentions: hidden?.mentions ?? 0,
  };
}

interface Ranges {
  uncounted: SeqRange[];
  mentions: SeqRange[];
  own: SeqRange[];
  hidden: (SeqRange & { no: number })[];
}

const none = new Map<string, never>();

/** At most five queries, however many rooms; none for what there is none of. */
async function askRanges({ log, hides }: Stores, userId: string, ranges: Ranges) {
  const { uncounted, mentions, own, hidden } = ranges;
  const hiddenCounts = async () => {
    if (hidden.length === 0) return none;
    const nos = new Set(hidden.map(({ no }) => no));
    const all = (await hides.inRanges(userId, hidden)).filter(({ no }) => nos.has(no));
    return log.countingOf(
      userId,
      all.map(({ messageId }) => messageId),
    );
  };
  const [a, b, c, d] = await Promise.all([
    uncounted.length > 0 ? log.uncountedOf(userId, uncounted) : none,
    mentions.length > 0 ? log.mentionsOf(userId, mentions) : none,
    own.length > 0 ? log.ownOf(userId, own) : none,
    hiddenCounts(),
  ]);
  return { uncounted: a, mentions: b, own: c, hidden: d };
}

/** Counts of one person's rooms that are not in memory, by room: subtraction, and at most five queries in all. */
export async function coldCounts(
  stores: Stores,
  mine: readonly Member[],
  roomOf: (id: string) => Room | undefined,
): Promise<Map<string, Counts>> {
  const counts = new Map<string, Counts>();
  const ranges: Ranges = { uncounted: [], mentions: [], own: [], hidden: [] };
  for (const member of mine) {
    const room = roomOf(member.roomId);
    if (room) addRanges(ranges, room, member);
    const unread = room ? Math.max(0, room.lastSeq - unreadFrom(member)) : 0;
    counts.set(member.roomId, { unread, mentions: 0 });
  }
  const { uncounted, mentions, own, hidden } = ranges;
  if ([uncounted, mentions, own, hidden].every(list => list.length === 0)) return counts;
  const found = await askRanges(stores, mine[0]!.userId, ranges);
  for (const [roomId, count] of counts) {
    const hidden = found.hidden.get(roomId);
    const left = (found.uncounted.get(roomId) ?? 0) + (found.own.get(roomId) ?? 0) + (hidden?.unread ?? 0);
    count.unread = Math.max(0, count.unread - left);
    count.mentions = Math.max(0, (found.mentions.get(roomId) ?? 0) - (hidden?.mentions ?? 0));
  }
  return counts;
}

/** Only where there can be something. */
function addRanges(ranges: Ranges, room: Room, member: Member): void {
  const { id: roomId, lastSeq: upTo } = room;
  const after = unreadFrom(member);
  if (after >= upTo) return;
  const { lastReadSeq, lastHiddenSeq, no } = member;
  if (room.lastUncountedSeq > after) ranges.uncounted.push({ roomId, after, upTo });
  if (room.lastMentionSeq > after) ranges.mentions.push({ roomId, after, upTo });
  if (member.unreadFromSeq !== null) ranges.own.push({ roomId, after, upTo: Math.min(lastReadSeq, upTo) });
  if (lastHiddenSeq > after) ranges.hidden.push({ roomId, no, after, upTo });
}
