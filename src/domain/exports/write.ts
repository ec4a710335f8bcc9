import { Readable } from 'node:stream';
import type { Chat } from '../chat.ts';
import type { Message } from '../model.ts';
import type { ExportFile, ExportJob, ZipEntry } from '../ports.ts';
import { EXPORT_TEXTS } from '../export-texts.ts';
import { entryName, exportKey, storedFiles } from './names.ts';
import { pagesOf, roomExport } from './sight.ts';
import { userExport, writtenBy } from './takeout.ts';

const MIME = { json: 'application/json', csv: 'text/csv; charset=utf-8', txt: 'text/plain; charset=utf-8' };
/** Of an export with files, the part that is its text. */
const TEXT_PART = 0.1;
/** Names of missing files that are listed; the rest is counted. */
const LISTED = 1_000;
/** Bytes of these get no smaller by packing them again. */
const PACKED = /^(?:image\/(?:jpeg|png|gif|webp|avif|hei[cf])|video\/|audio\/)|zip|rar|7z|pdf|officedocument/;

/** Who hears how far an export is, 0..1. */
export type OnProgress = (progress: number) => void;

/**
 * Makes the file of an export: read a page at a time, stored as it is made. `signal` breaks it off; then, and when it
 * fails, nothing of it is stored. Errors: those of looking (`sight.ts`), and whatever the stores throw.
 */
export async function writeExport(
  chat: Chat,
  job: ExportJob,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<ExportFile> {
  const { formats } = chat.exports;
  const name = `${job.name}.${job.withFiles ? 'zip' : job.format}`;
  const mimeType = job.withFiles ? 'application/zip' : MIME[job.format];
  const body = job.withFiles
    ? formats.zip(entriesOf(chat, job, onProgress))
    : bytesOf(textOf(chat, job, onProgress));
  const breakOff = () => body.destroy(signal.reason as Error);
  signal.addEventListener('abort', breakOff);
  if (signal.aborted) breakOff();
  try {
    const key = exportKey(job.id, job.attempts);
    const size = await chat.files.objects.put(key, body, { mimeType });
    return { key, name, mimeType, size };
  } finally {
    signal.removeEventListener('abort', breakOff);
    body.destroy();
  }
}

/** The room or the person as text, in pieces. */
async function* textOf(chat: Chat, job: ExportJob, onProgress: OnProgress): AsyncGenerator<string> {
  const { formats } = chat.exports;
  if (job.userId !== null) yield* formats.user(await userExport(chat, job, onProgress));
  else {
    const toFraction = (seq: number) => onProgress((seq - job.from) / (job.upTo - job.from));
    yield* formats.room(job.format, await roomExport(chat, job, toFraction));
  }
}

const bytesOf = (text: AsyncIterable<string>): Readable =>
  Readable.from(encoded(text), { objectMode: false });

async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of text) if (piece !== '') yield Buffer.from(piece);
}

/** The text, then the files of its messages, one after the other. */
async function* entriesOf(chat: Chat, job: ExportJob, onProgress: OnProgress): AsyncGenerator<ZipEntry> {
  const at = job.createdAt;
  const text = textOf(chat, job, part => onProgress(part * TEXT_PART));
  yield { name: `${job.name}.${job.format}`, at, body: bytesOf(text), isPacked: false };
  const onRead = (part: number) => onProgress(TEXT_PART + (1 - TEXT_PART) * part);
  const missing: string[] = [];
  const pages =
    job.userId !== null
      ? writtenBy(chat, job, onRead)
      : pagesOf(chat, job, seq => onRead((seq - job.from) / (job.upTo - job.from)));
  let count = 0;
  for await (const page of pages)
    for await (const entry of filesOf(chat, page, missed => {
      if (++count <= LISTED) missing.push(missed);
    })) {
      yield entry;
    }
  if (count > 0) {
    const list = [EXPORT_TEXTS['zip.missingHead'](count), '', ...missing, ''].join('\n');
    const name = `${EXPORT_TEXTS['zip.missing']()}.txt`;
    yield { name, at, body: Readable.from([Buffer.from(list)]), isPacked: false };
  }
}

/** Access follows the upload, never a message that names a path: only files that were sent with this very message. */
async function* filesOf(
  chat: Chat,
  page: readonly Message[],
  onMissing: (name: string) => void,
): AsyncGenerator<ZipEntry> {
  const paths = page.flatMap(message => storedFiles(message).map(file => file.path));
  if (paths.length === 0) return;
  const known = new Map((await chat.stores.files.findMany(paths)).map(entry => [entry.key, entry]));
  for (const message of page) {
    for (const [index, file] of storedFiles(message).entries()) {
      const name = entryName(message, index, file);
      const entry = known.get(file.path);
      const isIts =
        entry?.roomId === message.roomId &&
        entry.userId === message.author.authorId &&
        entry.syncKey === message.syncKey;
      const body = isIts ? await chat.files.objects.read(entry.key) : null;
      if (body && entry) yield { name, at: message.createdAt, body, isPacked: PACKED.test(entry.mimeType) };
      else onMissing(name);
    }
  }
}
