import type { Readable } from 'node:stream';
import type { ErrorCode } from '../errors.ts';
import type { Member, Message, Room, User } from '../model.ts';

export const EXPORT_FORMATS = ['json', 'csv', 'txt'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Who asked for an export: a user, or a platform key. */
export interface ExportAsker {
  kind: 'user' | 'platform';
  id: string;
}

/** What an export became: an object of the store, and how it is called by people. */
export interface ExportFile {
  key: string;
  name: string;
  mimeType: string;
  /** Bytes. */
  size: number;
}

/** What becomes of the mail: none was asked for, it is tried, it is out, or it was given up. */
export type MailState = 'none' | 'waiting' | 'sent' | 'failed';

/** A room, or all data of a user, on its way into a file. */
export interface ExportJob {
  readonly id: string;
  readonly by: ExportAsker;
  /** The links that the asking key may touch; null: all, or a user asked. */
  readonly links: readonly string[] | null;
  /** One of the two is null. */
  readonly roomId: string | null;
  readonly userId: string | null;
  readonly format: ExportFormat;
  readonly withFiles: boolean;
  /** Where the file is mailed to when it is done. */
  readonly email: string | null;
  /** Messages with `from < seq <= upTo`: what the asker saw when they asked. */
  readonly from: number;
  readonly upTo: number;
  /** The file's name without its ending. */
  readonly name: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  /** 0..1. */
  progress: number;
  /** How often a worker began it. */
  attempts: number;
  file: ExportFile | null;
  error: ErrorCode | null;
  mail: MailState;
  mailAttempts: number;
  /** The asking user got to know how it ended. */
  told: boolean;
  /** When a worker may take it (again): at once, after a pause, or once the lease of the one at work is over. Null: never. */
  dueAt: Date | null;
  /** Who is at work. */
  node: string | null;
  readonly createdAt: Date;
  /** From then on there is nothing of it any more. */
  expiresAt: Date;
}

export type ExportChange = Partial<
  Pick<
    ExportJob,
    | 'state'
    | 'progress'
    | 'attempts'
    | 'file'
    | 'error'
    | 'mail'
    | 'mailAttempts'
    | 'told'
    | 'dueAt'
    | 'node'
    | 'expiresAt'
  >
>;

/** Exports that were asked for, until they are gone. */
export interface ExportStore {
  /** False while one of the same slot is not settled; `slot` null: there may be many. */
  add(job: ExportJob, slot: string | null): Promise<boolean>;
  byId(id: string): Promise<ExportJob | null>;
  /** How many of this asker wait or run. */
  unsettled(by: ExportAsker): Promise<number>;
  /** Takes one that is due, for this node until `until`; each is given to one caller. Null: nothing is due. */
  claim(node: string, now: Date, until: Date): Promise<ExportJob | null>;
  /** Changes one that this node has taken; false when it is another's by now, or gone. */
  change(id: string, node: string, change: ExportChange): Promise<boolean>;
  /** The same, and its slot is free. */
  settle(id: string, node: string, change: ExportChange): Promise<boolean>;
  /** Settled ones of users who were not told yet, the newest first. */
  untold(limit: number): Promise<ExportJob[]>;
  tell(id: string): Promise<void>;
  /** Those whose time is over, the oldest first. */
  expired(before: Date, limit: number): Promise<ExportJob[]>;
  ofAsker(by: ExportAsker): Promise<ExportJob[]>;
  remove(id: string): Promise<void>;
}

/** A reaction, a block, an upload …: its fields are those of its collection, without what is of others. */
export interface TakeoutRecord {
  kind: string;
  [field: string]: unknown;
}

/** What is stored about a person, for an export of it; memberships and profile are read elsewhere. */
export interface TakeoutStore {
  /** The rooms in which they ever wrote and whose messages are still there. */
  roomsOf(userId: string): Promise<string[]>;
  /** What they wrote in a room, by syncKey (with most clients that is by time); `after` is the last one's. */
  messagesOf(userId: string, roomId: string, after: string | null, limit: number): Promise<Message[]>;
  /** What else is stored about them, of all links: each with its `kind`, a page at a time. */
  recordsOf(userId: string): AsyncIterable<readonly TakeoutRecord[]>;
}

/** A room as its export shows it. */
export interface RoomExport {
  room: Room;
  /** Who may be named; in a room with a closed list not everybody. */
  members: readonly Member[];
  memberCount: number;
  showMeta: (member: Member) => boolean;
  /** Oldest first. */
  pages: AsyncIterable<readonly Message[]>;
  /** When it was asked for. */
  at: Date;
}

/** Everything that is stored about a person. */
export interface UserExport {
  userId: string;
  /** Null: not in the directory (any more). */
  user: User | null;
  memberships: readonly { room: Room; member: Member }[];
  pages: AsyncIterable<readonly Message[]>;
  records: AsyncIterable<readonly TakeoutRecord[]>;
  at: Date;
}

export interface ZipEntry {
  /** A path inside the archive, which is made safe and unique. */
  name: string;
  at: Date;
  /** Taken up before the next entry is asked for. */
  body: Readable;
  /** Its bytes do not get smaller: photos, videos. */
  isPacked: boolean;
}

/** How exports look. All of them are made piece by piece: none is in memory as a whole. */
export interface ExportFormats {
  room(format: ExportFormat, source: RoomExport): AsyncIterable<string>;
  user(source: UserExport): AsyncIterable<string>;
  /** A ZIP of what comes; breaks when an entry breaks. */
  zip(entries: AsyncIterable<ZipEntry>): Readable;
}
