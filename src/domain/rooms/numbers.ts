import { LRUCache } from 'lru-cache';
import { ChatError } from '../errors.ts';
import type { RoomStore } from '../ports.ts';

const CACHED = 50_000;

/** The small numbers by which protocols 2 to 4 name rooms. A number is never given to another room. */
export class RoomNumbers {
  readonly #rooms: Pick<RoomStore, 'idByNo'>;
  readonly #ids = new LRUCache<number, string>({ max: CACHED });

  constructor(rooms: Pick<RoomStore, 'idByNo'>) {
    this.#rooms = rooms;
  }

  /** The id of a room by its `no`. Errors: ROOM_NO_EXISTS, also for what is no number at all. */
  async idOf(no: string | number): Promise<string> {
    const number = typeof no === 'number' ? no : /^[1-9]\d{0,15}$/.test(no) ? Number(no) : Number.NaN;
    if (!Number.isSafeInteger(number) || number < 1) throw new ChatError('ROOM_NO_EXISTS');
    const known = this.#ids.get(number);
    if (known !== undefined) return known;
    const id = await this.#rooms.idByNo(number);
    if (id === null) throw new ChatError('ROOM_NO_EXISTS');
    this.#ids.set(number, id);
    return id;
  }
}
