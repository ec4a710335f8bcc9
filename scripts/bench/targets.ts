import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, type Server } from './children.ts';
import { dropDatabase, type Database } from './database.ts';
import type { Options, TargetName } from './options.ts';
import { removeFolder, tempFolder } from './temp.ts';
import { API_KEY, JWT_SECRET } from './tokens.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');

/** One running server under test. */
export interface Target extends Server {
  name: TargetName;
  /** Where its database is, for what is filled in directly; bare has none. */
  mongoUri: string | undefined;
  /** Stops the server and starts it again on the same data, for what must be read from the database anew. */
  restart(): Promise<void>;
}

/** The engine with its rates lifted: the bench measures what it can do, not what it permits. */
const ENGINE_ENV = {
  JWT_SECRET,
  CHAT_API_KEY: API_KEY,
  PROTOCOLS: 'chat,platform',
  LOG_LEVEL: 'warn',
  EVENTS_PER_SECOND: '0',
  SENDS_PER_SECOND: '0',
  CONNECTIONS_PER_USER: '0',
  CONNECTIONS_PER_ADDRESS: '0',
  NEW_ROOMS_PER_HOUR: '0',
  INVITES_PER_HOUR: '0',
  UPLOAD_BYTES_PER_SECOND: '0',
  UPLOAD_BYTES_PER_DAY: '0',
};

/** Why a target cannot run here at all, so that the report says it instead of failing in each scenario. */
export function obstacle(name: TargetName, database: Database | undefined): string | undefined {
  if (name === 'engine' && !existsSync(join(root, 'src', 'main.ts'))) return 'src/main.ts does not exist yet';
  if (name !== 'bare' && !database) return 'there is no database';
  return undefined;
}

export interface StartOptions {
  /** Names the run in the database and in profiles. */
  label: string;
  inspect?: boolean;
}

/** Starts one target with an empty database of its own; `stop` removes that again. */
export async function startTarget(
  name: TargetName,
  { label, inspect = false }: StartOptions,
  options: Options,
  database?: Database,
): Promise<Target> {
  const scratch = tempFolder(name);
  const databaseName = `bench_${name}_${label.replaceAll('-', '_')}_${process.pid}`;
  const mongoUri = name === 'bare' ? undefined : database?.uri(databaseName);
  const script = name === 'engine' ? join(root, 'src', 'main.ts') : join(here, `${name}.ts`);
  const env = {
    ...(name === 'engine' ? { ...ENGINE_ENV, DATA_DIR: scratch } : {}),
    ...(mongoUri ? { MONGODB_URI: mongoUri } : {}),
  };
  const command = {
    name,
    args: [...profiling(options, `${name}-${label}`), '--import', 'tsx', script],
    env,
    cwd: root,
    readyWithinMs: 90_000,
    inspect,
  };
  const forget = async () => {
    if (database && mongoUri) await dropDatabase(database, databaseName);
    removeFolder(scratch);
  };
  let server = await startServer(command).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  const target: Target = {
    ...server,
    name,
    mongoUri,
    restart: async () => {
      await server.stop();
      server = await startServer(command);
      Object.assign(target, { url: server.url, pid: server.pid, died: server.died });
    },
    stop: async () => {
      await server.stop();
      await forget();
    },
  };
  return target;
}

function profiling(options: Options, label: string): string[] {
  if (!options.profile) return [];
  // A folder each, for every thread writes a profile of its own: the largest one is the server's.
  const folder = join(options.profile, label);
  mkdirSync(folder, { recursive: true });
  return ['--cpu-prof', '--cpu-prof-dir', folder];
}
