import { constants, createWriteStream, mkdirSync } from 'node:fs';
import { copyFile, open, opendir, rm, stat, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectStat, ObjectStore } from '../../domain/ports.ts';
import { Aside, codeOf, isAbsent, syncFolder } from './aside.ts';
import {
  beyond,
  checkKey,
  checkPrefix,
  checkRange,
  checkSlice,
  checkUploadId,
  isKey,
  isUploadId,
  sizeOfAll,
  UPLOADS,
} from './keys.ts';
import { gate } from './streams.ts';

/**
 * Objects as files: `objects/<key>`, the slices of an upload at their places in `uploads/<uploadId>`, and
 * `temporary/` for what is being written. All three are on one file system, for files are moved between them. What is
 * acknowledged is on the disk (file and folder are synced). One node only. Throws when the folders cannot be made.
 */
export function diskObjects(root: string): ObjectStore {
  const home = resolve(root);
  const objects = join(home, 'objects');
  const uploads = join(home, 'uploads');
  const files = new Aside(objects, join(home, 'temporary'));

  const pathOf = (key: string): string => {
    checkKey(key);
    return join(objects, key);
  };

  return {
    kind: 'disk',
    ...diskSlices(uploads, files, pathOf),
    ...NO_LINKS,

    async put(key, body) {
      let size = 0;
      try {
        await files.place(pathOf(key), async aside => {
          const writer = createWriteStream(aside, { flags: 'wx' });
          await pipeline(body, writer);
          size = writer.bytesWritten;
        });
      } catch (error) {
        body.destroy();
        throw error;
      }
      return size;
    },

    async read(key, range) {
      const path = pathOf(key);
      checkRange(range);
      const stream = await orNull(openRange(path, range));
      if (stream === 'beyond') throw beyond(key, range!.start);
      return stream;
    },

    stat: async key => statOf(pathOf(key)),

    async copy(from, to) {
      const [source, target] = [pathOf(from), pathOf(to)];
      if (!(await statOf(source))) return false;
      if (source === target) return true;
      try {
        await files.place(target, aside => copyFile(source, aside, constants.COPYFILE_FICLONE));
      } catch (error) {
        if (isAbsent(error) && !(await statOf(source))) return false;
        throw error;
      }
      return true;
    },

    async remove(keys) {
      for (const path of keys.map(pathOf)) {
        try {
          await unlink(path);
        } catch (error) {
          // A folder is no object.
          if (!isAbsent(error) && !['EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
          if (codeOf(error) === 'EPERM' && (await statOf(path))) throw error;
        }
        await files.prune(path);
      }
    },

    async *list(prefix) {
      checkPrefix(prefix);
      await files.sweep();
      if (prefix === UPLOADS) {
        for await (const entry of walk(uploads, UPLOADS)) {
          if (isUploadId(entry.key.slice(UPLOADS.length))) yield entry;
        }
      } else {
        for await (const entry of walk(join(objects, prefix), prefix)) if (isKey(entry.key)) yield entry;
      }
    },

    async withLocalFile(key, work) {
      const path = pathOf(key);
      return (await statOf(path)) ? work(path) : null;
    },
  };
}

/** More writers of slices at once do not make a disk faster; they make everybody else wait for it, the database too. */
const WRITERS = 2;

/** There is no server of its own that could answer them. */
const NO_LINKS: Pick<ObjectStore, 'link' | 'uploadLink'> = {
  async link(key) {
    checkKey(key);
    return null;
  },
  async uploadLink(key) {
    checkKey(key);
    return null;
  },
};

function diskSlices(
  uploads: string,
  files: Aside,
  pathOf: (key: string) => string,
): Pick<ObjectStore, 'putSlice' | 'joinSlices' | 'dropSlices'> {
  mkdirSync(uploads, { recursive: true });
  const turn = gate(WRITERS);
  const slicesOf = (uploadId: string): string => {
    checkUploadId(uploadId);
    return join(uploads, uploadId);
  };

  return {
    async putSlice(uploadId, slice, bytes) {
      checkSlice(slice, bytes);
      const path = slicesOf(uploadId);
      await turn(async () => {
        const handle = await open(path, constants.O_RDWR | constants.O_CREAT);
        try {
          await writeAt(handle, bytes, slice.offset);
          await handle.datasync();
        } finally {
          await handle.close();
        }
        if (slice.index === 0) await syncFolder(uploads);
      });
    },

    async joinSlices(uploadId, slices, key) {
      const size = sizeOfAll(slices);
      const [source, target] = [slicesOf(uploadId), pathOf(key)];
      if ((await statOf(target))?.size === size) return;
      const stored = (await statOf(source))?.size ?? 0;
      if (stored < size) throw new Error(`upload ${uploadId} has ${stored} of ${size} bytes`);
      // A copy (of references, where the file system can): a late repeat of a slice must not reach the object.
      await turn(() =>
        files.place(target, async aside => {
          await copyFile(source, aside, constants.COPYFILE_FICLONE);
          await truncate(aside, size);
        }),
      );
    },

    async dropSlices(uploadId) {
      await rm(slicesOf(uploadId), { force: true });
    },
  };
}

async function openRange(path: string, range?: { start: number; end: number }) {
  const handle = await open(path, 'r');
  let stream: Readable | 'beyond' | null = null;
  try {
    const found = await handle.stat();
    if (range && found.isFile() && range.start >= found.size) stream = 'beyond';
    else if (found.isFile()) stream = handle.createReadStream(range ?? {});
  } finally {
    // Else it is the stream's, which closes it however it ends.
    if (stream === null || stream === 'beyond') await handle.close();
  }
  return stream;
}

const orNull = <T>(promise: Promise<T>): Promise<T | null> =>
  promise.catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });

async function statOf(path: string): Promise<ObjectStat | null> {
  const found = await orNull(stat(path, { bigint: true }));
  if (!found?.isFile()) return null;
  const { size, mtimeNs, mtime, ino } = found;
  // Every write makes a new file, so two of them within one tick of the clock still differ in their inode.
  const etag = [size, mtimeNs, ino].map(part => part.toString(36)).join('-');
  return { size: Number(size), etag, modifiedAt: mtime };
}

async function writeAt(handle: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}

/** Files below a folder, read as they are asked for; those that vanish meanwhile are left out. */
async function* walk(folder: string, prefix: string): AsyncGenerator<ObjectStat & { key: string }> {
  const entries = await orNull(opendir(folder));
  if (!entries) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, `${prefix}${entry.name}/`);
    else if (entry.isFile()) {
      const found = await statOf(path);
      if (found) yield { key: prefix + entry.name, ...found };
    }
  }
}
