import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, open, opendir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Nothing writes to a temporary file for so long; whoever made it is dead. */
const STALE = 3_600_000;
/** A folder that `prune` takes away between making it and moving into it is made again. */
const TRIES = 20;

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** True for what a path that leads nowhere, or through a file, answers. */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/** Makes the directory entries of a folder durable: a file can be synced and still lose its name in a crash. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch((error: unknown) => {
    if (isAbsent(error)) return null;
    throw error;
  });
  // What is gone by now was removed on purpose, with what was in it.
  if (!handle) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Files that appear whole: written aside in `temporary`, synced, then moved to their place below `home`. */
export class Aside {
  private readonly home: string;
  private readonly temporary: string;

  constructor(home: string, temporary: string) {
    this.home = home;
    this.temporary = temporary;
    for (const folder of [home, temporary]) mkdirSync(folder, { recursive: true });
  }

  /** `fill` begins in this turn, so that a stream that it takes is never without a listener. */
  async place(target: string, fill: (aside: string) => Promise<void>): Promise<void> {
    const aside = join(this.temporary, randomUUID());
    try {
      await fill(aside);
      const handle = await open(aside, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.move(aside, target);
    } finally {
      await rm(aside, { force: true });
    }
  }

  private async move(aside: string, target: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await mkdir(dirname(target), { recursive: true });
        await rename(aside, target);
        break;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || tries === TRIES) throw error;
      }
    }
    // All the way up: whoever made one of these folders a moment ago may not have synced it yet.
    for (let folder = dirname(target); ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === this.home) return;
    }
  }

  /** Takes away the folders above `path` that are empty now. */
  async prune(path: string): Promise<void> {
    for (let folder = dirname(path); folder !== this.home; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch (error) {
        if (isAbsent(error) || ['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return;
        throw error;
      }
    }
  }

  /** Removes what writers left behind that died. */
  async sweep(): Promise<void> {
    for await (const { name } of await opendir(this.temporary)) {
      const path = join(this.temporary, name);
      const { mtimeMs } = await stat(path).catch((error: unknown) => {
        if (isAbsent(error)) return { mtimeMs: Infinity };
        throw error;
      });
      if (Date.now() - mtimeMs > STALE) await rm(path, { recursive: true, force: true });
    }
  }
}
