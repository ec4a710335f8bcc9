import { ChatError, StoreSilent } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Member, Message } from '../model.ts';
import type { AppendOutcome, Clock, MessageLog, Reporter } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** A message before it has its place. */
export type Draft = Omit<
  Message,
  'id' | 'roomId' | 'seq' | 'createdAt' | 'changedAt' | 'editedAt' | 'deleted' | 'reactions' | 'revision'
> & {
  /** Memberships that begin with this message. */
  joined?: Member[];
};

export interface SequencerParts {
  log: MessageLog;
  clock: Clock;
  reporter: Reporter;
  /** Tells stored messages of one room, in `seq` order. */
  publish: (live: LiveRoom, messages: Message[], joined: Member[]) => void;
  /** Makes the ids of messages. */
  newId?: () => string;
  /** How many inserts may be under way at once on this node. */
  lanes?: number;
  /** Messages in one insert at most. */
  maxBatch?: number;
  /** How long a send waits for a store that does not confirm, in milliseconds. */
  patience?: number;
  onBatch?: (size: number, milliseconds: number) => void;
}

interface Entry {
  live: LiveRoom;
  draft: Draft;
  id: string;
  key: string;
  message: Message | null;
  promise: Promise<Message>;
  resolve: (message: Message) => void;
  reject: (error: unknown) => void;
  /** Answered already. */
  done: boolean;
  /** Answered with an error. */
  refused: boolean;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
const CATCH_UP_PAGE = 500;
/** How soon the log is asked again for what it may have that nobody was told, in milliseconds. */
const ASK_AGAIN = 2_000;

/**
 * Gives messages their place. Each room belongs to one lane, a lane has at most one insert under way, and all that
 * arrives meanwhile goes into the next one. The unique index on (room, seq) arbitrates between nodes, the one on
 * (room, author, syncKey) makes a retry return the first result. See architecture.md, "The sequencer".
 */
export class Sequencer {
  readonly #parts: Required<Omit<SequencerParts, 'onBatch'>> & Pick<SequencerParts, 'onBatch'>;
  readonly #lanes: Lane[];
  /** Sends under way: a repeated one waits for the first. */
  readonly #underWay = new Map<string, Entry>();
  /** Rooms of which the log may have more than was told. */
  readonly #doubtful = new Set<LiveRoom>();
  #askAgain: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(parts: SequencerParts) {
    this.#parts = { lanes: 2, maxBatch: 500, patience: 5_000, newId, ...parts };
    this.#lanes = Array.from(
      { length: this.#parts.lanes },
      () => new Lane(batch => this.#store(batch), this.#parts.maxBatch),
    );
  }

  /** Messages that wait for the store or are being stored. */
  get waiting(): number {
    return this.#underWay.size;
  }

  /**
   * Stores a message and resolves with it once a majority has it in its journal and it was told on this node.
   * The same (room, author, syncKey) resolves with the message that was stored first.
   * Errors: SYNC_KEY_CONFLICT (same key, another content), TEMPORARILY_UNAVAILABLE (unknown outcome: retry).
   */
  submit(live: LiveRoom, draft: Draft): Promise<Message> {
    const key = JSON.stringify([live.id, draft.author.authorId, draft.syncKey]);
    const first = this.#underWay.get(key);
    if (first) return this.#after(first, live, draft);
    const entry = newEntry(live, draft, key, this.#parts.newId());
    this.#underWay.set(key, entry);
    live.holds++;
    this.#laneOf(live).push(entry);
    return entry.promise;
  }

  /** A repeated key gets what the first one under way gets; unless that one was itself refused for its content. */
  async #after(first: Entry, live: LiveRoom, draft: Draft): Promise<Message> {
    try {
      return sameOrConflict(await first.promise, draft);
    } catch (error) {
      const wasOther = first.draft.syncHash !== draft.syncHash && first.refused;
      if (!wasOther) throw error;
      return this.submit(live, draft);
    }
  }

  /**
   * Reads what the log has beyond the known head and tells it; `joined` are people of whom it may tell.
   * Throws when the store does not answer.
   */
  async catchUp(live: LiveRoom, joined: Member[] = []): Promise<Message[]> {
    const found: Message[] = [];
    for (;;) {
      const page = await this.#parts.log.after(live.id, live.headSeq, CATCH_UP_PAGE);
      const fresh = page.filter(message => message.seq > live.headSeq);
      if (fresh.length > 0) {
        live.headSeq = fresh.at(-1)!.seq;
        this.#parts.publish(live, fresh, joined);
        found.push(...fresh);
      }
      if (page.length < CATCH_UP_PAGE) break;
    }
    live.headKnown = true;
    this.#settled(live);
    return found;
  }

