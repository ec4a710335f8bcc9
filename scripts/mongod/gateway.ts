import type { Document } from 'bson';
import type { Cursors } from './cursors.ts';
import type { CollectionLocks } from './locks.ts';
import type { PgPool } from './pg-pool.ts';
import type { Request } from './wire.ts';

/** What a command needs to do its work. */
export interface Gateway {
  pool: PgPool;
  cursors: Cursors;
  locks: CollectionLocks;
  startedAt: Date;
  argv: string[];
  /** Where the server listens. */
  hosts: string[];
  port: number;
  /** Begins the end of the process; the reply is still sent. */
  shutDown(): void;
}

/** One command: it answers with a document, or with BSON as it came from PostgreSQL. */
export type Command = (request: Request, gateway: Gateway) => Promise<Document | Buffer> | Document | Buffer;
