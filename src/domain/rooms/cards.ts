import { LRUCache } from 'lru-cache';
import type { Member, Room } from '../model.ts';
import type { Stores } from '../ports.ts';

/** What a long room list shows of a room that is not in this node's hands. */
export interface RoomCard {
  room: Room;
  masters: Member[];
}

/**
 * Rooms as the store has them, for lists that are too long to load every member. Short-lived: a card may be a few
 * seconds old, and a room that is live on this node is never taken from here.
 */
export class CardCache {
  readonly #cards = new LRUCache<string, RoomCard>({ max: 50_000, ttl: 3_000 });
  readonly #stores: Pick<Stores, 'rooms' | 'members'>;

  constructor(stores: Pick<Stores, 'rooms' | 'members'>) {
    this.#stores = stores;
  }

  forget(roomId: string): void {
    this.#cards.delete(roomId);
  }

  /** Cards by room id, with two queries for all that are missing; unknown ids are absent. */
  async many(ids: readonly string[]): Promise<Map<string, RoomCard>> {
    const found = new Map<string, RoomCard>();
    const missing: string[] = [];
    for (const id of ids) {
      const card = this.#cards.get(id);
      if (card) found.set(id, card);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const [rooms, masters] = await Promise.all([
      this.#stores.rooms.byIds(missing),
      this.#stores.members.mastersOf(missing),
    ]);
    for (const room of rooms) {
      const card: RoomCard = { room, masters: [] };
      found.set(room.id, card);
      this.#cards.set(room.id, card);
    }
    for (const master of masters) found.get(master.roomId)?.masters.push(master);
    return found;
  }
}
