import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import { Roster, type RosterOptions } from '../roster/roster.ts';

const ROSTER = 'presence';
/** How often the directory learns that people are still there: what a crash makes "last seen" late by, in ms. */
const TOUCH_EVERY = 60_000;
/** Endings of connections are gathered for this long before they are written, in milliseconds. */
const GATHER = 500;
const AT_ONCE = 1_000;

/**
 * Who is connected, over all protocols, devices and nodes together. A protocol says when a connection of a user was
 * let in and when it ended; the first one of a user anywhere, and the end of the last, are told as `presence.changed`
 * on every node. Each user with a connection to this node is one entry of a roster, which travels over the bus.
 */
export class Presence {
  readonly #chat: Chat;
  readonly #roster: Roster;
  readonly #node = randomUUID().slice(0, 8);
  readonly #connections = new Map<string, number>();
  /** Whose last connection here ended, and when; not in the directory yet. */
  readonly #gone = new Map<string, number>();
  readonly #touching: NodeJS.Timeout;
  #writing: NodeJS.Timeout | null = null;

  constructor(chat: Chat, pace?: RosterOptions['pace']) {
    this.#chat = chat;
    this.#roster = new Roster(chat, { name: ROSTER, ...(pace ? { pace } : {}) });
    chat.events.on('roster.changed', ({ roster, was, now }) => {
      if (roster !== ROSTER || (was && now)) return;
      const userId = (was ?? now)!.room;
      const nodes = this.#roster.sizeOf(userId);
      const at = new Date(chat.clock.now());
      if (now && nodes === 1) chat.events.emit('presence.changed', { userId, online: true, at });
      if (was && nodes === 0) chat.events.emit('presence.changed', { userId, online: false, at });
    });
    this.#touching = setInterval(() => void this.#touchAll(), TOUCH_EVERY);
    this.#touching.unref();
  }

  connected(userId: string): void {
    const count = (this.#connections.get(userId) ?? 0) + 1;
    this.#connections.set(userId, count);
    if (count > 1) return;
    this.#gone.delete(userId);
    this.#roster.put({ id: this.#idOf(userId), room: userId, name: '', userId, kind: null, isOff: false });
  }

  /** To be called once for each `connected`. */
  disconnected(userId: string): void {
    const left = (this.#connections.get(userId) ?? 0) - 1;
    if (left > 0) {
      this.#connections.set(userId, left);
    } else if (this.#connections.delete(userId)) {
      this.#gone.set(userId, this.#chat.clock.now());
      this.#writing ??= setTimeout(() => void this.#writeGone(), GATHER).unref();
      this.#roster.drop(this.#idOf(userId));
    }
  }

  /** With a connection to any node. */
  isOnline(userId: string): boolean {
    return this.#roster.sizeOf(userId) > 0;
  }

  /** With a connection to another node than this one. */
  isElsewhere(userId: string): boolean {
    const here = this.#connections.has(userId) ? 1 : 0;
    return this.#roster.sizeOf(userId) > here;
  }

  /** When these people were last connected, whoever is offline; those who never were are absent. */
  async lastSeen(userIds: readonly string[]): Promise<Map<string, Date>> {
    const seen = new Map<string, Date>();
    if (userIds.length === 0) return seen;
    for (const { id, lastSeenAt } of await this.#chat.stores.users.byIds(userIds)) {
      const gone = this.#gone.get(id) ?? 0;
      if (lastSeenAt) seen.set(id, new Date(Math.max(gone, lastSeenAt.getTime())));
    }
    return seen;
  }

  /** Tells the other nodes, and writes what is gathered. */
  async stop(): Promise<void> {
    clearInterval(this.#touching);
    this.#roster.stop();
    await this.#writeGone();
  }

  #idOf(userId: string): string {
    return `${this.#node}:${userId}`;
  }

  async #writeGone(): Promise<void> {
    if (this.#writing) clearTimeout(this.#writing);
    this.#writing = null;
    const people = [...this.#gone];
    await this.#touch(people.map(([userId]) => userId));
    // Until it is written, who asks is told from here.
    for (const [userId, at] of people) if (this.#gone.get(userId) === at) this.#gone.delete(userId);
  }

  async #touchAll(): Promise<void> {
    await this.#touch([...this.#connections.keys()]);
  }

  async #touch(userIds: readonly string[]): Promise<void> {
    try {
      for (let i = 0; i < userIds.length; i += AT_ONCE) {
        const at = new Date(this.#chat.clock.now());
        await this.#chat.stores.users.touch(userIds.slice(i, i + AT_ONCE), at);
      }
    } catch (error) {
      this.#chat.reporter.problem('writing who was last seen when', error);
    }
  }
}
