import { existsSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MOUNT } from './paths.ts';
import { say } from './root.ts';
import { writeSettings } from './settings.ts';
import { copyTemplate } from './template.ts';

/** Takes a dbPath for this process and returns its PostgreSQL data directory, filled and set up. */
export async function openDbPath(dbPath: string): Promise<{ dataDirectory: string; release(): void }> {
  if (!existsSync(dbPath)) {
    throw new Error(`exception in initAndListen: NonExistentPath: Data directory ${dbPath} not found.`);
  }
  const lock = join(dbPath, 'mongod.lock');
  takeLock(lock, dbPath);
  const dataDirectory = join(dbPath, 'postgres');
  if (existsSync(dataDirectory)) await endStalePostgres(dataDirectory);
  else await copyTemplate(dataDirectory);
  writeSettings(dataDirectory);
  return { dataDirectory, release: () => rmSync(lock, { force: true }) };
}

/** The lock names its process by number and start time, since numbers are used again. */
function takeLock(lock: string, dbPath: string): void {
  const mine = `${process.pid} ${startTime(process.pid)}\n`;
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      writeFileSync(lock, mine, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid, started] = readFileSync(lock, 'utf8').trim().split(' ');
    if (pid && startTime(Number(pid)) === started) {
      throw new Error(
        `exception in initAndListen: DBPathInUse: ${dbPath} is in use by the mongod with pid ${pid}`,
      );
    }
    rmSync(lock, { force: true });
  }
  throw new Error(`exception in initAndListen: DBPathInUse: ${lock} cannot be taken`);
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may hold spaces; the start time is the 20th word after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Ends a PostgreSQL whose gateway is gone, and waits for it: two on one directory would ruin it. */
async function endStalePostgres(dataDirectory: string): Promise<void> {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!isPostgres(pid, dataDirectory)) {
    rmSync(pidFile, { force: true });
    return;
  }
  say(`waiting for the PostgreSQL with pid ${pid}, which has lost its mongod`);
  process.kill(pid, 'SIGQUIT');
  for (let attempt = 0; isPostgres(pid, dataDirectory); attempt++) {
    if (attempt === 1000) throw new Error(`the PostgreSQL with pid ${pid} does not end`);
    await delay(10);
  }
  rmSync(pidFile, { force: true });
}

/** Whether the process is a PostgreSQL that has this very directory mounted as its data. */
function isPostgres(pid: number, dataDirectory: string): boolean {
  try {
    if (!readlinkSync(`/proc/${pid}/exe`).endsWith('/postgres')) return false;
    const mounted = statSync(`/proc/${pid}/root${MOUNT}`);
    const own = statSync(dataDirectory);
    return mounted.ino === own.ino && mounted.dev === own.dev;
  } catch {
    return false;
  }
}
