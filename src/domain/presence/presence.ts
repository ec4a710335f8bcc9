import type { Events } from '../events.ts';

/**
 * Who is connected to this node, over all protocols together. A protocol says when a connection of a user was let in
 * and when it ended; the first and the last one of a user are told as `presence.changed`.
 */
export class Presence {
  readonly #events: Events;
  readonly #connections = new Map<string, number>();

  constructor(events: Events) {
    this.#events = events;
  }

  connected(userId: string): void {
    const count = (this.#connections.get(userId) ?? 0) + 1;
    this.#connections.set(userId, count);
    if (count === 1) this.#events.emit('presence.changed', { userId, online: true });
  }

  /** To be called once for each `connected`. */
  disconnected(userId: string): void {
    const left = (this.#connections.get(userId) ?? 0) - 1;
    if (left > 0) {
      this.#connections.set(userId, left);
    } else if (this.#connections.delete(userId)) {
      this.#events.emit('presence.changed', { userId, online: false });
    }
  }

  isOnline(userId: string): boolean {
    return this.#connections.has(userId);
  }
}
