import { randomBytes } from 'node:crypto';
import { cleanText } from '../messages/content.ts';

/** Characters of a file's name. */
export const MAX_FILE_NAME = 255;
const MAX_EXTENSION = 32;

/** What marks the key of the picture that lies beside a file. */
const THUMBNAIL = '-t';

/** A key that nobody can guess: by room and day, so that people find their way in a bucket. */
export function newKey(roomId: string, now: number): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  return `rooms/${roomId}/${day}/${randomBytes(16).toString('hex')}`;
}

/** Where a link for uploading may put bytes, before they are looked at. */
export const stagingKey = (uploadId: string): string => `incoming/${uploadId}`;

export const thumbnailKey = (key: string): string => `${key}${THUMBNAIL}`;

/** The key of the file that a path of ours belongs to, and whether the picture beside it is meant; null: no path of ours. */
export function keyOf(path: string): { key: string; isThumbnail: boolean } | null {
  const match = /^(rooms\/[0-9a-f]{24}\/\d{8}\/[0-9a-f]{32})(-t)?$/.exec(path);
  return match && { key: match[1]!, isThumbnail: match[2] === THUMBNAIL };
}

/**
 * A name as it is shown: the last part of a path, composed (phones send Korean decomposed), without characters that
 * steer terminals, pages or the direction of text. Errors: INVALID_PAYLOAD.
 */
export function cleanFileName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1)!;
  const plain = last.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim();
  if (plain.length > MAX_FILE_NAME) return cleanText(shortened(plain), MAX_FILE_NAME, 'name');
  return cleanText(plain, MAX_FILE_NAME, 'name');
}

/** The ending stays: it tells people and their devices what to open it with. */
function shortened(name: string): string {
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= MAX_EXTENSION ? name.slice(dot) : '';
  return [...name.slice(0, MAX_FILE_NAME - ending.length)].join('').toWellFormed() + ending;
}

/** What may be shown inside a page without a danger for whoever looks. */
const INLINE =
  /^(?:image\/(?:jpeg|png|gif|webp|avif|heic|heif|bmp)|video\/(?:mp4|webm|quicktime|3gpp)|audio\/[\w.+-]+|application\/pdf|text\/plain)(?:;|$)/;

/** The header Content-Disposition (RFC 6266): safe types inline, all else as an attachment, under its name. */
export function dispositionOf({ name, mimeType }: { name: string; mimeType: string }): string {
  const way = INLINE.test(mimeType) ? 'inline' : 'attachment';
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${way}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
