import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnInside } from './inside.ts';
import { MOUNT } from './paths.ts';
import { PgConnection } from './pg-connection.ts';
import { PostgresError } from './pg-error.ts';
import { PgPool } from './pg-pool.ts';
import { CONNECTIONS } from './settings.ts';

export interface Postgres {
  pool: PgPool;
  /** Settles when the server has ended, for whatever reason. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;

/** Starts PostgreSQL on a data directory and waits until it answers. */
export async function startPostgres(dataDirectory: string): Promise<Postgres> {
  const log = openSync(`${dataDirectory}.log`, 'a');
  const child = spawnInside(dataDirectory, ['postgres', '-D', MOUNT], { stdio: ['ignore', log, log] });
  closeSync(log);
  let running = true;
  const ended = once(child, 'exit').finally(() => (running = false));
  // Through /proc, because the path of a socket is limited to about 100 bytes and a dbPath is not.
  const socketPath = `/proc/${child.pid}/root${MOUNT}/.s.PGSQL.5432`;
  const limit = Date.now() + START_LIMIT_MS;
  while (!(await answers(socketPath))) {
    if (!running) throw new Error(`postgres ended while starting; see ${dataDirectory}.log`);
    if (Date.now() > limit) throw new Error(`postgres did not start in time; see ${dataDirectory}.log`);
    await delay(10);
  }
  const pool = new PgPool(socketPath, CONNECTIONS);
  const stop = async (): Promise<void> => {
    pool.close();
    // The "fast" shutdown: open transactions are rolled back, and a checkpoint is written.
    if (running) child.kill('SIGINT');
    await ended;
  };
  return { pool, ended, stop };
}

async function answers(socketPath: string): Promise<boolean> {
  try {
    (await PgConnection.open(socketPath)).close();
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const starting = error instanceof PostgresError && error.sqlState === '57P03';
    if (starting || code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES') return false;
    throw error;
  }
}
