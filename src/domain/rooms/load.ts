import type { Clock, Reporter, Stores } from '../ports.ts';
import { ADMIN_ID, isDeparture, isImporting, type Member } from '../model.ts';
import { heirOf, isPresent, LiveRoom } from './live.ts';
import { loadSparse, settleHidden } from './sparse.ts';
import { KEPT } from './tally.ts';

/** A pending act older than this was left behind by a crash, in milliseconds. */
export const ABANDONED_AFTER = 30_000;

/**
 * Loads rooms for the registry: a fixed number of queries however many rooms, and one more for each that has more
 * places of inexact counting than are kept (`keep`). Joinings and leavings that a crash cut short
 * are finished or taken back on the way.
 */
export async function loadRooms(
  stores: Stores,
  clock: Clock,
  ids: readonly string[],
  keep = KEPT,
): Promise<LiveRoom[]> {
  const [rooms, memberships] = await Promise.all([stores.rooms.byIds(ids), stores.members.ofRooms(ids)]);
  const byRoom = new Map<string, Member[]>(rooms.map(room => [room.id, []]));
  for (const member of memberships) byRoom.get(member.roomId)?.push(member);
  await Promise.all(
    [...byRoom].map(async ([id, members]) => {
      if (members.some(member => member.pending)) byRoom.set(id, await settlePending(stores, clock, members));
    }),
  );
  const present = new Map([...byRoom].map(([id, members]) => [id, members.filter(isPresent)]));
  const sparse = await loadSparse(stores, rooms, id => present.get(id)!, keep);
  await settleHidden(stores, rooms, present);
  return rooms.map(room => {
    const { uncounted, mentions } = sparse.get(room.id)!;
    const known = { uncountedFloor: uncounted.floor, mentions, keep };
    const live = new LiveRoom(room, present.get(room.id)!, uncounted.entries, known);
    // The log is not asked for what it has beyond the head: that is told when the import is done.
    live.headKnown = isImporting(room);
    return live;
  });
}

/**
 * The log decides about a half-done joining or leaving: if its ADMIN message is stored, it happened. If not, a
 * young one is somebody's act under way and stays as it is, an old one is taken back.
 */
export async function settlePending(
  stores: Stores,
  clock: Clock,
  members: readonly Member[],
): Promise<Member[]> {
  const settled: Member[] = [];
  for (const member of members) {
    const after = member.pending ? await settleOne(stores, clock, member) : member;
    if (after) settled.push(after);
  }
  const wasMaster = members.some(
    member => member.master && !settled.some(other => other.userId === member.userId),
  );
  const heir = wasMaster ? heirOf(settled.toSorted((a, b) => a.no - b.no)) : null;
  if (heir) {
    await stores.members.setMaster(heir.roomId, heir.userId);
    heir.master = true;
  }
  return settled;
}

/** One of them: the membership as the log has it, or null when it is over. */
export async function settleOne(stores: Stores, clock: Clock, member: Member): Promise<Member | null> {
  const { roomId, userId } = member;
  const pending = member.pending!;
  const message = await stores.log.bySyncKey(roomId, ADMIN_ID, pending.syncKey);
  const abandoned = clock.now() - member.updatedAt.getTime() > ABANDONED_AFTER;
  if (message?.act && isDeparture(message.act)) {
    await stores.members.remove(roomId, [userId]);
    return null;
  }
  if (message) {
    await stores.members.settleJoin(roomId, [userId], { seq: message.seq, messageId: message.id });
    return {
      ...member,
      pending: null,
      joinedSeq: message.seq - 1,
      lastReadSeq: message.seq,
      lastReadMessageId: message.id,
    };
  }
  // A leaving that is not in the log has not happened: meanwhile they are a member like any other.
  if (!abandoned) return pending.act === 'leave' ? { ...member, pending: null } : member;
  if (pending.act === 'join') {
    await stores.members.remove(roomId, [userId]);
    return null;
  }
  await stores.members.unmark(roomId, pending.syncKey);
  return { ...member, pending: null };
}

/** Finishes what crashed nodes left half done: at start and every minute. */
export async function sweep(stores: Stores, clock: Clock, reporter: Reporter): Promise<void> {
  try {
    const before = new Date(clock.now() - ABANDONED_AFTER);
    const roomIds = new Set((await stores.members.pending(before)).map(member => member.roomId));
    for (const roomId of roomIds) await settlePending(stores, clock, await stores.members.ofRooms([roomId]));
    for (const roomId of await stores.rooms.unfinished(before)) {
      await stores.members.removeRoom(roomId);
      await stores.log.removeRoom(roomId);
      await stores.edits.removeRoom(roomId);
      await stores.announcements.removeRoom(roomId);
      await stores.search.removeRoom(roomId);
      await stores.rooms.remove(roomId);
    }
  } catch (error) {
    reporter.problem('sweep', error);
  }
}
