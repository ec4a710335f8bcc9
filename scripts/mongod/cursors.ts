import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { queryOn } from './commands/limits.ts';
import { CommandError } from './errors.ts';
import type { Parameter, Row } from './pg-connection.ts';
import type { PgPool } from './pg-pool.ts';
import type { Request } from './wire.ts';

/**
 * The open cursors. PostgreSQL's answer says where each one goes on, so that any connection can continue
 * it; results that had to be sorted or grouped wait in a file of PostgreSQL's.
 */

interface Cursor {
  database: string;
  continuation: Buffer;
  inFile: boolean;
  usedAt: number;
  busy: boolean;
}

const IDLE_LIMIT_MS = 10 * 60_000;
const GET_MORE = 'SELECT cursorpage, continuation FROM documentdb_api.cursor_get_more($1, $2, $3)';

export class Cursors {
  readonly #open = new Map<bigint, Cursor>();
  readonly #pool: PgPool;
  readonly #files: string;

  constructor(pool: PgPool, dataDirectory: string) {
    this.#pool = pool;
    this.#files = join(dataDirectory, 'pg_documentdb_cursor_files');
  }

  get count(): number {
    return this.#open.size;
  }

  /** Runs a query that begins a cursor; its row is (page, continuation, persist, cursorId). */
  async first(text: string, parameters: readonly Parameter[], request: Request): Promise<Buffer> {
    const connection = await this.#pool.take();
    try {
      const [row] = await queryOn(connection, request, text, parameters);
      const [page, continuation, persist, cursorId] = row as Row;
      if (!page) throw new CommandError(1, 'the cursor has no first page');
      if (continuation && cursorId) {
        if (persist?.[0] === 1) throw new CommandError(1, 'a cursor cannot keep its connection');
        const id = cursorId.readBigInt64BE(0);
        this.#open.set(id, {
          database: request.database,
          continuation,
          inFile: continuation.includes(`cursor_${id}`),
          usedAt: Date.now(),
          busy: false,
        });
      }
      return page;
    } finally {
      this.#pool.give(connection);
    }
  }

  async next(id: bigint, database: string, spec: Buffer): Promise<Buffer> {
    const cursor = this.#open.get(id);
    if (!cursor || cursor.database !== database) throw new CommandError(43, `cursor id ${id} not found`);
    if (cursor.busy) throw new CommandError(143, `cursor id ${id} is already in use`);
    cursor.busy = true;
    try {
      const [row] = await this.#pool.query(GET_MORE, [database, spec, cursor.continuation]);
      const [page, continuation] = row as Row;
      if (!page) throw new CommandError(43, `cursor id ${id} not found`);
      if (continuation) cursor.continuation = continuation;
      else this.kill(id);
      return page;
    } catch (error) {
      this.kill(id);
      throw error;
    } finally {
      cursor.busy = false;
      cursor.usedAt = Date.now();
    }
  }

  kill(id: bigint): boolean {
    const cursor = this.#open.get(id);
    if (!cursor) return false;
    this.#open.delete(id);
    if (cursor.inFile) void rm(join(this.#files, `cursor_${id}`), { force: true }).catch(() => undefined);
    return true;
  }

  killIdle(now = Date.now()): void {
    for (const [id, cursor] of this.#open) {
      if (!cursor.busy && now - cursor.usedAt > IDLE_LIMIT_MS) this.kill(id);
    }
  }
}
