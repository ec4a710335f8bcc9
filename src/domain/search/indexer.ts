import { idFrom } from '../ids.ts';
import type { Message } from '../model.ts';
import type { Clock, Reporter, Segment, Stores } from '../ports.ts';
import { epochOf, keysOf, SEGMENT } from './grams.ts';
import { segmentsOf } from './segments.ts';

export interface IndexerParts {
  /** A rehearsal writes nothing, the index neither. */
  isOff?: boolean;
  stores: Pick<Stores, 'log' | 'search' | 'marks'>;
  clock: Clock;
  reporter: Reporter;
  /** How long messages of a quiet room wait for others, in milliseconds: fewer and wider segments. */
  interval?: number;
}

interface Waiting {
  /** The head of the room's log, as far as this node knows. */
  head: number;
  since: number;
  /** What was stored here and is not indexed yet, in order and without a hole. */
  messages: Message[];
}

/** The named point in time before which every message is indexed. */
const MARK = 'search-indexed';
/** Nodes write behind by their interval, and their clocks may differ. */
const SLACK = 120_000;
const MARK_EVERY = 60_000;
const LOOK_EVERY = 1_000;
/** After each piece of work the store has this many times as long for the sends, unless somebody waits for the index. */
const REST = 2;
const ROOMS_AT_ONCE = 200;
/** Messages that are indexed in one go. */
const AT_ONCE = 32 * SEGMENT;
/** Messages kept in memory until they are indexed, over all rooms; beyond that the log is read again. */
const KEPT = 20_000;

/**
 * Indexes behind the sends: segments of what was stored, then the marks that say how far each room is indexed. What a
 * crash takes with it is still in the log: a search reads the log above the mark, and the next indexer goes on there.
 * Any node may index any room; the chain of segments lets one of them win at each place.
 */
export class Indexer {
  readonly #parts: Required<IndexerParts>;
  readonly #waiting = new Map<string, Waiting>();
  #kept = 0;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();
  /** Resolves when what earlier processes left is known. */
  caughtUp: Promise<void> = Promise.resolve();
  #isCaughtUp = false;
  #isQueued = false;
  #markedAt = 0;

  constructor(parts: IndexerParts) {
    this.#parts = { interval: 10_000, isOff: false, ...parts };
  }

