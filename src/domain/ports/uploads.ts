import type { FileType } from './files.ts';

/** A file on its way in: what is known of it until its message is stored. */
export interface Upload {
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly syncKey: string;
  /** What the sender says that it is. */
  readonly type: FileType;
  readonly name: string;
  /** Bytes in all; 0 while they are not known (a stream). */
  size: number;
  readonly way: 'slices' | 'stream' | 'link';
  /** The connection whose slices without an index go on with it. */
  connectionId: string | null;
  /** Sizes of the slices that came, as runs of equal ones. */
  runs: SliceRun[];
  /** Slices that came. */
  received: number;
  /** Bytes that came. */
  bytes: number;
  /** Under which key the file will be stored. */
  readonly key: string;
  /** `finishing`: all bytes are there, the file and its message are being made. */
  state: 'open' | 'finishing';
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface SliceRun {
  size: number;
  count: number;
}

/** Uploads that are under way. One per (user, room, syncKey). */
export interface UploadStore {
  /** False when there is one of this (user, room, syncKey) already. */
  begin(upload: Upload): Promise<boolean>;
  byId(id: string): Promise<Upload | null>;
  find(userId: string, roomId: string, syncKey: string): Promise<Upload | null>;
  /** The one that moved last, in whatever room. */
  latest(userId: string, syncKey: string): Promise<Upload | null>;
  /** Counts slices; false when more were counted meanwhile on another node, or the upload is not open any more. */
  advance(id: string, to: Pick<Upload, 'received' | 'bytes' | 'runs' | 'updatedAt'>): Promise<boolean>;
  update(
    id: string,
    change: Partial<Pick<Upload, 'connectionId' | 'state' | 'size' | 'bytes'>> & { updatedAt: Date },
  ): Promise<void>;
  remove(id: string): Promise<void>;
  /** Those that did not move since, the oldest first. */
  stale(before: Date, limit: number): Promise<Upload[]>;
}

/** A stored object that belongs to a message. Access to it follows this entry, never a message that names a path. */
export interface FileEntry {
  /** The key of the object. */
  readonly key: string;
  readonly roomId: string;
  /** Author and syncKey of its message. */
  readonly userId: string;
  readonly syncKey: string;
  readonly name: string;
  readonly mimeType: string;
  readonly size: number;
  /** A picture of it lies beside it. */
  readonly hasThumbnail: boolean;
  readonly createdAt: Date;
}

export interface FileStore {
  /** Adding the same key again replaces its entry. */
  add(file: FileEntry): Promise<void>;
  /** Those of these that are there and not doomed, in any order. */
  findMany(keys: readonly string[]): Promise<FileEntry[]>;
  /** Their messages are about to go: the objects are removed once they are gone. */
  doom(keys: readonly string[], at: Date): Promise<void>;
  doomRoom(roomId: string, at: Date): Promise<void>;
  /** Takes it back. */
  spare(key: string): Promise<void>;
  /** Entries that were doomed before, the oldest first. */
  doomed(before: Date, limit: number): Promise<FileEntry[]>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Amounts that count up within a time and are shared by all nodes. */
export interface AllowanceStore {
  /** Takes an amount; false when more than `limit` would be taken in all (then nothing is). */
  take(key: string, amount: number, limit: number, expiresAt: Date): Promise<boolean>;
  giveBack(key: string, amount: number): Promise<void>;
}

/** Random secrets that all nodes share; made when first asked for. */
export interface SecretStore {
  get(name: string): Promise<Buffer>;
}
