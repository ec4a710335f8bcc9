import type { Message } from '../model.ts';

/** What waits to be pushed in one room. */
export interface Job {
  roomId: string;
  /** Newest first: the newest, and the newest of another author, who gets no push of their own. */
  messages: Message[];
  /** The `seq` of the first message that waited. */
  first: number;
  /** Milliseconds; not before. */
  from: number;
  /** Only these people; null: all members. */
  only: Set<string> | null;
}

/** Rooms that may wait; of more the oldest are given up. About a kilobyte each. */
const MAX_ROOMS = 20_000;

/**
 * Messages that wait to be pushed, by room, the oldest first. A room waits once: newer messages take the place of
 * older ones, so a flood costs one push per room and receiver, and memory has a bound.
 */
export class Waiting {
  readonly #jobs = new Map<string, Job>();
  readonly #max: number;
  readonly #onGivenUp: (job: Job) => void;

  constructor(onGivenUp: (job: Job) => void, max = MAX_ROOMS) {
    this.#onGivenUp = onGivenUp;
    this.#max = max;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** When the next one of a room that is not busy is due, in milliseconds; Infinity: none. */
  nextAt(isBusy: (roomId: string) => boolean): number {
    let at = Infinity;
    for (const { roomId, from } of this.#jobs.values()) if (!isBusy(roomId)) at = Math.min(at, from);
    return at;
  }

  /**
   * `from`: not before. `only`: some people alone, who wait apart from the rest of the room. Returns false when the
   * room waited already.
   */
  add(
    roomId: string,
    messages: readonly Message[],
    from: number,
    only: Iterable<string> | null = null,
  ): boolean {
    const key = only ? `${roomId} some` : roomId;
    const job = this.#jobs.get(key);
    if (!job) {
      const first = Math.min(...messages.map(({ seq }) => seq));
      this.#jobs.set(key, {
        roomId,
        messages: newestOfTwo(messages),
        first,
        from,
        only: only && new Set(only),
      });
      if (this.#jobs.size > this.#max) this.#giveUpOldest();
      return true;
    }
    for (const userId of only ?? []) job.only!.add(userId);
    job.messages = newestOfTwo([...job.messages, ...messages]);
    return false;
  }

  /** Takes jobs that are due, of rooms that are not busy, until there are enough. */
  take(now: number, enough: number, isBusy: (roomId: string) => boolean): Job[] {
    const taken: Job[] = [];
    for (const [key, job] of this.#jobs) {
      if (taken.length >= enough) break;
      if (job.from > now || isBusy(job.roomId)) continue;
      this.#jobs.delete(key);
      taken.push(job);
    }
    return taken;
  }

  /** A message was edited or deleted: it is pushed as it is now, or not at all. */
  replace(message: Message): void {
    for (const key of [message.roomId, `${message.roomId} some`]) {
      const job = this.#jobs.get(key);
      if (job) job.messages = job.messages.map(known => (known.id === message.id ? message : known));
    }
  }

  #giveUpOldest(): void {
    const [key, job] = this.#jobs.entries().next().value!;
    this.#jobs.delete(key);
    this.#onGivenUp(job);
  }
}

/** The newest, and the newest that is not of the same author. */
export function newestOfTwo(messages: readonly Message[]): Message[] {
  const [newest, ...others] = messages.toSorted((a, b) => b.seq - a.seq);
  const other = others.find(({ author }) => author.authorId !== newest!.author.authorId);
  return other ? [newest!, other] : [newest!];
}