  /** Rooms that have messages to be indexed. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Messages of one room are in the log, in `seq` order. */
  stored(roomId: string, messages: readonly Message[]): void {
    if (messages.length === 0 || this.#parts.isOff) return;
    const waiting = this.#entry(roomId, messages.at(-1)!.seq);
    if (this.#kept + messages.length <= KEPT) {
      const follows = (waiting.messages.at(-1)?.seq ?? messages[0]!.seq - 1) + 1 === messages[0]!.seq;
      if (!follows) this.#drop(waiting);
      waiting.messages.push(...messages);
      this.#kept += messages.length;
    } else this.#drop(waiting);
    if (waiting.messages.length >= SEGMENT) this.#soon();
  }

  /** The log of a room goes up to `head`, of which something may not be indexed. */
  want(roomId: string, head: number): void {
    this.#entry(roomId, head).since = 0;
    this.#soon();
  }

  /** Resolves when the room is indexed up to `seq`, which has to be in the log. Throws when the store does not answer. */
  async cover(roomId: string, seq: number): Promise<void> {
    const { log, search } = this.#parts.stores;
    for (let isDone = false; !isDone;) {
      await this.#alone(async () => {
        const mark = (await search.marks([roomId])).get(roomId)?.seq ?? 0;
        const messages = mark < seq ? await log.range(roomId, mark, Math.min(seq, mark + AT_ONCE)) : [];
        isDone = messages.length === 0;
        await this.#add(segmentsOf(roomId, messages));
      });
    }
  }

  /**
   * A message is about to become this one. It can be found by its new text before it has it, so that no crash in
   * between keeps it from being found.
   */
  async changing(message: Message): Promise<void> {
    if (this.#parts.isOff) return;
    const { roomId, seq, deleted } = message;
    await this.cover(roomId, seq);
    if (!deleted) await this.#addKeys(message);
  }

  /** The message is stored as it is now: what only its old text had leaves the index, behind the change. */
  changed(message: Message): void {
    if (this.#parts.isOff) return;
    void this.#alone(() => this.#clean(message)).catch((error: unknown) =>
      this.#parts.reporter.problem('taking an old text out of the index', error),
    );
  }

  /** A room is gone with all that was in it. */
  async removeRoom(roomId: string): Promise<void> {
    this.forget(roomId);
    if (this.#parts.isOff) return;
    await this.#alone(() => this.#parts.stores.search.removeRoom(roomId));
  }

  /** There is nothing to be indexed in a room any more. */
  forget(roomId: string): void {
    const waiting = this.#waiting.get(roomId);
    if (waiting) this.#done(roomId, waiting);
  }

  /** Goes on with what earlier processes left, in the background. */
  start(): void {
    this.#timer = setInterval(() => this.#soon(), LOOK_EVERY);
    this.#timer.unref();
    this.caughtUp = this.#catchUp().catch((error: unknown) =>
      this.#parts.reporter.problem('looking for messages that are not indexed', error),
    );
  }

  /** Indexes what waits, if the store lets it. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    const written = this.flush().then(() => this.#mark(this.#parts.clock.now()));
    await written.catch((error: unknown) =>
      this.#parts.reporter.problem('indexing messages for search', error),
    );
  }

  /** Indexes all that waits, now. Throws when the store does not answer. */
  async flush(): Promise<void> {
    do {
      for (const waiting of this.#waiting.values()) waiting.since = 0;
      await this.#alone(() => this.#round());
    } while (this.#waiting.size > 0);
  }

  async #catchUp(): Promise<void> {
    const { marks, log, search } = this.#parts.stores;
    const since = new Date(Math.max(0, ((await marks.read(MARK))?.getTime() ?? 0) - SLACK));
    const heads = await log.headsSince(idFrom(since));
    for (let i = 0; i < heads.length; i += ROOMS_AT_ONCE) {
      const some = heads.slice(i, i + ROOMS_AT_ONCE);
      const known = await search.marks(some.map(({ roomId }) => roomId));
      for (const { roomId, lastSeq } of some)
        if ((known.get(roomId)?.seq ?? 0) < lastSeq) this.want(roomId, lastSeq);
    }
    this.#isCaughtUp = true;
  }

  #entry(roomId: string, head: number): Waiting {
    const known = this.#waiting.get(roomId);
    const waiting = known ?? { head, since: this.#parts.clock.now(), messages: [] };
    waiting.head = Math.max(waiting.head, head);
    if (!known) this.#waiting.set(roomId, waiting);
    return waiting;
  }

  #drop(waiting: Waiting): void {
    this.#kept -= waiting.messages.length;
    waiting.messages = [];
  }

  #done(roomId: string, waiting: Waiting): void {
    this.#drop(waiting);
    if (this.#waiting.get(roomId) === waiting) this.#waiting.delete(roomId);
  }

  #soon(): void {
    if (this.#isQueued || this.#waiting.size === 0) return;
    this.#isQueued = true;
    void this.#alone(async () => {
      const started = performance.now();
      await this.#round().catch((error: unknown) =>
        this.#parts.reporter.problem('indexing messages for search', error),
      );
      // No work is waited for here, so that whoever needs the index gets in between.
      setTimeout(
        () => {
          this.#isQueued = false;
          if (this.#isAnyDue()) this.#soon();
        },
        (performance.now() - started) * REST,
      ).unref();
    });
  }

  #isAnyDue(): boolean {
    const now = this.#parts.clock.now();
    return [...this.#waiting.values()].some(waiting => this.#isDue(waiting, now));
  }

  #isDue({ since, messages }: Waiting, now: number): boolean {
    return messages.length >= SEGMENT || now - since >= this.#parts.interval;
  }

  /** One piece of work at a time: a node never gets in its own way. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(work);
    this.#work = turn.catch(() => undefined);
    return turn;
  }

  /** Some rooms and messages of what is due: whoever wants a room indexed at once comes between two rounds. */
  async #round(): Promise<void> {
    const now = this.#parts.clock.now();
    const due = [...this.#waiting].filter(([, waiting]) => this.#isDue(waiting, now)).slice(0, ROOMS_AT_ONCE);
    if (due.length > 0) await this.#index(due);
    if (now - this.#markedAt > MARK_EVERY) await this.#mark(now);
  }

  async #index(due: readonly [string, Waiting][]): Promise<void> {
    const marks = await this.#parts.stores.search.marks(due.map(([roomId]) => roomId));
    const segments: Segment[] = [];
    const reached: [string, Waiting, number][] = [];
    let total = 0;
    for (const [roomId, waiting] of due) {
      if (total >= AT_ONCE) break;
      const messages = await this.#next(roomId, waiting, marks.get(roomId)?.seq ?? 0);
      segments.push(...segmentsOf(roomId, messages));
      total += messages.length;
      // None: the room is gone, or a majority has not confirmed them yet and whoever stores next goes on there.
      reached.push([roomId, waiting, messages.at(-1)?.seq ?? Infinity]);
    }
    const taken = await this.#add(segments);
    for (const [roomId, waiting, upTo] of reached) {
      if (taken.has(roomId)) continue;
      if (upTo >= waiting.head) this.#done(roomId, waiting);
      else this.#shorten(waiting, upTo);
    }
  }

  #shorten(waiting: Waiting, upTo: number): void {
    const left = waiting.messages.filter(({ seq }) => seq > upTo);
    this.#kept -= waiting.messages.length - left.length;
    waiting.messages = left;
  }

  /** The messages behind the mark: those that are at hand, else from the log. */
  async #next(roomId: string, { messages, head }: Waiting, mark: number): Promise<readonly Message[]> {
    if (mark >= head) return [];
    const [first] = messages;
    if (first && first.seq <= mark + 1) return messages.filter(({ seq }) => seq > mark).slice(0, AT_ONCE);
    return this.#parts.stores.log.range(roomId, mark, Math.min(head, mark + AT_ONCE));
  }

  /** Stores segments and moves the marks; where another node was first, the marks go to the end of the chain. */
  async #add(segments: readonly Segment[]): Promise<Set<string>> {
    if (segments.length === 0) return new Set();
    const { search } = this.#parts.stores;
    const taken = await search.add(segments);
    await search.moveMarks(segments.filter(({ roomId }) => !taken.has(roomId)));
    for (const roomId of taken) await this.#follow(roomId);
    return taken;
  }

  async #follow(roomId: string): Promise<void> {
    const { search } = this.#parts.stores;
    for (let end = (await search.marks([roomId])).get(roomId)?.seq ?? 0; ;) {
      const chain = [];
      for (const segment of await search.chain(roomId, end, SEGMENT)) {
        if (segment.from !== end) continue;
        chain.push(segment);
        end = segment.to;
      }
      if (chain.length === 0) return;
      await search.moveMarks(chain);
    }
  }

  async #addKeys(message: Message): Promise<void> {
    const { roomId, seq } = message;
    const keys = keysOf(roomId, epochOf(seq), [message]);
    if (keys.length > 0) await this.#parts.stores.search.addKeys(roomId, seq, keys);
  }

  async #clean(message: Message): Promise<void> {
    const { log, search } = this.#parts.stores;
    const { roomId, seq } = message;
    for (const segment of await search.holding(roomId, seq)) {
      const messages = await log.range(roomId, segment.from, segment.to);
      // Where somebody changed the segment meanwhile, theirs is the later cleaning.
      await search.replaceKeys(segment, keysOf(roomId, epochOf(seq), messages));
    }
    // Another node's cleaning may have read the log before this text was in it.
    if (!message.deleted) await this.#addKeys(message);
  }

  /** A node that starts looks no further back than this: what was stored before is indexed. */
  async #mark(now: number): Promise<void> {
    if (!this.#isCaughtUp) return;
    this.#markedAt = now;
    const at = Math.min(now, ...[...this.#waiting.values()].map(({ since }) => since));
    if (at > 0) await this.#parts.stores.marks.write(MARK, new Date(at));
  }
}
