/** The place of a message among all: newest first is by time, then by id. */
export interface Place {
  at: Date;
  /** 24 hex digits. */
  id: string;
}

/**
 * Some messages of a room that follow each other (`from < seq <= to`, of one epoch), with the keys of all of them.
 * The segments of a room form a chain without a hole: each begins where another one ends.
 */
export interface Segment {
  roomId: string;
  from: number;
  to: number;
  /** The places of its newest and its oldest message. */
  newest: Place;
  oldest: Place;
  keys: number[];
}

/** How far a room is indexed. */
export interface IndexMark {
  /** Everything up to here is in segments. */
  seq: number;
  /** The time of the newest message of each epoch, as far as it is indexed. */
  tops: ReadonlyMap<number, Date>;
}

export type FoundSegment = Omit<Segment, 'keys'>;

/** What search is served from. It may be behind the log, and says how far. */
export interface SearchStore {
  /** Marks by room id; rooms of which nothing is indexed are absent. */
  marks(roomIds: readonly string[]): Promise<Map<string, IndexMark>>;
  /** Stores segments; returns the rooms in which the place of one was taken. */
  add(segments: readonly Segment[]): Promise<Set<string>>;
  /** The segments of a room from this place of the chain on, in order. */
  chain(roomId: string, from: number, limit: number): Promise<FoundSegment[]>;
  /** The marks of the rooms of these segments go forward to their ends, never back. */
  moveMarks(segments: readonly FoundSegment[]): Promise<void>;
  /**
   * Segments that have a key of each group and a message that is not newer than `upTo`, newest first. Keys are
   * hashes: the caller looks whether a segment is of a room that was meant. Throws TEMPORARILY_UNAVAILABLE when it
   * takes too long.
   */
  find(keys: readonly (readonly number[])[], upTo: Place, limit: number): Promise<FoundSegment[]>;
  /** The segments that hold this message, with their version. */
  holding(roomId: string, seq: number): Promise<(FoundSegment & { version: number })[]>;
  /** The segments that hold this message get these keys too. */
  addKeys(roomId: string, seq: number, keys: readonly number[]): Promise<void>;
  /** Replaces the keys of a segment; false when it was changed since it had this version. */
  replaceKeys(segment: FoundSegment & { version: number }, keys: readonly number[]): Promise<boolean>;
  removeRoom(roomId: string): Promise<void>;
}
