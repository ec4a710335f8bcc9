import type { LiveRoom } from './live.ts';

/** Loads rooms with their members; unknown ids are simply absent from the result. */
export type RoomLoader = (ids: readonly string[]) => Promise<LiveRoom[]>;

/**
 * The rooms in memory on this node: each is loaded once however many ask for it at the same time, and the least
 * recently used idle ones are forgotten when there are too many.
 */
export class RoomRegistry {
  readonly #rooms = new Map<string, LiveRoom>();
  readonly #weights = new Map<string, number>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #load: RoomLoader;
  readonly #maxMembers: number;
  #memberTotal = 0;

  /** `maxMembers`: memberships kept in memory, over all rooms (about 400 bytes each). */
  constructor(load: RoomLoader, maxMembers = 500_000) {
    this.#load = load;
    this.#maxMembers = maxMembers;
  }

  get size(): number {
    return this.#rooms.size;
  }

  all(): IterableIterator<LiveRoom> {
    return this.#rooms.values();
  }

  /** The room if it is in memory. */
  peek(id: string): LiveRoom | undefined {
    return this.#rooms.get(id);
  }

  async get(id: string): Promise<LiveRoom | undefined> {
    return this.#rooms.get(id) ?? (await this.many([id]))[0];
  }

  /** Those of these rooms that exist, in the given order, with one load for all that are missing. */
  async many(ids: readonly string[]): Promise<LiveRoom[]> {
    const missing = ids.filter(id => !this.#rooms.has(id));
    if (missing.length > 0) await this.#loadMissing(missing);
    return ids.flatMap(id => this.#rooms.get(id) ?? []);
  }

  /** A room that was just made here. */
  add(live: LiveRoom): void {
    this.#keep(live);
  }

  forget(id: string): void {
    if (!this.#rooms.delete(id)) return;
    this.#memberTotal -= this.#weights.get(id)!;
    this.#weights.delete(id);
  }

  async #loadMissing(missing: readonly string[]): Promise<void> {
    const fresh = missing.filter(id => !this.#loading.has(id));
    const waits = new Set(missing.flatMap(id => this.#loading.get(id) ?? []));
    if (fresh.length > 0) {
      const loading = this.#load(fresh)
        .then(rooms => rooms.forEach(live => this.#keep(live)))
        .finally(() => fresh.forEach(id => this.#loading.delete(id)));
      for (const id of fresh) this.#loading.set(id, loading);
      waits.add(loading);
    }
    await Promise.all(waits);
  }

  #keep(live: LiveRoom): void {
    if (this.#rooms.has(live.id)) return;
    const weight = 1 + live.members.size;
    this.#rooms.set(live.id, live);
    this.#weights.set(live.id, weight);
    this.#memberTotal += weight;
    if (this.#memberTotal > this.#maxMembers) this.#evict(live);
  }

  /** Rooms come back in the order of their loading; a busy one is never idle, so plain age is a fair order. */
  #evict(keep: LiveRoom): void {
    for (const live of this.#rooms.values()) {
      if (this.#memberTotal <= this.#maxMembers * 0.9) break;
      if (live !== keep && live.idle) this.forget(live.id);
    }
  }
}
