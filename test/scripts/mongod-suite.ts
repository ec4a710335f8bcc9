import { expect } from 'chai';
import {
  MongoClient,
  type Collection,
  type Db,
  type Document,
  type MongoServerError,
  type ObjectId,
} from 'mongodb';
import {
  newDbPath,
  prepareMongod,
  removeDbPath,
  startMongod,
  stopMongod,
  type Mongod,
} from './mongod-process.ts';

/** Documents of these tests have whatever _id they like. */
export type Doc = Document & { _id?: string | number | ObjectId };

let client: MongoClient;

export function database(): Db {
  return client.db();
}

export function collection(name: string): Collection<Doc> {
  return database().collection<Doc>(name);
}

/** Gives the tests of a suite a server of their own, which does not wait for the disk. */
export function useMongod(): void {
  let server: Mongod | undefined;
  const dbPath = newDbPath();

  before(async function () {
    if (process.getuid?.() !== 0) return this.skip();
    this.timeout(240_000);
    prepareMongod();
    server = await startMongod(dbPath, { MONGOD_FSYNC: 'off', MONGOD_TTL_SECONDS: '1' });
    client = await MongoClient.connect(server.uri, { maxPoolSize: 40 });
  });

  after(async () => {
    if (server) {
      await client.close();
      await stopMongod(server);
    }
    removeDbPath(dbPath);
  });
}

export async function failure(work: Promise<unknown>): Promise<MongoServerError & Document> {
  return work.then(
    () => expect.fail('it succeeded'),
    error => error as MongoServerError & Document,
  );
}

export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
