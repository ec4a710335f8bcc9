import type { ErrorCode } from '../errors.ts';
import type { Link, Member, Message, Room } from '../model.ts';
import type { AppendOutcome } from './log.ts';

/**
 * `receiving`: the body is coming in. `waiting`: nobody works on it yet. `done`: every line was looked at, whatever
 * became of it. `failed`: it cannot be gone on with; `failure` says why.
 */
export type ImportState = 'receiving' | 'waiting' | 'running' | 'done' | 'failed';

/** Lines by what became of them; `skipped` are those whose message or room is there already. */
export interface ImportCounts {
  users: number;
  rooms: number;
  messages: number;
  skipped: number;
  errors: number;
}

export interface ImportFault {
  /** 1 is the first line of the file. */
  line: number;
  code: ErrorCode;
  message: string;
}

/** How far an import is: written behind each page of lines, so that another node can go on there. */
export interface ImportProgress {
  /** Lines that are done, and the byte at which the next one begins. */
  line: number;
  offset: number;
  counts: ImportCounts;
  /** The first of them; `counts.errors` has the number of all. */
  errors: ImportFault[];
}

export interface Import extends ImportProgress {
  readonly id: string;
  /** The key that brought it, and the links that this key may touch (null: all). */
  readonly keyId: string;
  readonly links: readonly string[] | null;
  /** Everything is checked, nothing is written. */
  readonly validate: boolean;
  state: ImportState;
  failure: ErrorCode | null;
  /** Bytes of the body. */
  size: number;
  /** Attempts since it last got on. */
  tries: number;
  readonly createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** Jobs of imports. `holder` is whoever works on one: what somebody else says of it has no effect. */
export interface ImportStore {
  begin(entry: Import, holder: string, until: Date): Promise<void>;
  byId(id: string): Promise<Import | null>;
  /** The body is stored: whoever comes first may work on it. False when it was given up meanwhile. */
  received(id: string, size: number): Promise<boolean>;
  /** Nobody will work on a body that did not come whole. */
  abandon(id: string, at: Date): Promise<void>;
  /** How many of a key are neither done nor failed. */
  unfinished(keyId: string): Promise<number>;
  /** The oldest that waits, or one whose holder is silent since before `now`; it is the caller's until `until`. */
  claim(holder: string, now: Date, until: Date): Promise<Import | null>;
  renew(id: string, holder: string, until: Date): Promise<boolean>;
  /** False when somebody else has it by now. */
  save(id: string, holder: string, progress: ImportProgress): Promise<boolean>;
  /** Gives it back; nobody takes it before `until`. */
  release(id: string, holder: string, until: Date): Promise<void>;
  finish(
    id: string,
    holder: string,
    end: { state: 'done' | 'failed'; failure: ErrorCode | null; at: Date },
  ): Promise<boolean>;
  /** Bodies whose receiving node is silent since before `now`. */
  broken(now: Date): Promise<string[]>;
}

/** A room and what an import knows of it. */
export interface ImportedRoom {
  roomId: string;
  /** Null: it did not come with an import. */
  key: string | null;
  /** Null: no import is at work in it. */
  importing: RoomImport | null;
  /** The room is found by nobody yet. */
  isHidden: boolean;
}

/** What a room keeps while messages are imported into it. */
export interface RoomImport {
  importId: string;
  /** The line that opened it. */
  line: number;
  /** The room was there before: how it was frozen then; null for a room that the import made. */
  before: { isFreezed: boolean; freezingReasonCode: string | null } | null;
  /** How far members have read, where the file says so: a number of messages, or the key of one. */
  reads: { userId: string; upTo: number | string }[];
  /** Reads and head are stored, members can see it: only the mark is left. */
  isOpen: boolean;
}

/** How a room is found again: keys are unique within a scope (a link, or the platform key). */
export interface ImportKey {
  scope: string;
  key: string;
}

export interface ImportedMessage {
  id: string;
  roomId: string;
  seq: number;
  syncKey: string;
}

/** Rooms and messages in the making: what no other store shows. */
export interface ImportRoomStore {
  /** Stores a new room and its members, found by nobody; false when the key has a room already. May be repeated. */
  make(room: Room, key: ImportKey, mark: RoomImport, members: readonly Member[]): Promise<boolean>;
  byKey(key: ImportKey): Promise<ImportedRoom | null>;
  /** The room with this key into which this import writes. */
  inHand(importId: string, key: string): Promise<ImportedRoom | null>;
  /** The DIRECT room of these two, be it hidden. */
  direct(membersKey: string, link: Link | null): Promise<ImportedRoom | null>;
  /** Marks a room that nobody else imports into than `instead`; false when somebody does. */
  mark(roomId: string, key: ImportKey, mark: RoomImport, instead: string | null): Promise<boolean>;
  /** Rooms of an import that are not finished, in the order of their ids, after `after`. */
  marked(importId: string, after: string | null, limit: number): Promise<ImportedRoom[]>;
  /** The mark is all that is left: it goes. */
  unmark(roomIds: readonly string[]): Promise<void>;
  /** Members have read so far, and the room shows its head; it is found from now on. */
  open(roomId: string, end: { last: Message | null; at: Date; thaw: RoomImport['before'] }): Promise<void>;
  /** Everybody but `except` has read all. */
  readAll(roomId: string, last: Message, except: readonly string[]): Promise<void>;
  /** One ordered insert of imported messages. Throws when the outcome is unknown. */
  append(messages: readonly Message[]): Promise<AppendOutcome>;
  /** The newest message of a room. */
  last(roomId: string): Promise<Message | null>;
  /** Those of these ids that are stored. */
  byIds(ids: readonly string[]): Promise<ImportedMessage[]>;
  /** Those of these keys that were imported into the room. */
  byKeys(roomId: string, syncKeys: readonly string[]): Promise<ImportedMessage[]>;
  /** Raises what a room knows of messages that unread counts leave out, and of mentions. */
  raise(roomId: string, seqs: { uncounted: number; mention: number }): Promise<void>;
}
