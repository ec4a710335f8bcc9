import { idFrom, membersKeyOf } from '../ids.ts';
import type { Clock, ReadMove, Reporter, RoomHead, Stores } from '../ports.ts';
import type { Events } from '../events.ts';
import type { LiveRoom } from './live.ts';
import type { RoomRegistry } from './registry.ts';

export interface LedgerParts {
  stores: Pick<Stores, 'rooms' | 'members' | 'log' | 'marks'>;
  events: Events;
  clock: Clock;
  reporter: Reporter;
  /** Tells that read positions are stored; by default only this node's listeners. */
  tell?: (move: ReadMove) => void;
  /** Milliseconds in which changes of a room are gathered before they are written. */
  interval?: number;
}

/** The named point in time before which nothing derived is missing. */
const MARK = 'heads-written';
/** Clocks of nodes may differ by this much, in milliseconds. */
const CLOCK_SLACK = 60_000;
const HEAL_AT_ONCE = 200;

/**
 * Writes behind what can be rebuilt from the log: read positions, then the room's head. In this order, so that
 * whatever a crash takes with it is found again by applying the messages beyond the stored head.
 */
export class Ledger {
  readonly #parts: Required<Omit<LedgerParts, 'tell'>> & Pick<LedgerParts, 'tell'>;
  readonly #dirty = new Set<LiveRoom>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  #markedAt = 0;

  constructor(parts: LedgerParts) {
    this.#parts = { interval: 900, ...parts };
  }

  /** New messages: head and read positions of the room have to be written. */
  headMoved(live: LiveRoom): void {
    live.unsavedHead = true;
    this.readsMoved(live);
  }

  /** Read positions of the room have to be written. */
  readsMoved(live: LiveRoom): void {
    this.#dirty.add(live);
    this.#timer ??= setTimeout(() => this.flushSoon(), this.#parts.interval);
  }

