import type { SlicePlace } from '../../domain/ports.ts';

/**
 * What may name an object, for both storages alike. A segment never begins with a dot, so no key leaves its folder;
 * `uploads/` is for slices.
 */
const SEGMENT = '[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}';
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);
const PREFIX = new RegExp(`^(?:${SEGMENT}/)+$`);
const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;
const MAX_KEY = 512;

export const UPLOADS = 'uploads/';

export const isKey = (key: string): boolean =>
  key.length <= MAX_KEY && KEY.test(key) && !key.startsWith(UPLOADS) && `${key}/` !== UPLOADS;

export const isUploadId = (uploadId: string): boolean => UPLOAD_ID.test(uploadId);

/** Throws for what is no key: a key is made by the server, so this is a defect or an attack. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new Error(`not a key of an object: ${JSON.stringify(key).slice(0, 200)}`);
}

export function checkUploadId(uploadId: string): void {
  if (!isUploadId(uploadId))
    throw new Error(`not an id of an upload: ${JSON.stringify(uploadId).slice(0, 200)}`);
}

/** Throws for what is no folder of objects; `uploads/` itself is one, below it is none. */
export function checkPrefix(prefix: string): void {
  const isBelowUploads = prefix.startsWith(UPLOADS) && prefix !== UPLOADS;
  if (prefix.length > MAX_KEY || !PREFIX.test(prefix) || isBelowUploads)
    throw new Error(`not a prefix of objects: ${JSON.stringify(prefix).slice(0, 200)}`);
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export function checkSlice({ index, offset, size }: SlicePlace, bytes: Buffer): void {
  if (!isCount(index) || !isCount(offset) || !isCount(offset + size) || size < 1)
    throw new Error(`not a place of a slice: ${index}, ${offset}, ${size}`);
  if (bytes.length !== size) throw new Error(`slice ${index} has ${bytes.length} bytes, not ${size}`);
}

/** The size of the file that the slices make. Throws unless they are all of it, in order. */
export function sizeOfAll(slices: readonly SlicePlace[]): number {
  let end = 0;
  slices.forEach(({ index, offset, size }, position) => {
    if (index !== position || offset !== end || !isCount(size) || size < 1)
      throw new Error(`slice ${index} at ${offset} does not follow ${end}`);
    end += size;
  });
  if (end === 0) throw new Error('no slices to join');
  return end;
}

export function checkRange(range: { start: number; end: number } | undefined): void {
  if (range && !(isCount(range.start) && isCount(range.end) && range.start <= range.end))
    throw new RangeError(`not a range: ${range.start} to ${range.end}`);
}

export const beyond = (key: string, start: number): RangeError =>
  new RangeError(`${key} ends before ${start}`);
