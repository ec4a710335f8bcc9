import type { Member, Room } from '../model.ts';
import type { Mention, Stores, Uncounted } from '../ports.ts';
import { unreadFrom } from './counting.ts';

/** Entries of a kind above a floor: all there are. */
interface Above<E> {
  floor: number;
  entries: E[];
}

export interface Sparse {
  uncounted: Above<Uncounted>;
  mentions: Above<Mention>;
}

/** Of so many places in all, one query brings those of all rooms. */
const TOGETHER = 10;

type Read<E> = (
  rooms: readonly { roomId: string; after: number }[],
  limit: number,
) => Promise<(E & { roomId: string })[]>;

/**
 * What rooms need in memory to count exactly: of each kind the newest places above the lowest position of a member,
 * at most `keep` of a room. Rooms where there can be none cost no query.
 */
export async function loadSparse(
  { log }: Pick<Stores, 'log'>,
  rooms: readonly Room[],
  membersOf: (roomId: string) => readonly Member[],
  keep: number,
): Promise<Map<string, Sparse>> {
  const lowest = new Map(
    rooms.map(room => [room.id, Math.min(room.lastSeq, ...membersOf(room.id).map(unreadFrom))]),
  );
  const load = <E extends { seq: number }>(read: Read<E>, lastOf: (room: Room) => number) =>
    newest(
      rooms.map(room => ({ roomId: room.id, after: lowest.get(room.id)!, last: lastOf(room) })),
      read,
      keep,
    );
  const [uncounted, mentions] = await Promise.all([
    load<Uncounted>(
      (...asked) => log.uncounted(...asked),
      room => room.lastUncountedSeq,
    ),
    load<Mention>(
      (...asked) => log.mentions(...asked),
      room => room.lastMentionSeq,
    ),
  ]);
  return new Map(rooms.map(({ id }) => [id, { uncounted: uncounted.get(id)!, mentions: mentions.get(id)! }]));
}

async function newest<E extends { seq: number }>(
  rooms: readonly { roomId: string; after: number; last: number }[],
  read: Read<E>,
  keep: number,
): Promise<Map<string, Above<E>>> {
  // Above the last place there is none, so much is known.
  const above = new Map(
    rooms.map(({ roomId, after, last }) => [roomId, { floor: Math.min(after, last), entries: [] as E[] }]),
  );
  const some = rooms.filter(({ after, last }) => last > after);
  if (some.length === 0) return above;
  const all = await read(some, keep * TOGETHER + 1);
  if (all.length <= keep * TOGETHER) {
    for (const entry of all) above.get(entry.roomId)!.entries.push(entry);
  } else {
    for (const room of some) above.get(room.roomId)!.entries.push(...(await read([room], keep + 1)));
  }
  for (const room of above.values()) cutOff(room, keep);
  return above;
}

/** One more than is kept tells that there are others below. */
function cutOff<E extends { seq: number }>(room: Above<E>, keep: number): void {
  if (room.entries.length <= keep) return;
  room.entries.sort((a, b) => b.seq - a.seq);
  room.floor = room.entries[keep]!.seq;
  room.entries.length = keep;
}

/**
 * Whether somebody hid the last message is told by `lastHiddenSeq` alone. It is raised before the message is hidden:
 * where a crash came between, it is taken back here, in memory.
 */
export async function settleHidden(
  { hides }: Pick<Stores, 'hides'>,
  rooms: readonly Room[],
  members: ReadonlyMap<string, readonly Member[]>,
): Promise<void> {
  const suspects = rooms.flatMap(({ id, lastMessage: last }) =>
    last
      ? members
          .get(id)!
          .filter(({ lastHiddenSeq }) => lastHiddenSeq >= last.seq)
          .map(member => ({ member, last }))
      : [],
  );
  if (suspects.length === 0) return;
  const found = await hides.among(
    [...new Set(suspects.map(({ member }) => member.userId))],
    [...new Set(suspects.map(({ last }) => last.id))],
  );
  const hidden = new Set(found.map(({ no, messageId }) => `${no} ${messageId}`));
  for (const { member, last } of suspects)
    if (!hidden.has(`${member.no} ${last.id}`)) member.lastHiddenSeq = last.seq - 1;
}
