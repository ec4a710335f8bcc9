import type { Announcement, Link, Message, Room, RoomType } from '../model.ts';

export interface RoomHead {
  roomId: string;
  lastSeq: number;
  lastMessage: Message | null;
  lastUncountedSeq: number;
  lastMentionSeq: number;
  memberCount: number;
  membersKey: string;
  /** Pushes were sent up to here; absent where this node sent none. */
  pushedSeq?: number;
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
  lastAnnouncement?: Announcement | null;
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
  /** The room's last message was changed: shows it so, if it still is the last one and no newer state is shown. */
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
