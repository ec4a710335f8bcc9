import { open, type FileHandle } from 'node:fs/promises';

/** Kinds of documents inside two well-known wrappings, which tell nothing of themselves. */

/** Names of streams by which a document in a compound file (OLE) is known. */
const STREAMS: readonly [name: string, mimeType: string][] = [
  ['HwpSummaryInformation', 'application/x-hwp'],
  ['WordDocument', 'application/msword'],
  ['Workbook', 'application/vnd.ms-excel'],
  ['Book', 'application/vnd.ms-excel'],
  ['PowerPoint Document', 'application/vnd.ms-powerpoint'],
];

/** Sectors of the directory that are looked at: the streams that matter are among the first. */
const SECTORS = 16;
const ENTRY = 128;
const FIRST_FAT_PLACES = 76;

/** The mime type of a document in a compound file; null when it is none that is known. */
export async function compoundType(path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const names = await streamNames(file);
    return STREAMS.find(([name]) => names.has(name))?.[1] ?? null;
  } finally {
    await file.close();
  }
}

/** What a zip says in its first entry `mimetype` (as HWPX, ODF and EPUB do); null when it says nothing. */
export async function zipType(path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const head = await bytesAt(file, 0, 128);
    const isStored = head.length >= 38 && head.readUInt16LE(8) === 0;
    if (!isStored || head.readUInt16LE(26) !== 8 || head.toString('latin1', 30, 38) !== 'mimetype')
      return null;
    const start = 38 + head.readUInt16LE(28);
    const text = head.toString('latin1', start, start + head.readUInt32LE(18));
    return text === 'application/hwp+zip' ? text : null;
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Names in the directory of a compound file: a chain of sectors, of which the allocation table tells the next. */
async function streamNames(file: FileHandle): Promise<Set<string>> {
  const names = new Set<string>();
  const head = await bytesAt(file, 0, 512);
  const shift = head.length === 512 ? head.readUInt16LE(30) : 0;
  if (shift !== 9 && shift !== 12) return names;
  const size = 2 ** shift;
  let sector = head.readUInt32LE(48);
  for (let seen = 0; seen < SECTORS; seen++) {
    const bytes = await bytesAt(file, (sector + 1) * size, size);
    for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
      const length = Math.min(bytes.readUInt16LE(at + 64), 64);
      const name = bytes.toString('utf16le', at, at + Math.max(0, length - 2) - (length % 2));
      // Names of properties begin with a control character.
      names.add(name.replace(/^[^A-Za-z]/, ''));
    }
    const place = Math.floor(sector / (size / 4));
    if (bytes.length < size || place >= FIRST_FAT_PLACES) break;
    const table = head.readUInt32LE(FIRST_FAT_PLACES + 4 * place);
    const next = await bytesAt(file, (table + 1) * size + 4 * (sector % (size / 4)), 4);
    if (next.length < 4) break;
    sector = next.readUInt32LE(0);
  }
  return names;
}
