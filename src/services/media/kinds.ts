import { FileTypeParser } from 'file-type';
import { compoundType, zipType } from './office.ts';
import { textType } from './texts.ts';

export const UNKNOWN = 'application/octet-stream';

/** Formats that are written as text and still known by their beginning. */
const TEXTUAL = new Set([
  'application/pdf',
  'application/rtf',
  'application/postscript',
  'application/eps',
  'application/pgp-encrypted',
  'application/x-ms-regedit',
  'text/calendar',
  'text/vcard',
  'text/vtt',
]);

/**
 * The mime type of a file, from its bytes; `name` only tells texts apart. A text is a text also where its first
 * letters are those of a format (`BM`, `MZ`). Throws only when the file cannot be read.
 */
export async function mimeTypeOf(path: string, name: string, signal: AbortSignal): Promise<string> {
  const text = await textType(path, name);
  const known = await knownType(path, signal);
  if (text !== null && !(known && TEXTUAL.has(known))) return text;
  if (known === 'application/x-cfb') return (await compoundType(path)) ?? known;
  if (known === 'application/zip') return (await zipType(path)) ?? known;
  return known?.startsWith('text/') ? `${known}; charset=utf-8` : (known ?? UNKNOWN);
}

async function knownType(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await new FileTypeParser({ signal }).fromFile(path))?.mime;
  } catch {
    // A file that breaks off inside its header, or a header that would take too long: nothing is known of it.
    return undefined;
  }
}
