import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { API_KEY, SECRET } from './engine.ts';

/** Servers and databases as processes of their own, which tests may kill. */

const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const MONGOD = process.env['MONGOMS_SYSTEM_BINARY'] ?? inProject('scripts/mongod/mongod');

export interface Running {
  child: ChildProcess;
  /** Lines of its log that tell of a fault of its own. */
  faults: string[];
  /** Ends it at once, and resolves when it and all that it had started are gone. */
  kill(): Promise<void>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves as soon as `look` says yes; looks again every 20 ms. */
export async function eventually(
  what: string,
  look: () => boolean | Promise<boolean>,
  patience = 60_000,
): Promise<void> {
  const until = Date.now() + patience;
  while (!(await look())) {
    if (Date.now() > until) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** A database server on this port with its data in this folder. */
export async function startDatabase(
  dbPath: string,
  port: number,
  env: Record<string, string> = {},
): Promise<Running> {
  const options = ['--port', String(port), '--dbpath', dbPath, '--bind_ip', '127.0.0.1', '--noauth'];
  return start(MONGOD, options, { ...process.env, ...env }, line => line.includes('Waiting for connections'));
}

/** The whole server, as `npm start` runs it, with an embedded database in this folder unless `more` names another. */
export async function startServer(
  dataDir: string,
  port: number,
  more: Record<string, string> = {},
): Promise<Running & { url: string; databasePid(): number }> {
  const limits = [
    'EVENTS_PER_SECOND',
    'SENDS_PER_SECOND',
    'CONNECTIONS_PER_USER',
    'CONNECTIONS_PER_ADDRESS',
    'INVITES_PER_HOUR',
  ];
  const env = {
    ...process.env,
    ...Object.fromEntries(limits.map(name => [name, '0'])),
    NODE_ENV: 'test',
    DEV: 'false',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    JWT_SECRET: SECRET,
    CHAT_API_KEY: API_KEY,
    LOG_LEVEL: 'info',
    MONGOD_FSYNC: 'on',
    MONGOMS_SYSTEM_BINARY: MONGOD,
    ...more,
  };
  const running = await start(process.execPath, ['--import', 'tsx', inProject('src/main.ts')], env, line =>
    line.includes('"msg":"ready"'),
  );
  const database = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--dbpath');
  return {
    ...running,
    url: `http://127.0.0.1:${port}`,
    databasePid: () => descendantsOf(running.child.pid!).find(pid => isAlive(pid) && database(pid))!,
  };
}

async function start(
  command: string,
  options: string[],
  env: NodeJS.ProcessEnv,
  isReady: (line: string) => boolean,
): Promise<Running> {
  const child = spawn(command, options, { cwd: inProject(''), env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const faults: string[] = [];
  const exited = once(child, 'exit');
  child.stderr.on('data', chunk => (said += String(chunk)));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      said = (said + line).slice(-4_000);
      if (line.includes('"msg":"unexpected error"')) faults.push(line);
      if (isReady(line)) resolve();
    });
    void exited.then(() => reject(new Error(`${command} ${options.join(' ')} ended: ${said}`)));
  });
  await ready;
  return {
    child,
    faults,
    async kill() {
      const family = descendantsOf(child.pid!);
      child.kill('SIGKILL');
      await exited;
      await eventually('the end of what was killed', () => !family.some(isAlive));
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
}

/** A process that ended and was not waited for yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter(entry => /^\d+$/.test(entry))) {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))![1]);
      parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const found = parents.get(pid) ?? [];
  for (const child of found) found.push(...(parents.get(child) ?? []));
  return found;
}
