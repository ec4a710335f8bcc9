import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { ZipArchive } from 'archiver';
import type { ZipEntry } from '../../../domain/ports.ts';

/** Packing costs more time than bytes beyond this level. */
const LEVEL = 5;

/** A ZIP that is made as it is read: an entry is opened when the one before it is in. */
export function zip(entries: AsyncIterable<ZipEntry>): Readable {
  const archive = new ZipArchive({ zlib: { level: LEVEL } });
  fill(archive, entries).catch((error: unknown) => archive.destroy(error as Error));
  return archive;
}

async function fill(archive: ZipArchive, entries: AsyncIterable<ZipEntry>): Promise<void> {
  const gone = new AbortController();
  archive.once('close', () => gone.abort(new Error('nobody reads the archive any more')));
  const names = new Set<string>();
  for await (const { name, at, body, isPacked } of entries) {
    if (gone.signal.aborted) body.destroy();
    gone.signal.throwIfAborted();
    // What breaks in an entry breaks the archive: a half file must not look like a whole one.
    const broken = once(body, 'error', { signal: gone.signal }).then(([error]) => {
      throw error as Error;
    });
    const stored = once(archive, 'entry', { signal: gone.signal });
    const breakOff = () => body.destroy();
    gone.signal.addEventListener('abort', breakOff);
    archive.append(body, { name: uniqueName(name, names), date: at, store: isPacked });
    try {
      await Promise.race([stored, broken]);
    } finally {
      gone.signal.removeEventListener('abort', breakOff);
      broken.catch(() => undefined);
      stored.catch(() => undefined);
      if (!body.readableEnded) body.destroy();
    }
  }
  await archive.finalize();
}

/** Inside the archive: no way up or to a root, and not the name of another entry on systems that ignore case. */
function uniqueName(name: string, names: Set<string>): string {
  const parts = name.split(/[/\\]/).filter(part => part !== '' && part !== '.' && part !== '..');
  const plain = parts.join('/') || 'file';
  const dot = plain.lastIndexOf('.');
  const at = dot > plain.lastIndexOf('/') + 1 ? dot : plain.length;
  for (let i = 1; ; i++) {
    const tried = i === 1 ? plain : `${plain.slice(0, at)} (${i})${plain.slice(at)}`;
    if (names.has(tried.toLowerCase())) continue;
    names.add(tried.toLowerCase());
    return tried;
  }
}
