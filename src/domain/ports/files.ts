import type { Readable } from 'node:stream';
import type { MessageType } from '../model.ts';

export type FileType = Extract<MessageType, 'PHOTO' | 'VIDEO' | 'FILE'>;

/**
 * Where the bytes of files are. Keys are made by the server (letters, digits, `-`, `_`, `.` and `/`; never a name that
 * somebody gave): segments of 128 characters that do not begin with a dot, 512 in all, not below `uploads/`, and never
 * one below another (`a` and `a/b`). Ids of uploads have letters, digits, `-` and `_`, 128 at most. What is none is
 * thrown. No method keeps a whole file in memory. What is out of reach is thrown; what is not there is null.
 */
export interface ObjectStore {
  readonly kind: 'disk' | 's3';
  /**
   * Stores a stream under the key, in place of what was there, and resolves with its size, once it is durable. What
   * breaks leaves all as it was. The stream is destroyed in any case; when it falls silent, destroying it is up to you.
   */
  put(key: string, body: Readable, info: { mimeType: string }): Promise<number>;
  /** A slice of an upload, at its place; the same again replaces it. Durable when it resolves. */
  putSlice(uploadId: string, slice: SlicePlace, bytes: Buffer): Promise<void>;
  /**
   * Makes one object of the slices (all of them, in order, each put before); may be repeated after a failure, and is
   * done at once where the key has an object of their size. The slices stay; one that comes late changes no object.
   */
  joinSlices(
    uploadId: string,
    slices: readonly SlicePlace[],
    key: string,
    info: { mimeType: string },
  ): Promise<void>;
  /** Removes what `putSlice` stored for this upload. */
  dropSlices(uploadId: string): Promise<void>;
  /**
   * The bytes from `start` to `end` (both included, cut at the end of the object; absent: all). Null when there is no
   * such object; a `start` behind its end is a RangeError. Read it to its end or destroy it.
   */
  read(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  stat(key: string): Promise<ObjectStat | null>;
  /** False when there is nothing to copy. */
  copy(from: string, to: string): Promise<boolean>;
  /** Unknown keys are removed already. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * Objects below a prefix (ending in `/`), in any order; below `uploads/` uploads with slices as `uploads/<uploadId>`,
   * with the date of the newest. It also clears away what a crash left half written.
   */
  list(prefix: string): AsyncIterable<ObjectStat & { key: string }>;
  /** Hands out the object as a local file (a temporary copy where it is elsewhere) for the time of `work`. */
  withLocalFile<T>(key: string, work: (path: string) => Promise<T>): Promise<T | null>;
  /** A link from which anybody can read the object for `seconds`; null where there are none (disk). */
  link(key: string, options: LinkOptions): Promise<string | null>;
  /** A link to which exactly `size` bytes can be put, once, with these headers; null where there are none (disk). */
  uploadLink(
    key: string,
    options: { size: number; mimeType: string; seconds: number },
  ): Promise<{ url: string; headers: Record<string, string> } | null>;
}

/** Where a slice lies in its file: bytes `offset` to `offset + size`. */
export interface SlicePlace {
  index: number;
  offset: number;
  size: number;
}

export interface ObjectStat {
  size: number;
  /** Changes with the content; without quotes. */
  etag: string;
  modifiedAt: Date;
}

export interface LinkOptions {
  seconds: number;
  /** What the answer says: content type and disposition, ready for the header. */
  mimeType: string;
  disposition: string;
}

/** What a file turned out to be, from its bytes. */
export interface FileFacts {
  /** What it is; PHOTO and VIDEO only for formats that can be shown. */
  type: FileType;
  /** From the content; `application/octet-stream` when nothing is known of it. */
  mimeType: string;
  frameSize?: { width: number; height: number };
  /** Seconds. */
  duration?: number;
  /** A small picture of it, without any of its metadata; JPEG. */
  thumbnail?: Buffer;
}

/** Looks into files. Work is bounded in number, time, pixels and memory, and never blocks the event loop. */
export interface Media {
  /**
   * What the file at `path` is. `name` helps only where content says nothing (texts). Never throws for a bad file:
   * what cannot be shown is a FILE without a thumbnail.
   */
  inspect(path: string, name: string): Promise<FileFacts>;
}
