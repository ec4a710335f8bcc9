import { newId } from '../../src/domain/ids.ts';
import {
  startingRules,
  type Member,
  type MembershipAct,
  type Message,
  type Room,
} from '../../src/domain/model.ts';
import type { AppendOutcome, Clock, MessageLog, Reporter, SeqRange } from '../../src/domain/ports.ts';

/** Small ports for tests of the domain: a log in memory that can fail in every way, and makers of its objects. */

export const at = (milliseconds = 0): Date => new Date(1_700_000_000_000 + milliseconds);

export function aRoom(more: Partial<Room> = {}): Room {
  return {
    id: newId(),
    no: 1,
    roomType: 'GROUP',
    name: 'a room',
    profileUrl: null,
    link: null,
    rules: startingRules('GROUP', 'user'),
    access: null,
    lastSeq: 0,
    lastMessage: null,
    lastUncountedSeq: 0,
    lastMentionSeq: 0,
    lastAnnouncement: null,
    memberCount: 0,
    membersKey: '',
    meta: null,
    freezingReasonCode: null,
    opensAt: null,
    expiresAt: null,
    createdAt: at(),
    updatedAt: at(),
    ...more,
  };
}

let numbers = 0;

export function aMember(roomId: string, userId: string, more: Partial<Member> = {}): Member {
  return {
    roomId,
    userId,
    no: ++numbers,
    nickName: userId,
    profileUrl: null,
    master: false,
    alarmOn: true,
    meta: null,
    joinedSeq: 0,
    lastReadSeq: 0,
    lastReadMessageId: null,
    lastReadAt: null,
    unreadFromSeq: null,
    lastHiddenSeq: 0,
    mutedUntil: null,
    createdAt: at(),
    updatedAt: at(),
    pending: null,
    ...more,
  };
}

export function aMessage(roomId: string, seq: number, more: Partial<Message> = {}): Message {
  const id = newId();
  return {
    id,
    roomId,
    seq,
    syncKey: id,
    syncHash: 'hash',
    author: { authorId: 'somebody', nickName: '', profileUrl: null },
    data: { type: 'TEXT', content: { text: `text ${seq}` } },
    meta: null,
    deleted: false,
    uncountedFor: null,
    act: null,
    replyTo: null,
    mentions: [],
    links: [],
    reactions: [],
    editedAt: null,
    createdAt: at(seq),
    changedAt: null,
    revision: 0,
    ...more,
  };
}

export function anAct(
  roomId: string,
  seq: number,
  event: MembershipAct['event'],
  userIds: string[],
): Message {
  return aMessage(roomId, seq, {
    author: { authorId: 'ADMIN', nickName: '', profileUrl: null },
    data: { type: 'ADMIN', content: { text: event } },
    act: { event, actorId: null, userIds },
  });
}

export class Problems implements Reporter {
  readonly list: unknown[] = [];
  problem(what: string, error: unknown): void {
    this.list.push([what, error]);
  }
}

/**
 * Time that passes only by timers: whoever waits for 50 ms waits for one turn of the event loop, and 50 ms are over.
 * Between `install` and `restore` it stands in for the global timers.
 */
export class QuickTime implements Clock {
  #now = 1_700_000_000_000;
  readonly #due: { when: number; run: () => void }[] = [];
  readonly #real = globalThis.setTimeout;

  now(): number {
    return this.#now;
  }

  install(): void {
    globalThis.setTimeout = ((run: () => void, milliseconds = 0) => {
      const timer = { when: this.#now + milliseconds, run };
      this.#due.push(timer);
      setImmediate(() => this.#next());
      return { unref: () => undefined };
    }) as unknown as typeof setTimeout;
  }

  restore(): void {
    globalThis.setTimeout = this.#real;
  }

  #next(): void {
    this.#due.sort((a, b) => a.when - b.when);
    const timer = this.#due.shift()!;
    this.#now = Math.max(this.#now, timer.when);
    timer.run();
  }
}

export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise<void>(resolve => setImmediate(resolve));
};

/** What an append runs into. `other…`: another node was quicker. `lands`: an answer never comes, the messages do. */
export type AppendFault =
  | { kind: 'fine' }
  | { kind: 'lost' }
  | { kind: 'stored-but-unknown' }
  | { kind: 'partly-stored'; count: number }
  | { kind: 'lands-later' }
  | { kind: 'other-messages'; count: number }
  | { kind: 'other-same-key'; sameContent: boolean };

export const OUTAGE = new Error('the store does not answer');

/** A log with the two unique indexes of the real one. Faults are used up one per call; then all goes well. */
export class MemoryLog implements MessageLog {
  readonly rooms = new Map<string, Message[]>();
  appendFaults: AppendFault[] = [];
  /** True: this read fails. */
  readFaults: boolean[] = [];
  down = false;
  /** Turns of the event loop that an answer takes. */
  delay = 1;
  appends = 0;
  #landing: (readonly Message[])[] = [];

  of(roomId: string): Message[] {
    let list = this.rooms.get(roomId);
    if (!list) this.rooms.set(roomId, (list = []));
    return list;
  }

  /** Stores messages of nobody in particular, as another node would. */
  byOther(roomId: string, count = 1): void {
    for (let i = 0; i < count; i++) this.#insert(aMessage(roomId, this.of(roomId).length + 1));
  }