  /** Makes sure that `live.headSeq` is the head of the log, asking it once. Throws when the store does not answer. */
  async ensureHead(live: LiveRoom): Promise<void> {
    if (!live.headKnown) await this.catchUp(live);
  }

  /** The log may have messages of this room that nobody was told: it is asked until it answers. */
  doubt(live: LiveRoom): void {
    if (this.#isStopped) return;
    live.headKnown = false;
    if (!this.#doubtful.has(live)) live.holds++;
    this.#doubtful.add(live);
    this.#askAgain ??= setTimeout(() => void this.#settleDoubts(), ASK_AGAIN).unref();
  }

  /** An insert that was given up may land later, when the log was asked already. */
  #doubtWhen(settled: Promise<void>, waiting: Entry[]): void {
    const rooms = new Set(waiting.map(entry => entry.live));
    for (const live of rooms) live.holds++;
    void settled.then(() => {
      for (const live of rooms) {
        this.doubt(live);
        live.holds--;
      }
    });
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#askAgain) clearTimeout(this.#askAgain);
  }

  async #settleDoubts(): Promise<void> {
    this.#askAgain = null;
    for (const live of [...this.#doubtful]) {
      if (live.removed) this.#settled(live);
      else await this.ensureHead(live).catch((error: unknown) => this.#stillOpen(live, error));
    }
  }

  #stillOpen(live: LiveRoom, error: unknown): void {
    this.#parts.reporter.problem('asking the log again', error);
    this.doubt(live);
  }

  #settled(live: LiveRoom): void {
    if (this.#doubtful.delete(live)) live.holds--;
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#underWay.size > 0) {
      await Promise.allSettled([...this.#underWay.values()].map(entry => entry.promise));
    }
  }

  #laneOf(live: LiveRoom): Lane {
    return this.#lanes[Number.parseInt(live.id.slice(-4), 16) % this.#lanes.length]!;
  }

  async #store(batch: Entry[]): Promise<void> {
    const deadline = this.#parts.clock.now() + this.#parts.patience;
    let pause = FIRST_PAUSE;
    let waiting = batch;
    while (waiting.length > 0) {
      try {
        await this.#learnHeads(waiting);
        waiting = waiting.filter(entry => !this.#dropRemoved(entry));
        if (waiting.length > 0) waiting = await this.#appendOnce(waiting);
        pause = FIRST_PAUSE;
      } catch (error) {
        // A part of the batch may have been told and answered before this went wrong.
        waiting = waiting.filter(entry => !entry.done);
        for (const { live } of waiting) live.headKnown = false;
        if (error instanceof StoreSilent) this.#doubtWhen(error.settled, waiting);
        if (this.#parts.clock.now() + pause > deadline) return this.#giveUp(waiting, error);
        await new Promise(resolve => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        waiting = await this.#resolveFound(waiting);
      }
    }
  }

  /** One insert of all that waits; returns what has to be tried again. */
  async #appendOnce(waiting: Entry[]): Promise<Entry[]> {
    const started = this.#parts.clock.now();
    const messages = number(waiting, new Date(started));
    const outcome = await this.#parts.log.append(messages);
    this.#parts.onBatch?.(outcome.stored, this.#parts.clock.now() - started);
    this.#tell(waiting.slice(0, outcome.stored));
    if (outcome.refused !== undefined) return this.#refuse(waiting, outcome.stored, outcome.refused);
    return outcome.collision ? this.#collided(waiting.slice(outcome.stored), outcome) : [];
  }

  /** One message that the store cannot take must not hold up those of others. */
  #refuse(waiting: Entry[], stored: number, refused: number): Entry[] {
    const entry = waiting[refused]!;
    this.#finish(entry, () => entry.reject(new Error('the store refused a message for good')));
    return waiting.filter((_, i) => i >= stored && i !== refused);
  }

  async #collided(rest: Entry[], outcome: AppendOutcome): Promise<Entry[]> {
    const [entry, ...others] = rest as [Entry, ...Entry[]];
    if (outcome.collision === 'seq') {
      entry.live.headKnown = false;
      return this.#resolveFound(rest);
    }
    const { roomId, author, syncKey } = entry.message!;
    const first = await this.#parts.log.bySyncKey(roomId, author.authorId, syncKey);
    // Not readable yet (a majority has not confirmed it): ask again with the next round.
    if (!first) throw new Error('a colliding message is not confirmed yet');
    if (first.seq > entry.live.headSeq) await this.catchUp(entry.live);
    this.#finish(entry, () => entry.resolve(sameOrConflict(first, entry.draft)));
    return others;
  }

