import type { Message } from '../model.ts';
import type { FoundSegment, IndexMark, Place, SearchStore } from '../ports.ts';
import { epochOf, keyOf } from './grams.ts';
import type { Scope } from './scope.ts';
import { compareTo, placeOf } from './segments.ts';

/** An epoch of a room that may be looked through. */
interface Unit {
  roomId: string;
  epoch: number;
  /** None of its messages is newer. */
  top: Place;
}

export interface HuntParts {
  search: Pick<SearchStore, 'find'>;
  /** Those messages of these segments that were looked for, and how many were looked at. */
  read: (segments: readonly FoundSegment[]) => Promise<{ hits: Message[]; examined: number }>;
  scopes: readonly Scope[];
  marks: ReadonlyMap<string, IndexMark>;
  grams: readonly string[];
  /** What is newer is not looked for; what is older than `from` neither. */
  upTo: Place;
  from: Date | null;
}

export const NO_ID = 'f'.repeat(24);
export const END_OF_TIME: Place = { at: new Date(8_640_000_000_000_000), id: NO_ID };

/** Epochs of the first question; each further one is about four times as many. */
const UNITS = 256;
const MAX_KEYS = 20_000;
const SEGMENTS = 150;
const READ_AT_ONCE = 24;
/** Messages that one page looks at, but for what lies around its beginning. */
const BUDGET = 2_000;

const later = (a: Place | null, b: Place | null): Place | null =>
  a && b ? (compareTo(a, b) > 0 ? a : b) : (a ?? b);

/**
 * Looks for messages newest first: asks the index for one lot of epochs after the other, reads the segments that it
 * names, and knows at each moment down to which place nothing can come any more.
 */
export class Hunt {
  readonly #parts: HuntParts;
  readonly #units: Unit[];
  readonly #known = new Set<string>();
  readonly hits = new Map<string, Message>();
  #asked = 0;
  #lot = UNITS;
  #segments: FoundSegment[] = [];
  /** The index had more than it could name: from here on it has to be asked anew. */
  #cut: Place | null = null;
  #examined = 0;

  constructor(parts: HuntParts, tail: readonly Message[]) {
    this.#parts = parts;
    this.#units = unitsOf(parts).sort((a, b) => compareTo(b.top, a.top));
    this.#examined = tail.length;
  }

  /** Hunts until `wanted` hits are sure or enough was looked at. Null: there is no more than the hits. */
  async run(wanted: number): Promise<Place | null> {
    for (;;) {
      const bound = this.#bound();
      if (bound === null || (this.#parts.from && bound.at < this.#parts.from)) return null;
      if (this.#sure(bound) >= wanted || this.#cut === bound) return bound;
      if (this.#examined >= BUDGET && compareTo(bound, this.#parts.upTo) < 0) return bound;
      if (this.#segments[0] && bound === this.#segments[0].newest) await this.#read(bound);
      else await this.#ask();
    }
  }

  add(messages: readonly Message[]): void {
    for (const message of messages)
      if (compareTo(placeOf(message), this.#parts.upTo) <= 0) this.hits.set(message.id, message);
  }

  /** No message that is newer than this is missing among the hits. */
  #bound(): Place | null {
    const next = later(this.#segments[0]?.newest ?? null, this.#units[this.#asked]?.top ?? null);
    return later(this.#cut, next);
  }

  #sure(bound: Place): number {
    let count = 0;
    for (const message of this.hits.values()) if (compareTo(placeOf(message), bound) > 0) count++;
    return count;
  }

  async #ask(): Promise<void> {
    const { grams } = this.#parts;
    const lot = this.#units.slice(this.#asked, this.#asked + this.#lot);
    this.#asked += lot.length;
    this.#lot = Math.min(this.#lot * 4, Math.ceil(MAX_KEYS / grams.length));
    const keys = grams.map(gram => lot.map(({ roomId, epoch }) => keyOf(roomId, epoch, gram)));
    const found = await this.#find(keys);
    const rooms = new Set(lot.map(({ roomId }) => roomId));
    for (const segment of found) {
      const name = `${segment.roomId}-${segment.from}`;
      if (!rooms.has(segment.roomId) || this.#known.has(name)) continue;
      this.#known.add(name);
      this.#segments.push(segment);
    }
    this.#segments.sort((a, b) => compareTo(b.newest, a.newest));
  }

  async #find(keys: readonly number[][]): Promise<FoundSegment[]> {
    const { search, upTo, scopes } = this.#parts;
    // Segments around the place to start from are named in each page: they may not crowd out what follows.
    for (let limit = SEGMENTS + (upTo === END_OF_TIME ? 0 : scopes.length); ; limit *= 4) {
      const found = await search.find(keys, upTo, limit);
      const last = found.at(-1)?.newest;
      if (!last || found.length < limit) return found;
      if (compareTo(last, upTo) >= 0) continue;
      this.#cut = later(this.#cut, last);
      return found;
    }
  }

  async #read(bound: Place): Promise<void> {
    const next = later(this.#cut, this.#units[this.#asked]?.top ?? null);
    const some = this.#segments
      .slice(0, READ_AT_ONCE)
      .filter(({ newest }) => newest === bound || !next || compareTo(newest, next) > 0);
    this.#segments = this.#segments.slice(some.length);
    const { hits, examined } = await this.#parts.read(some);
    this.#examined += examined;
    this.add(hits);
  }
}

function unitsOf({ scopes, marks, from }: HuntParts): Unit[] {
  return scopes.flatMap(({ roomId, floor, head }) => {
    const mark = marks.get(roomId);
    const last = mark ? epochOf(Math.min(mark.seq, head)) : -1;
    const units: Unit[] = [];
    for (let epoch = epochOf(floor + 1); epoch <= last; epoch++) {
      const at = mark!.tops.get(epoch) ?? END_OF_TIME.at;
      if (!from || at >= from) units.push({ roomId, epoch, top: { at, id: NO_ID } });
    }
    return units;
  });
}