  /** What had no answer arrives after all. */
  land(): void {
    for (const batch of this.#landing.splice(0)) this.#insertAll(batch);
  }

  async append(batch: readonly Message[]): Promise<AppendOutcome> {
    this.appends++;
    const fault = this.appendFaults.shift() ?? { kind: 'fine' };
    await turns(this.delay);
    if (this.down) throw OUTAGE;
    const first = batch[0]!;
    switch (fault.kind) {
      case 'lost':
        throw OUTAGE;
      case 'lands-later':
        this.#landing.push(batch);
        throw OUTAGE;
      case 'stored-but-unknown':
        this.#insertAll(batch);
        throw OUTAGE;
      case 'partly-stored':
        this.#insertAll(batch.slice(0, fault.count));
        throw OUTAGE;
      case 'other-messages':
        this.byOther(first.roomId, fault.count);
        break;
      case 'other-same-key': {
        const { author, syncKey, syncHash } = first;
        const other = { author, syncKey, syncHash: fault.sameContent ? syncHash : `not ${syncHash}` };
        this.#insert(aMessage(first.roomId, this.of(first.roomId).length + 1, other));
        break;
      }
      case 'fine':
    }
    const outcome = this.#insertAll(batch);
    await turns(this.delay);
    return outcome;
  }

  async after(roomId: string, seq: number, limit: number): Promise<Message[]> {
    await this.#read();
    return this.of(roomId)
      .filter(message => message.seq > seq)
      .slice(0, limit);
  }

  async range(roomId: string, from: number, to: number): Promise<Message[]> {
    await this.#read();
    return this.of(roomId).filter(message => message.seq > from && message.seq <= to);
  }

  async bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<Message | null> {
    await this.#read();
    return (
      this.of(roomId).find(known => known.author.authorId === authorId && known.syncKey === syncKey) ?? null
    );
  }

  async headsSince(): Promise<{ roomId: string; lastSeq: number }[]> {
    await this.#read();
    return [...this.rooms].map(([roomId, list]) => ({ roomId, lastSeq: list.length }));
  }

  async uncounted(rooms: readonly { roomId: string; after: number }[], limit: number) {
    const found = await this.#newest(rooms, limit, of => of.deleted || of.uncountedFor !== null);
    return found.map(({ roomId, seq, deleted, uncountedFor }) => ({
      roomId,
      seq,
      for: deleted ? null : uncountedFor,
    }));
  }

  async mentions(rooms: readonly { roomId: string; after: number }[], limit: number) {
    const found = await this.#newest(rooms, limit, of => !of.deleted && of.mentions.length > 0);
    return found.map(({ roomId, seq, mentions }) => ({ roomId, seq, userIds: mentions }));
  }

  uncountedOf = (userId: string, ranges: readonly SeqRange[]) =>
    this.#count(ranges, of => of.deleted || of.uncountedFor === userId);

  mentionsOf = (userId: string, ranges: readonly SeqRange[]) =>
    this.#count(ranges, of => !of.deleted && of.mentions.includes(userId));

  ownOf = (userId: string, ranges: readonly SeqRange[]) =>
    this.#count(ranges, of => !of.deleted && of.author.authorId === userId && of.uncountedFor !== userId);

  async countingOf(userId: string, messageIds: readonly string[]) {
    const counts = new Map<string, { unread: number; mentions: number }>();
    for (const of of await this.byIds(messageIds)) {
      const count = counts.get(of.roomId) ?? { unread: 0, mentions: 0 };
      counts.set(of.roomId, count);
      const isMine = of.author.authorId === userId || of.uncountedFor === userId;
      if (!of.deleted && !isMine) count.unread++;
      if (!of.deleted && of.mentions.includes(userId)) count.mentions++;
    }
    return counts;
  }

  async byIds(ids: readonly string[]): Promise<Message[]> {
    await this.#read();
    return [...this.rooms.values()].flat().filter(({ id }) => ids.includes(id));
  }

  async #newest(
    rooms: readonly { roomId: string; after: number }[],
    limit: number,
    counts: (message: Message) => boolean,
  ): Promise<Message[]> {
    await this.#read();
    return rooms
      .flatMap(({ roomId, after }) => this.of(roomId).filter(of => of.seq > after && counts(of)))
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit);
  }

  async #count(ranges: readonly SeqRange[], counts: (message: Message) => boolean) {
    await this.#read();
    return new Map(
      ranges.map(({ roomId, after, upTo }) => [
        roomId,
        this.of(roomId).filter(of => of.seq > after && of.seq <= upTo && counts(of)).length,
      ]),
    );
  }

  async byId(id: string): Promise<Message | null> {
    await this.#read();
    return [...this.rooms.values()].flat().find(message => message.id === id) ?? null;
  }

  ofType = unused;
  gallery = unused;
  ranges = unused;
  changedSince = unused;
  eraseAuthor = unused;
  removeRoom = unused;

  async #read(): Promise<void> {
    await turns(this.delay);
    if (this.down || this.readFaults.shift()) throw OUTAGE;
  }

  #insertAll(batch: readonly Message[]): AppendOutcome {
    for (const [stored, message] of batch.entries()) {
      const collision = this.#insert(message);
      if (collision) return { stored, collision };
    }
    return { stored: batch.length };
  }

  #insert(message: Message): AppendOutcome['collision'] {
    const list = this.of(message.roomId);
    if (list.some(known => known.id === message.id)) return 'id';
    if (list.some(known => known.seq === message.seq)) return 'seq';
    const isSameKey = (known: Message) =>
      known.author.authorId === message.author.authorId && known.syncKey === message.syncKey;
    if (list.some(isSameKey)) return 'syncKey';
    list.push({ ...message });
    list.sort((a, b) => a.seq - b.seq);
    return undefined;
  }
}

export const unused = (): never => {
  throw new Error('this test does not need it');
};
