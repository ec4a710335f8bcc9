import type {
  Contact,
  Link,
  Member,
  Message,
  MessageData,
  MessageType,
  Room,
  RoomType,
  User,
} from './model.ts';

/** What the domain needs of the outside. Small role interfaces; `storage/` and `services/` implement them. */

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

/** The log of messages. Reads see only what a majority has confirmed. */
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
  byId(id: string): Promise<Message | null>;
  bySyncKey(roomId: string, authorId: string, syncKey: string): Promise<Message | null>;
  /** The highest `seq` and the newest id of each room written to since the id `sinceId`, with the authors' own heads. */
  headsSince(sinceId: string): Promise<{ roomId: string; lastSeq: number }[]>;
  uncounted(rooms: readonly { roomId: string; after: number }[]): Promise<(Uncounted & { roomId: string })[]>;
  /** Stores an edit or a deletion; returns false when the message was deleted meanwhile. */
  change(
    id: string,
    change: { data: MessageData; meta: Message['meta']; deleted: boolean; editedAt: Date | null; at: Date },
  ): Promise<boolean>;
  /** Messages of these rooms that were edited or deleted at or after `since`, oldest change first. */
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

export interface RoomHead {
  roomId: string;
  lastSeq: number;
  lastMessage: Message | null;
  lastUncountedSeq: number;
  memberCount: number;
  membersKey: string;
  at: Date;
}

export interface RoomSettings {
  name?: string;
  profileUrl?: string | null;
  /** Only the rules that change. */
  rules?: Partial<Room['rules']>;
  access?: Room['access'];
  link?: Link | null;
  meta?: Record<string, unknown> | null;
  freezingReasonCode?: string | null;
  opensAt?: Date | null;
  expiresAt?: Date | null;
}

export interface RoomQuery {
  roomType?: RoomType;
  linkSid?: string;
  links: readonly string[] | null;
  memberId?: string;
  after: string | null;
  limit: number;
}

export interface RoomStore {
  nextNo(): Promise<number>;
  /** Stores the room as one in the making: nobody finds it before `finish`. */
  begin(room: Room): Promise<void>;
  finish(roomId: string): Promise<void>;
  byIds(ids: readonly string[]): Promise<Room[]>;
  /** The id of the room with this number. */
  idByNo(no: number): Promise<string | null>;
  /** OPEN rooms and those with a password, highest `no` first, below `before`. */
  listed(before: number | null, limit: number): Promise<Room[]>;
  /** Rooms that look like "the room of exactly these members"; the caller checks the rest. */
  withMembers(membersKey: string, roomType: RoomType): Promise<Room[]>;
  find(query: RoomQuery): Promise<Room[]>;
  /** Moves `lastSeq`, `lastMessage` and what derives from them forward, never back. */
  moveHeads(heads: readonly RoomHead[]): Promise<void>;
  /** The room's last message was edited or deleted: shows it so, if it still is the last one. */
  replaceLastMessage(roomId: string, message: Message): Promise<void>;
  /** Raises `lastUncountedSeq`; called before a message becomes uncounted. */
  raiseUncounted(roomId: string, seq: number): Promise<void>;
  settings(roomId: string, settings: RoomSettings, at: Date): Promise<void>;
  /** Something that these rooms show changed: `sync` tells of it. */
  touch(ids: readonly string[], at: Date): Promise<void>;
  remove(roomId: string): Promise<void>;
  /** Rooms that were not closed yet and expire at or before `before`, the earliest first. */
  expiring(before: Date, limit: number): Promise<{ roomId: string; expiresAt: Date }[]>;
  /** Closes a room that has expired by `now`: true for one caller, on whatever node. */
  expire(roomId: string, settings: RoomSettings, now: Date): Promise<boolean>;
  /** Takes these settings where the room was closed because it expired; false where it was not. */
  reopen(roomId: string, settings: RoomSettings, at: Date): Promise<boolean>;
  /** Rooms whose making began before `before` and never finished. */
  unfinished(before: Date): Promise<string[]>;
}

