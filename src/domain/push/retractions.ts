import type { Chat } from '../chat.ts';
import type { Member, Message } from '../model.ts';
import type { Shown, ShownQuery } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { asRetraction, type Task } from './courier.ts';

/** Readings that come within this time are looked up together, in milliseconds. */
const GATHER = 100;
const AT_ONCE = 500;
/** Lookups that may wait; beyond them what is shown stays until the app is opened. */
const MAX_WAITING = 10_000;

/**
 * Takes away what devices show of messages that were read elsewhere, deleted or hidden, and of rooms that somebody is
 * not in any more. What is shown is known from the store, each entry is taken out of it by one node alone, and where
 * nothing is shown nothing is sent.
 */
export class Retractions {
  readonly #chat: Chat;
  readonly #deliver: (tasks: Task[]) => Promise<void>;
  /** Room -> user -> read up to. */
  #reads = new Map<string, Map<string, number>>();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(chat: Chat, deliver: (tasks: Task[]) => Promise<void>) {
    this.#chat = chat;
    this.#deliver = deliver;
  }

  /** Lookups that wait or are under way. */
  get waiting(): number {
    return this.#waiting + (this.#timer ? 1 : 0);
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    if (this.#timer) this.#flushReads();
    await this.#working;
  }

  afterReading(roomId: string, userId: string, seq: number): void {
    const inRoom = this.#reads.get(roomId) ?? new Map<string, number>();
    this.#reads.set(roomId, inRoom.set(userId, Math.max(seq, inRoom.get(userId) ?? 0)));
    this.#timer ??= setTimeout(() => this.#flushReads(), GATHER);
  }

  /** Messages that were stored here: their authors have read up to them, and who left is shown nothing more. */
  afterMessages(live: LiveRoom, own: readonly Message[], left: readonly Member[]): void {
    if (own.length === 0) return;
    for (const { author, seq } of own) {
      const member = live.members.get(author.authorId);
      const hasRead = member !== undefined && member.lastReadSeq >= seq;
      // Whoever views the room had it read before.
      if (hasRead && !live.viewers.has(member.userId)) this.afterReading(live.id, member.userId, seq);
    }
    if (left.length > 0) this.#take({ roomIds: [live.id], userIds: left.map(({ userId }) => userId) });
  }

  ofMessage(roomId: string, messageId: string, userId?: string): void {
    this.#take({ roomIds: [roomId], messageId, ...(userId === undefined ? {} : { userIds: [userId] }) });
  }

  ofRoom(roomId: string): void {
    this.#take({ roomIds: [roomId] });
  }

  #flushReads(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const reads = this.#reads;
    this.#reads = new Map();
    const userIds = new Set([...reads.values()].flatMap(inRoom => [...inRoom.keys()]));
    this.#take(
      { roomIds: [...reads.keys()], userIds: [...userIds] },
      ({ roomId, userId, seq }) => seq <= (reads.get(roomId)?.get(userId) ?? 0),
    );
  }

  #take(query: ShownQuery, fits: (shown: Shown) => boolean = () => true): void {
    if (this.#waiting >= MAX_WAITING) return;
    this.#waiting++;
    this.#working = this.#working.then(async () => {
      try {
        const { push } = this.#chat.stores;
        const shown = (await push.shown(query)).filter(fits);
        for (let i = 0; i < shown.length; i += AT_ONCE) {
          const taken = await push.take(shown.slice(i, i + AT_ONCE));
          if (taken.length > 0) await this.#deliver(taken.map(asRetraction));
        }
      } catch (error) {
        this.#chat.reporter.problem('taking pushes away', error);
      } finally {
        this.#waiting--;
      }
    });
  }
}