  /**
   * Writes all that is gathered, now. Resolves when everything that was unsaved at the call is stored.
   * Throws when the store does not answer; the changes stay gathered and are tried again.
   */
  async flush(): Promise<void> {
    // A write under way may have started before the caller's change: wait for it, then write what is left.
    while (this.#flushing) await this.#flushing.catch(() => undefined);
    if (this.#dirty.size === 0) return;
    this.#flushing = this.#write();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  /** Like `flush`, for callers that need not know: what fails is reported there, stays gathered and is tried again. */
  async settle(): Promise<void> {
    await this.flush().catch(() => undefined);
  }

  flushSoon(): void {
    void this.settle();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /**
   * At start: rooms whose stored head is behind the log are loaded and brought up to date, so that room lists
   * are exact without asking the log for each room.
   */
  async heal(registry: RoomRegistry, catchUp: (live: LiveRoom) => Promise<unknown>): Promise<number> {
    const { marks, log, rooms } = this.#parts.stores;
    const mark = await marks.read(MARK);
    const since = new Date((mark?.getTime() ?? CLOCK_SLACK) - CLOCK_SLACK);
    const heads = await log.headsSince(idFrom(since));
    let healed = 0;
    for (let i = 0; i < heads.length; i += HEAL_AT_ONCE) {
      const some = heads.slice(i, i + HEAL_AT_ONCE);
      const stored = new Map(
        (await rooms.byIds(some.map(head => head.roomId))).map(room => [room.id, room.lastSeq]),
      );
      const behind = some.filter(head => head.lastSeq > (stored.get(head.roomId) ?? Infinity));
      for (const live of await registry.many(behind.map(head => head.roomId))) await catchUp(live);
      healed += behind.length;
    }
    await this.flush();
    return healed;
  }

  async #write(): Promise<void> {
    this.stop();
    const lives = [...this.#dirty];
    this.#dirty.clear();
    const startedAt = this.#parts.clock.now();
    // What is being written is not stored yet: the room must not be loaded again from the store meanwhile.
    for (const live of lives) live.holds++;
    const moves = lives.flatMap(live => takeReads(live, new Date(startedAt)));
    const heads = lives.filter(live => live.unsavedHead && !live.removed).map(live => takeHead(live));
    try {
      if (moves.length > 0) await this.#parts.stores.members.moveReads(moves);
      if (heads.length > 0) await this.#parts.stores.rooms.moveHeads(heads);
    } catch (error) {
      this.#parts.reporter.problem('writing heads and read positions', error);
      this.#giveBack(lives, moves, heads);
      throw error;
    } finally {
      for (const live of lives) live.holds--;
    }
    this.#tell(lives, moves);
    if (heads.length > 0) await this.#mark(startedAt);
  }

  #giveBack(lives: LiveRoom[], moves: ReadMove[], heads: RoomHead[]): void {
    const behind = new Set(heads.map(head => head.roomId));
    for (const live of lives) {
      for (const move of moves) if (move.roomId === live.id) giveBackReads(live, move);
      if (behind.has(live.id)) live.unsavedHead = true;
      this.readsMoved(live);
    }
  }

  #tell(lives: LiveRoom[], moves: ReadMove[]): void {
    const byId = new Map(lives.map(live => [live.id, live]));
    for (const move of moves) {
      if (this.#parts.tell) this.#parts.tell(move);
      else tellReads(this.#parts.events, byId.get(move.roomId)!, move);
    }
  }

  /** The mark trails behind: it is written at most every few seconds, and healing looks a minute further back. */
  async #mark(at: number): Promise<void> {
    if (at - this.#markedAt < 5_000) return;
    this.#markedAt = at;
    await this.#parts.stores.marks
      .write(MARK, new Date(at))
      .catch((error: unknown) => this.#parts.reporter.problem('writing the mark of healed heads', error));
  }
}

/** Read positions of a room are stored: takes them over where they were told from elsewhere, and tells the new ones. */
export function tellReads(events: Events, live: LiveRoom, move: ReadMove): void {
  const moved: string[] = [];
  const told = move.userIds.filter(userId => {
    const member = live.members.get(userId);
    if (!member) return false;
    if (live.read(member, move.seq, move.messageId, move.at)) moved.push(userId);
    // Nothing is left to be written for who stands exactly there.
    if (member.lastReadSeq === move.seq && !live.unsavedMarks.has(userId)) live.unsavedReads.delete(userId);
    return live.readers.tell(userId, move.seq) || move.confirmed?.includes(userId);
  });
  if (told.length === 0) return;
  live.version++;
  events.emit('reads.stored', { live, move: { ...move, userIds: told } });
  for (const userId of moved) events.emit('own.changed', { live, userId, by: null });
}

/** Viewers of a room share a position: one move per distinct position. */
function takeReads(live: LiveRoom, at: Date): ReadMove[] {
  const moves = new Map<number, ReadMove>();
  for (const userId of live.unsavedReads) {
    const member = live.members.get(userId);
    if (!member) continue;
    const { lastReadSeq: seq, lastReadMessageId: messageId } = member;
    let move = moves.get(seq);
    if (!move) moves.set(seq, (move = { roomId: live.id, userIds: [], seq, messageId, at }));
    move.userIds.push(userId);
    if (live.unsavedMarks.has(userId)) (move.unmarked ??= []).push(userId);
    if (live.confirmedReads.has(userId)) (move.confirmed ??= []).push(userId);
  }
  for (const gathered of [live.unsavedReads, live.unsavedMarks, live.confirmedReads]) gathered.clear();
  return [...moves.values()];
}

function giveBackReads(live: LiveRoom, { userIds, unmarked = [], confirmed = [] }: ReadMove): void {
  for (const userId of userIds) live.unsavedReads.add(userId);
  // Who set another mark meanwhile keeps that one.
  for (const userId of unmarked)
    if (live.members.get(userId)?.unreadFromSeq === null) live.unsavedMarks.add(userId);
  for (const userId of confirmed) live.confirmedReads.add(userId);
}

function takeHead(live: LiveRoom): RoomHead {
  live.unsavedHead = false;
  const { lastSeq, lastMessage, lastUncountedSeq, lastMentionSeq, updatedAt } = live.room;
  live.room.membersKey = membersKeyOf(live.members.keys());
  return {
    roomId: live.id,
    lastSeq,
    lastMessage,
    lastUncountedSeq,
    lastMentionSeq,
    memberCount: live.members.size,
    membersKey: live.room.membersKey,
    ...(live.pushedSeq > 0 ? { pushedSeq: live.pushedSeq } : {}),
    at: updatedAt,
  };
}