  /** Messages of an insert with an unknown outcome may be in the log after all. */
  async #resolveFound(waiting: Entry[]): Promise<Entry[]> {
    const left: Entry[] = [];
    const found = new Map<string, Message>();
    try {
      for (const live of new Set(waiting.map(entry => entry.live))) {
        const joined = waiting.flatMap(entry => (entry.live === live ? (entry.draft.joined ?? []) : []));
        for (const message of await this.catchUp(live, joined)) found.set(message.id, message);
      }
    } catch (error) {
      this.#parts.reporter.problem('catching up with the log', error);
    }
    for (const entry of waiting) {
      const message = found.get(entry.id);
      if (message) this.#finish(entry, () => entry.resolve(message));
      else left.push(entry);
    }
    return left;
  }

  async #learnHeads(waiting: Entry[]): Promise<void> {
    const unknown = new Set(
      waiting.map(entry => entry.live).filter(live => !live.headKnown && !live.removed),
    );
    await Promise.all([...unknown].map(live => this.catchUp(live)));
  }

  #dropRemoved(entry: Entry): boolean {
    if (!entry.live.removed) return false;
    this.#finish(entry, () => entry.reject(new ChatError('ROOM_NO_EXISTS')));
    return true;
  }

  #tell(stored: Entry[]): void {
    const byRoom = new Map<LiveRoom, Entry[]>();
    for (const entry of stored) {
      const list = byRoom.get(entry.live);
      if (list) list.push(entry);
      else byRoom.set(entry.live, [entry]);
    }
    for (const [live, entries] of byRoom) {
      live.headSeq = entries.at(-1)!.message!.seq;
      this.#parts.publish(
        live,
        entries.map(entry => entry.message!),
        entries.flatMap(entry => entry.draft.joined ?? []),
      );
    }
    for (const entry of stored) this.#finish(entry, () => entry.resolve(entry.message!));
  }

  #giveUp(waiting: Entry[], error: unknown): void {
    this.#parts.reporter.problem(`the log did not confirm ${waiting.length} messages`, error);
    for (const { live } of waiting) this.doubt(live);
    const refusal = new ChatError('TEMPORARILY_UNAVAILABLE');
    for (const entry of waiting) this.#finish(entry, () => entry.reject(refusal));
  }

  #finish(entry: Entry, answer: () => void): void {
    if (entry.done) return;
    entry.done = true;
    this.#underWay.delete(entry.key);
    entry.live.holds--;
    try {
      answer();
    } catch (error) {
      entry.refused = true;
      entry.reject(error);
    }
  }
}

/** A queue with one worker: what arrives while a batch is being stored goes into the next one. */
class Lane {
  readonly #queue: Entry[] = [];
  readonly #store: (batch: Entry[]) => Promise<void>;
  readonly #maxBatch: number;
  #busy = false;

  constructor(store: (batch: Entry[]) => Promise<void>, maxBatch: number) {
    this.#store = store;
    this.#maxBatch = maxBatch;
  }

  push(entry: Entry): void {
    this.#queue.push(entry);
    if (this.#busy) return;
    this.#busy = true;
    // The rest of this turn of the event loop still gets into the first batch.
    setImmediate(() => void this.#work());
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) await this.#store(this.#queue.splice(0, this.#maxBatch));
    this.#busy = false;
  }
}

function newEntry(live: LiveRoom, draft: Draft, key: string, id: string): Entry {
  const { promise, resolve, reject } = withResolvers<Message>();
  return {
    live,
    draft,
    id,
    key,
    message: null,
    promise,
    resolve,
    reject,
    done: false,
    refused: false,
  };
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** The next numbers of each room, in the order of arrival. */
function number(waiting: Entry[], createdAt: Date): Message[] {
  const next = new Map<LiveRoom, number>();
  return waiting.map(entry => {
    const { live, id } = entry;
    const { joined: _, ...draft } = entry.draft;
    const seq = next.get(live) ?? live.headSeq + 1;
    next.set(live, seq + 1);
    entry.message = {
      ...draft,
      id,
      roomId: live.id,
      seq,
      createdAt,
      changedAt: null,
      editedAt: null,
      deleted: false,
      reactions: [],
      revision: 0,
    };
    return entry.message;
  });
}

function sameOrConflict(first: Message, draft: Draft): Message {
  if (first.syncHash !== draft.syncHash) throw new ChatError('SYNC_KEY_CONFLICT');
  return first;
}
