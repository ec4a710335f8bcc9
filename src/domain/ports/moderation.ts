import type { MessageType } from '../model.ts';
import type { RoomSettings } from './rooms.ts';

/** Somebody who may not be in a room (`ban`), or not write in it (`mute`: kept also for when they come back). */
export interface Restriction {
  /** Grows with time. */
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly kind: 'ban' | 'mute';
  /** The master whose act it is; null: the platform's. */
  readonly by: string | null;
  readonly at: Date;
  /** Null: for good. */
  readonly until: Date | null;
}

export interface RestrictionStore {
  /** Stores them; one of the same person, room and kind is replaced. */
  put(entries: readonly Omit<Restriction, 'id'>[]): Promise<void>;
  /** Takes them back; returns the ids of those whom there were some of. */
  lift(roomId: string, kind: Restriction['kind'], userIds: readonly string[]): Promise<string[]>;
  /** What is in force at `now` for these people. */
  of(roomId: string, userIds: readonly string[], now: Date): Promise<Restriction[]>;
  /** Those in force at `now`, the newest first, below the id `before`. */
  list(
    roomId: string,
    kind: Restriction['kind'],
    page: { before: string | null; limit: number; now: Date },
  ): Promise<Restriction[]>;
  count(roomId: string, kind: Restriction['kind']): Promise<number>;
  removeRoom(roomId: string): Promise<void>;
}

/** Who does not want to hear of whom. */
export interface BlockStore {
  add(userId: string, targetId: string, at: Date): Promise<void>;
  remove(userId: string, targetId: string): Promise<void>;
  /** Whom this person blocked, the latest first. */
  of(userId: string): Promise<string[]>;
  count(userId: string): Promise<number>;
  /** Those of `among` who blocked `targetId`. */
  blockersOf(targetId: string, among: readonly string[]): Promise<string[]>;
  /** Everything by or against somebody who is erased. */
  erase(userId: string): Promise<void>;
}

export const REPORT_STATUSES = ['open', 'accepted', 'dismissed'] as const;
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** What somebody reported of a message, with the message as it was then. */
export interface Report {
  /** Grows with time. */
  readonly id: string;
  readonly roomId: string;
  /** The link of the room; null: it has none. */
  readonly linkSid: string | null;
  readonly messageId: string;
  readonly reporterId: string;
  readonly authorId: string;
  readonly type: MessageType;
  readonly text: string;
  readonly reason: string;
  status: ReportStatus;
  /** Of whoever decided. */
  note: string | null;
  readonly at: Date;
  decidedAt: Date | null;
}

export interface PageQuery {
  /** `link.sid`s that the caller may see; null: all. */
  links: readonly string[] | null;
  /** Go on below this id. */
  before: string | null;
  limit: number;
}

export interface ReportStore {
  /** False when this person reported this message before. */
  add(report: Report): Promise<boolean>;
  /** The newest first. */
  find(query: PageQuery & { status?: ReportStatus; roomId?: string }): Promise<Report[]>;
  byId(id: string): Promise<Report | null>;
  decide(id: string, decision: { status: ReportStatus; note: string | null; at: Date }): Promise<void>;
}

/** A word of the list, as it was entered. */
export interface BannedWord {
  /** What the matcher makes of it: the same word in two spellings is one. */
  readonly key: string;
  readonly word: string;
  readonly mode: 'block' | 'mask' | 'allow';
  readonly at: Date;
}

export interface WordStore {
  put(words: readonly BannedWord[]): Promise<void>;
  /** Returns how many there were. */
  remove(keys: readonly string[]): Promise<number>;
  /** In the order of their keys, after `after`. */
  page(after: string | null, limit: number): Promise<BannedWord[]>;
  all(): Promise<BannedWord[]>;
  count(): Promise<number>;
  /** Changes whenever the list does. */
  stamp(): Promise<string>;
}

/** What somebody with power did. Never the text of a message. */
export interface AuditEntry {
  /** Grows with time. */
  readonly id: string;
  readonly at: Date;
  /** `platform`: the id of the key. */
  readonly actor: { kind: 'user' | 'platform'; id: string };
  /** Such as `member.ban`, or a route of the platform. */
  readonly act: string;
  readonly roomId: string | null;
  readonly linkSid: string | null;
  /** User ids. */
  readonly targets: readonly string[];
  readonly details: Record<string, unknown>;
}

export interface AuditStore {
  /** Stores them until `expiresAt`; such as are stored already are left as they are. */
  add(entries: readonly (AuditEntry & { expiresAt: Date })[]): Promise<void>;
  /** The newest first. */
  find(
    query: PageQuery & { roomId?: string; actorId?: string; act?: string; from?: Date; to?: Date },
  ): Promise<AuditEntry[]>;
}

/** Many rooms at once, for the freezing of a link. */
export interface RoomFreezer {
  /** The next rooms of a link after the id `after` that are not as `frozen` says; thawed are those with this reason. */
  toFreeze(query: {
    linkSid: string;
    frozen: boolean;
    reasonCode: string;
    after: string | null;
    limit: number;
  }): Promise<string[]>;
  settingsOf(roomIds: readonly string[], settings: RoomSettings, at: Date): Promise<void>;
}
