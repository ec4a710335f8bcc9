import type { Message, MessageType } from '../model.ts';

/** Why an ordered append stopped: `stored` messages before `at` are in the log, the rest is not. */
export interface AppendOutcome {
  stored: number;
  /** The unique key that the message at index `stored` ran into; absent when all are stored. */
  collision?: 'seq' | 'syncKey' | 'id';
  /** The index of a message that the store will never take, whatever is tried. */
  refused?: number;
}

/** A message that somebody's unread count leaves out. `for: null`: everybody's (it is deleted). */
export interface Uncounted {
  seq: number;
  for: string | null;
}

export const GALLERY_KINDS = ['PHOTO', 'VIDEO', 'FILE', 'LINK'] as const;
/** What a gallery shows: files of a type, or texts with addresses in them. */
export type GalleryKind = (typeof GALLERY_KINDS)[number];

/** A message that mentions people. */
export interface Mention {
  seq: number;
  userIds: string[];
}

/** Messages of a room with `after < seq <= upTo`. */
export interface SeqRange {
  roomId: string;
  after: number;
  upTo: number;
}

/** The log of messages. Reads see only what a majority has confirmed, and give replies their `quote`. */
export interface MessageLog {
  /** One ordered insert, majority and journal. Throws when the outcome is unknown. */
  append(messages: readonly Message[]): Promise<AppendOutcome>;
  /** Messages with `from < seq <= to`, oldest first. */
  range(roomId: string, from: number, to: number): Promise<Message[]>;
  /** The next messages after `seq`, oldest first. */
  after(roomId: string, seq: number, limit: number): Promise<Message[]>;
  /** Messages of one type, `from < seq < to`; the `limit` newest (or oldest) of them, in that order. */
  ofType(
    roomId: string,
    type: MessageType,
    range: { from: number; to: number; order: 'newest' | 'oldest'; limit: number },
  ): Promise<Message[]>;
  /** The newest of one kind with `from < seq < before`, without deleted ones, newest first. */
  gallery(
    roomId: string,
    kind: GalleryKind,
    range: { from: number; before: number; limit: number },
  ): Promise<Message[]>;
  /** The messages of several ranges `from < seq <= to`, in any order. */
  ranges(ranges: readonly { roomId: string; from: number; to: number }[]): Promise<Message[]>;
  byId(id: string): Promise<Message | null>;
  bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<Message | null>;
  /** The highest `seq` and the newest id of each room written to since the id `sinceId`, with the authors' own heads. */
  headsSince(sinceId: string): Promise<{ roomId: string; lastSeq: number }[]>;
  /** What unread counts leave out, newest first, at most `limit` of it in all; deleted ones are everybody's. */
  uncounted(
    rooms: readonly { roomId: string; after: number }[],
    limit: number,
  ): Promise<(Uncounted & { roomId: string })[]>;
  /** Messages that mention somebody and are not deleted, newest first, at most `limit` in all. */
  mentions(
    rooms: readonly { roomId: string; after: number }[],
    limit: number,
  ): Promise<(Mention & { roomId: string })[]>;
  /** Per room, how many messages this person's unread count leaves out. Rooms without any may be absent. */
  uncountedOf(userId: string, ranges: readonly SeqRange[]): Promise<Map<string, number>>;
  /** Per room, how many messages mention this person. */
  mentionsOf(userId: string, ranges: readonly SeqRange[]): Promise<Map<string, number>>;
  /** Per room, how many messages this person wrote that nothing else leaves out of their unread count. */
  ownOf(userId: string, ranges: readonly SeqRange[]): Promise<Map<string, number>>;
  /** Per room, how many of these messages would count as unread for this person, or as mentions. */
  countingOf(
    userId: string,
    messageIds: readonly string[],
  ): Promise<Map<string, { unread: number; mentions: number }>>;
  /** In no order; unknown ids are absent. */
  byIds(ids: readonly string[]): Promise<Message[]>;
  /** Messages of these rooms that were changed at or after `since`, oldest change first. */
  changedSince(
    rooms: readonly { roomId: string; after: number }[],
    since: Date,
    skip: number,
    limit: number,
  ): Promise<Message[]>;
  /** Nick and picture of this author are gone from all messages. */
  eraseAuthor(userId: string): Promise<void>;
  removeRoom(roomId: string): Promise<void>;
}