export interface ReadMove {
  roomId: string;
  userIds: string[];
  seq: number;
  messageId: string | null;
  at: Date;
}

export interface MemberStore {
  nextNos(count: number): Promise<number>;
  /** Adds memberships; returns the user ids that were members (or on their way) already. */
  add(members: readonly Member[]): Promise<string[]>;
  ofUsers(userIds: readonly string[]): Promise<Member[]>;
  ofRooms(roomIds: readonly string[]): Promise<Member[]>;
  mastersOf(roomIds: readonly string[]): Promise<Member[]>;
  /** Those of these rooms in which a member's nick contains the (normalised) keyword. */
  roomsWithNick(roomIds: readonly string[], keyword: string): Promise<string[]>;
  /** The joining is part of the log at `seq`: the membership counts from there. */
  settleJoin(
    roomId: string,
    userIds: readonly string[],
    joined: { seq: number; messageId: string },
  ): Promise<void>;
  /** Marks them as leaving under this syncKey; returns those that were marked (present and not leaving). */
  markLeaving(roomId: string, userIds: readonly string[], syncKey: string): Promise<string[]>;
  unmark(roomId: string, syncKey: string): Promise<void>;
  remove(roomId: string, userIds: readonly string[]): Promise<void>;
  removeRoom(roomId: string): Promise<void>;
  setAlarm(roomId: string, userId: string, on: boolean, at: Date): Promise<void>;
  setMaster(roomId: string, userId: string): Promise<void>;
  moveReads(moves: readonly ReadMove[]): Promise<void>;
  renameUser(user: Pick<User, 'id' | 'nickName' | 'profileUrl' | 'meta'>): Promise<void>;
  /** Joinings and leavings begun before `before` that are still pending. */
  pending(before: Date): Promise<Member[]>;
  countOf(userIds: readonly string[]): Promise<Map<string, number>>;
}

export interface UserProfile {
  id: string;
  nickName: string;
  profileUrl: string | null;
  meta: Contact | null;
}

export interface UserStore {
  /** `with` erased users: they hold the mark that their old tokens are refused. */
  byIds(ids: readonly string[], erased?: 'with' | 'without'): Promise<User[]>;
  /** Inserts or updates; `ifAbsent` leaves known users as they are. */
  upsert(users: readonly UserProfile[], mode: 'overwrite' | 'ifAbsent', at: Date): Promise<void>;
  /** Who connected: nick, profile and last seen. */
  seen(users: readonly UserProfile[], at: Date): Promise<void>;
  /** Tokens issued before `at` are refused from now on. Creates the entry if there is none. */
  revokeTokens(userId: string, at: Date): Promise<void>;
  /** Erases the personal data, keeps the mark that old tokens are refused. */
  erase(userId: string, at: Date): Promise<void>;
  /** People whose nick contains the (normalised) keyword, by nick, without the excluded. */
  find(query: {
    keyword: string;
    among: readonly string[] | null;
    skip: number;
    limit: number;
  }): Promise<User[]>;
}

/** Decides which of several makers of "the room of exactly these members" makes it. */
export interface ClaimStore {
  /** Returns the room id that holds the key: `roomId` itself when the claim succeeded. */
  claim(key: string, roomId: string): Promise<string>;
  /** Takes the key over from a room that does not deserve it any more; false when somebody else did. */
  replace(key: string, from: string, to: string): Promise<boolean>;
  /** The room is gone: what it holds is free. */
  release(roomId: string): Promise<void>;
}

