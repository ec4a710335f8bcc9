import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { MongoBinary, MongoMemoryServer } from 'mongodb-memory-server-core';
import {
  ResolveConfigVariables,
  setDefaultValue,
} from 'mongodb-memory-server-core/lib/util/resolveConfig.js';
import { fileURLToPath } from 'node:url';

/** Unpacking the fallback engine at its first start takes about a minute. */
const LAUNCH_TIMEOUT = 300_000;
const FALLBACK = fileURLToPath(new URL('../../scripts/mongod/mongod', import.meta.url));

export interface EmbeddedOptions {
  dataDir: string;
  /** MONGOMS_SYSTEM_BINARY. */
  systemBinary: string | null;
  /** The PATH. */
  path: string;
}

export interface Embedded {
  uri: string;
  /** What runs, for the log and /readyz. */
  engine: string;
  stop(): Promise<void>;
}

/**
 * Starts a database server of our own with its data in `dataDir`, which survives restarts.
 * The server is a real `mongod` where one can be had (MONGOMS_SYSTEM_BINARY, PATH, the download cache, a download),
 * else the drop-in of scripts/mongod. Throws one message that names all ways when none works.
 */
export async function startEmbedded(where: EmbeddedOptions): Promise<Embedded> {
  const { binary, engine } = await findBinary(where);
  const dbPath = resolve(where.dataDir, 'db');
  mkdirSync(dbPath, { recursive: true });
  try {
    const server = await MongoMemoryServer.create({
      binary: { systemBinary: binary, checkMD5: false },
      instance: { dbPath, storageEngine: 'wiredTiger', launchTimeout: LAUNCH_TIMEOUT },
    });
    return {
      uri: server.getUri('madang'),
      engine,
      stop: async () => void (await server.stop({ doCleanup: false })),
    };
  } catch (error) {
    throw new Error(`${NO_DATABASE}\n(${binary}: ${(error as Error).message})`, { cause: error });
  }
}

const NO_DATABASE = [
  'No database could be started. There are four ways to give Madang one:',
  '  1. MONGODB_URI=mongodb://… names a server that runs already;',
  '  2. MONGOMS_SYSTEM_BINARY=/path/to/mongod, or a mongod on the PATH, names a program to start;',
  '  3. a network on which mongodb-memory-server can download a mongod;',
  '  4. Debian or Ubuntu as root: scripts/mongod unpacks DocumentDB from the Debian archive and runs it.',
].join('\n');

async function findBinary({
  systemBinary,
  path,
}: EmbeddedOptions): Promise<{ binary: string; engine: string }> {
  if (systemBinary) return { binary: systemBinary, engine: `mongod (${systemBinary})` };
  const onPath = path
    .split(delimiter)
    .map(folder => join(folder, 'mongod'))
    .find(isExecutable);
  if (onPath) return { binary: onPath, engine: `mongod (${onPath})` };
  const downloaded = await download();
  if (downloaded) return { binary: downloaded, engine: 'mongod (downloaded)' };
  return { binary: FALLBACK, engine: 'DocumentDB (scripts/mongod)' };
}

/** From the cache of earlier downloads, or fresh; null where there is no way to get one. */
async function download(): Promise<string | null> {
  setDefaultValue(ResolveConfigVariables.MAX_RETRIES, '0');
  try {
    return await MongoBinary.getPath({});
  } catch {
    return null;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
