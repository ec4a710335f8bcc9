import { LRUCache } from 'lru-cache';
import type { Room } from '../model.ts';
import type { Stores, StreamDraft } from '../ports.ts';
import { createdDrafts, createdId, roomCreatedId, roomDraft } from './drafts.ts';

/** Something to be told, or (`upTo`) the news that a room's log reaches at least to there. */
export type Note = StreamDraft | { upTo: number; roomId: string };

type Sources = Pick<Stores, 'events' | 'log' | 'rooms'>;

const ROOMS_KNOWN = 50_000;
const PAGE = 200;

/**
 * Puts notes into the order in which they are told: in each room that of the log, without a hole. What other nodes
 * stored, or a crash kept from being noted, is read from the log. What was told stays told, so what is remembered
 * here can be old but never wrong.
 */
export class Completer {
  readonly #stores: Sources;
  /** Room -> the highest `seq` known to be in the stream. */
  readonly #told = new LRUCache<string, number>({ max: ROOMS_KNOWN });

  constructor(stores: Sources) {
    this.#stores = stores;
  }

  /** `floor`: what is older was told, or is not to be told any more. */
  async complete(notes: readonly Note[], floor: Date): Promise<StreamDraft[]> {
    const told = await this.#startingPoints(notes, floor);
    const drafts: StreamDraft[] = [];
    for (const note of notes) {
      const { roomId } = note;
      const seq = placeOf(note);
      const before = told.get(roomId);
      if (seq !== null && before !== undefined) {
        if (isOfLog(note) && seq <= before) continue;
        const upTo = isOfLog(note) ? seq - 1 : seq;
        if (upTo > before) drafts.push(...(await this.#fromLog(roomId, before, upTo)));
        told.set(roomId, Math.max(before, isCreated(note) ? seq : upTo));
      }
      if ('event' in note) drafts.push(note);
    }
    return unique(drafts);
  }

  /** These are in the stream now. */
  remember(drafts: readonly StreamDraft[]): void {
    for (const { event, roomId, seq } of drafts) {
      if (event === 'message.created' && seq! > (this.#told.get(roomId) ?? 0)) this.#told.set(roomId, seq!);
      if (event === 'room.deleted') this.#told.delete(roomId);
    }
  }

  /** For each room of the notes the place up to which it was told. */
  async #startingPoints(notes: readonly Note[], floor: Date): Promise<Map<string, number>> {
    const told = new Map<string, number>();
    const open = new Map<string, number>();
    for (const note of notes) {
      const seq = placeOf(note);
      if (seq === null || told.has(note.roomId) || open.has(note.roomId)) continue;
      const known = this.#told.get(note.roomId);
      if (known !== undefined) told.set(note.roomId, known);
      else open.set(note.roomId, isOfLog(note) ? seq - 1 : seq);
    }
    if (open.size === 0) return told;
    const ids = [...open].map(([roomId, seq]) =>
      seq === 0 ? roomCreatedId(roomId) : createdId(roomId, seq),
    );
    const known = await this.#stores.events.known(ids);
    for (const [i, [roomId, seq]] of [...open].entries())
      told.set(roomId, known.has(ids[i]!) ? seq : await this.#walkBack(roomId, seq, floor));
    return told;
  }

  /** The highest place at or below `seq` that was told or is older than what is to be told. */
  async #walkBack(roomId: string, seq: number, floor: Date): Promise<number> {
    for (let to = seq; to > 0; to -= PAGE) {
      const page = await this.#stores.log.range(roomId, Math.max(0, to - PAGE), to);
      const known = await this.#stores.events.known(page.map(message => createdId(roomId, message.seq)));
      const last = page.findLast(
        message => message.createdAt < floor || known.has(createdId(roomId, message.seq)),
      );
      if (last) return last.seq;
      // The room is gone from the log: nothing can be added.
      if (page.length === 0) return seq;
    }
    return 0;
  }

  async #fromLog(roomId: string, from: number, to: number): Promise<StreamDraft[]> {
    const [room] = await this.#stores.rooms.byIds([roomId]);
    const drafts: StreamDraft[] = from === 0 && room ? [roomDraft('room.created', room, room.createdAt)] : [];
    for (let at = from; at < to; at += PAGE) {
      const page = await this.#stores.log.range(roomId, at, Math.min(to, at + PAGE));
      drafts.push(...page.flatMap(message => createdDrafts(message, linkOf(room))));
    }
    return drafts;
  }
}

const linkOf = (room: Room | undefined): string | null => room?.link?.sid ?? null;

/** A message, or what it does to members: told in the place of the message, and never twice. */
const isOfLog = (note: Note): boolean =>
  'event' in note && (note.event === 'message.created' || note.event.startsWith('member.'));

const isCreated = (note: Note): boolean => 'event' in note && note.event === 'message.created';

function placeOf(note: Note): number | null {
  if ('upTo' in note) return note.upTo;
  return note.seq;
}

const unique = (drafts: readonly StreamDraft[]): StreamDraft[] => [
  ...new Map(drafts.map(draft => [draft.id, draft])).values(),
];