export const SCOPES = [
  'rooms:read',
  'rooms:write',
  'messages:read',
  'messages:write',
  'users:read',
  'users:write',
  'moderation',
  'webhooks',
  'exports',
  'act-as-user',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A key of a partner platform. */
export interface ApiKey {
  id: string;
  name: string;
  scopes: readonly Scope[];
  /** The `link.sid`s it may touch; null: all. */
  links: readonly string[] | null;
  /** Requests per second; 0 is no limit. */
  ratePerSecond: number;
  createdAt: Date;
  revokedAt: Date | null;
}

/** Platform keys, stored as hashes. */
export interface ApiKeyStore {
  /** The live key with this text, if there is one. */
  find(key: string): Promise<ApiKey | null>;
  list(): Promise<ApiKey[]>;
  /** Stores a key; one with the same text stays as it is. */
  add(key: string, entry: Omit<ApiKey, 'id' | 'createdAt' | 'revokedAt'>): Promise<ApiKey>;
  /** False when there is no such live key. */
  revoke(id: string): Promise<boolean>;
}

export interface Answered {
  requestHash: string;
  /** Null while the first request is still being answered. */
  status: number | null;
  body: string | null;
  createdAt: Date;
}

/** Answers to POSTs with an Idempotency-Key, for 24 hours. */
export interface IdempotencyStore {
  /** Null: this request is the first, and has to `finish` or `release`. Otherwise what the first was answered. */
  begin(key: string, requestHash: string): Promise<Answered | null>;
  finish(key: string, status: number, body: string): Promise<void>;
  release(key: string): Promise<void>;
}

/** A connection that is in a room by a name, where nothing of it is stored. */
export interface RosterEntry {
  /** The connection. */
  id: string;
  room: string;
  name: string;
  /** Whose connection it is; null where there are no accounts. */
  userId: string | null;
  /** What kind of client it says it is. */
  kind: string | null;
  /** Left the room, stays on its list. */
  isOff: boolean;
}

/** `version` counts the changes of the telling node: a gap shows that some were lost. */
export type RosterAct =
  | { do: 'hello' }
  | { do: 'all'; entries: RosterEntry[]; version: number }
  | { do: 'put'; entry: RosterEntry; version: number }
  | { do: 'drop'; id: string; version: number }
  | { do: 'beat'; version: number }
  | { do: 'bye' }
  | { do: 'say'; from: RosterEntry; text: string }
  | { do: 'ask' | 'answer' | 'oust'; id: string };

/** What nodes tell each other. Hints: the log and the stores are the truth. */
export type BusEvent =
  | { type: 'messages'; roomId: string; messages: Message[]; joined: Member[] }
  | { type: 'message.changed'; roomId: string; message: Message }
  | { type: 'room.changed'; roomId: string; settings: RoomSettings; at: Date }
  | { type: 'room.created'; roomId: string }
  | { type: 'room.removed'; roomId: string }
  | {
      type: 'read.now';
      roomId: string;
      userId: string;
      seq: number;
      messageId: string | null;
      by: string | null;
      /** Tell it even when the position stays: somebody said expressly that they have read. */
      again?: boolean;
    }
  | { type: 'alarm'; roomId: string; userId: string; on: boolean; by: string | null }
  | { type: 'user.changed'; user: UserProfile; roomIds: string[]; at: Date }
  | { type: 'tokens.revoked'; userId: string; at: Date }
  | { type: 'roster'; roster: string; node: string; act: RosterAct };

export interface Bus {
  publish(event: BusEvent): void;
  subscribe(handler: (event: BusEvent) => void): void;
}

/** What the storage as a whole offers. */
export interface Stores {
  log: MessageLog;
  rooms: RoomStore;
  members: MemberStore;
  users: UserStore;
  claims: ClaimStore;
  marks: MarkStore;
}

export interface MarkStore {
  /** The store's clock. */
  now(): Promise<Date>;
  /** Named points in time, such as "everything before this is healed". */
  read(name: string): Promise<Date | null>;
  write(name: string, at: Date): Promise<void>;
}

/** Milliseconds now, and timers; replaced in tests that must not wait. */
export interface Clock {
  now(): number;
}

/** Where the domain tells what a person should look into. Never message texts. */
export interface Reporter {
  problem(what: string, error: unknown): void;
}
