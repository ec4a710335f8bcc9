import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { MongoMemoryServer } from 'mongodb-memory-server-core';
import { within } from './stats.ts';
import { removeFolder, tempFolder } from './temp.ts';

/** The database that engine and naive share, each in databases of its own, so that both pay the same for durability. */
export interface Database {
  /** What runs there, for the head of the report. */
  kind: string;
  /** Process whose tree is charged as "database CPU"; unknown when the database is not ours. */
  pid: number | undefined;
  uri(name: string): string;
  stop(): Promise<void>;
}

/** Starts one, or takes `BENCH_MONGODB_URI`. Throws with what can be done when there is neither. */
export async function startDatabase(): Promise<Database> {
  const given = process.env['BENCH_MONGODB_URI'];
  return given ? external(given) : embedded();
}

async function external(given: string): Promise<Database> {
  const uri = (name: string) => {
    const url = new URL(given);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    kind: `${await describe(given)} at BENCH_MONGODB_URI`,
    pid: undefined,
    uri,
    stop: async () => undefined,
  };
}

async function embedded(): Promise<Database> {
  const systemBinary = findBinary();
  const dbPath = tempFolder('db');
  try {
    const server = await MongoMemoryServer.create({
      binary: { systemBinary },
      // The drop-in unpacks its files at its first start, which takes longer than a mongod's.
      instance: { dbPath, storageEngine: 'wiredTiger', launchTimeout: 180_000 },
    });
    return {
      kind: await describe(server.getUri()),
      pid: server.instanceInfo?.instance.mongodProcess?.pid,
      uri: name => server.getUri(name),
      stop: async () => {
        await within(30_000, 'stop of the database', server.stop({ doCleanup: false })).catch(
          () => undefined,
        );
        removeFolder(dbPath);
      },
    };
  } catch (error) {
    removeFolder(dbPath);
    throw error;
  }
}

/** `MONGOMS_SYSTEM_BINARY`, a `mongod` on PATH, or the drop-in of this repository: the order in which the engine looks too. */
function findBinary(): string {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'mongod'));
  const dropIn = join(dirname(fileURLToPath(import.meta.url)), '..', 'mongod', 'mongod');
  const candidates = [process.env['MONGOMS_SYSTEM_BINARY'], ...onPath, dropIn];
  const found = candidates.find(file => file !== undefined && isProgram(file));
  if (found) return found;
  throw new Error(
    'no database: set BENCH_MONGODB_URI, or MONGOMS_SYSTEM_BINARY, or put a mongod on the PATH',
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function describe(uri: string): Promise<string> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const info = await client.db('admin').command({ buildInfo: 1 });
    const engine: unknown = info['storageEngines'] ?? info['modules'] ?? [];
    return `MongoDB protocol ${String(info['version'])} (${JSON.stringify(engine)})`;
  } finally {
    await client.close();
  }
}

/** Leaves nothing behind in a database that may be somebody's. */
export async function dropDatabase(database: Database, name: string): Promise<void> {
  const client = new MongoClient(database.uri(name), { serverSelectionTimeoutMS: 5_000 });
  try {
    await within(30_000, `drop of ${name}`, client.db(name).dropDatabase());
  } catch {
    // Not worth a failed run: an embedded one is removed whole, and in another the name tells whose it is.
  } finally {
    await client.close();
  }
}
