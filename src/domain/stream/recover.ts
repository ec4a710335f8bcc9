import type { Chat } from '../chat.ts';
import { idFrom } from '../ids.ts';
import type { StreamDraft } from '../ports.ts';
import type { Note } from './complete.ts';
import { changedDraft, createdId, roomDraft } from './drafts.ts';

/** Before this point in time nothing is missing in the stream. */
const MARK = 'events-told';
/** Clocks of nodes may differ by this much, and so long may a store take, in milliseconds. */
const SLACK = 60_000;
/** A removal that was announced this long ago and is not told was cut short. */
const ABANDONED = 30_000;
const AT_ONCE = 500;

/** Compares the stream with the log and the rooms: what happened and was never noted is told after all. */
export class Recovery {
  readonly #chat: Chat;
  #nextAt = 0;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** Whether no node has compared for so long, in milliseconds. */
  async isDue(interval: number): Promise<boolean> {
    const now = this.#chat.clock.now();
    if (now < this.#nextAt) return false;
    const mark = (await this.#chat.stores.marks.read(MARK))?.getTime() ?? 0;
    this.#nextAt = mark + interval;
    return now >= this.#nextAt;
  }

  /** Gives what is missing since the last time, but nothing before `floor`, to `tell`. Throws when the store does not answer. */
  async find(floor: Date, tell: (notes: Note[]) => Promise<void>): Promise<void> {
    const { marks } = this.#chat.stores;
    const startedAt = this.#chat.clock.now();
    const mark = await marks.read(MARK);
    const since = new Date(Math.max(floor.getTime(), (mark?.getTime() ?? 0) - SLACK));
    await tell(await this.#rooms(since));
    await this.#messages(since, tell);
    await this.#changes(since, tell);
    await tell(await this.#removals(startedAt));
    await marks.write(MARK, new Date(startedAt));
  }

  async #rooms(since: Date): Promise<Note[]> {
    const notes: StreamDraft[] = [];
    for (const { room, settingsAt } of await this.#chat.stores.events.changedRooms(since)) {
      if (room.createdAt >= since) notes.push(roomDraft('room.created', room, room.createdAt));
      if (settingsAt && settingsAt >= since) notes.push(roomDraft('room.updated', room, settingsAt));
    }
    return this.#unknown(notes);
  }

  async #messages(since: Date, tell: (notes: Note[]) => Promise<void>): Promise<void> {
    const heads = await this.#chat.stores.log.headsSince(idFrom(since));
    for (let i = 0; i < heads.length; i += AT_ONCE) {
      const some = heads.slice(i, i + AT_ONCE);
      const known = await this.#chat.stores.events.known(
        some.map(({ roomId, lastSeq }) => createdId(roomId, lastSeq)),
      );
      const behind = some.filter(({ roomId, lastSeq }) => !known.has(createdId(roomId, lastSeq)));
      await tell(behind.map(({ roomId, lastSeq }) => ({ roomId, upTo: lastSeq })));
    }
  }

  async #changes(since: Date, tell: (notes: Note[]) => Promise<void>): Promise<void> {
    for (let skip = 0; ; skip += AT_ONCE) {
      const changed = await this.#chat.stores.events.changedMessages(since, skip, AT_ONCE);
      const rooms = await this.#chat.stores.rooms.byIds([...new Set(changed.map(({ roomId }) => roomId))]);
      const links = new Map(rooms.map(room => [room.id, room.link?.sid ?? null]));
      const notes = changed.flatMap(
        message => changedDraft(message, links.get(message.roomId) ?? null) ?? [],
      );
      await tell(await this.#unknown(notes));
      if (changed.length < AT_ONCE) return;
    }
  }

  /** A removal that was cut short did happen if the room is gone. */
  async #removals(now: number): Promise<Note[]> {
    const { events, rooms } = this.#chat.stores;
    const drafts = await events.removals(new Date(now - ABANDONED));
    const left = new Set((await rooms.byIds(drafts.map(({ roomId }) => roomId))).map(room => room.id));
    for (const roomId of left) await events.dropRemoval(roomId);
    const gone = drafts.filter(({ roomId }) => !left.has(roomId));
    const fresh = await this.#unknown(gone);
    for (const draft of gone) if (!fresh.includes(draft)) await events.dropRemoval(draft.roomId);
    return fresh;
  }

  async #unknown<N extends Extract<Note, { id: string }>>(notes: readonly N[]): Promise<N[]> {
    if (notes.length === 0) return [];
    const known = await this.#chat.stores.events.known(notes.map(({ id }) => id));
    return notes.filter(({ id }) => !known.has(id));
  }
}
