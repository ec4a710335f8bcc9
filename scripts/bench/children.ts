import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { collectGarbage } from './inspector.ts';
import { sleep } from './stats.ts';

/** All that a server gets of the caller's environment: what else is set there must not change what is measured. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/** Every child of this process: whatever happens, none of them outlives the bench. */
const alive = new Set<ChildProcess>();

process.on('exit', killChildren);

export function killChildren(): void {
  for (const child of alive) child.kill('SIGKILL');
}

export function keepTrack(child: ChildProcess): void {
  alive.add(child);
  child.once('exit', () => alive.delete(child));
}

/** Ends a child politely, and after `patienceMs` by force. */
export async function stopChild(child: ChildProcess, patienceMs = 12_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(timer);
}

export interface Server {
  url: string;
  pid: number;
  /** Rejects when the server ends before it was told to; race it with whatever waits for the server. */
  died: Promise<never>;
  /** Makes the server collect its garbage; only for one that was started with `inspect`. */
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerCommand {
  name: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  readyWithinMs: number;
  /** Opens V8's inspector on the loopback, for `collectGarbage`. */
  inspect?: boolean;
}

/** Starts a server on a free port of the loopback and waits until `GET /readyz` answers 200. */
export async function startServer(command: ServerCommand): Promise<Server> {
  const port = await freePort();
  const env: NodeJS.ProcessEnv = { PORT: String(port), HOST: '127.0.0.1' };
  for (const key of PASSED_ON) if (process.env[key] !== undefined) env[key] = process.env[key];
  const inspectorPort = command.inspect ? await freePort() : 0;
  const inspect = command.inspect ? [`--inspect=127.0.0.1:${inspectorPort}`] : [];
  const child = spawn(process.execPath, [...inspect, ...command.args], {
    cwd: command.cwd,
    env: { ...env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  keepTrack(child);
  const tail = keepTail(child);
  let stopping = false;
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new Error(`ended by itself (${signal ?? code})\n${tail()}`));
    });
  });
  died.catch(() => undefined); // told to whoever races it; nobody may be listening at that moment
  const url = `http://127.0.0.1:${port}`;
  const stop = () => {
    stopping = true;
    return stopChild(child);
  };
  try {
    await Promise.race([died, untilReady(url, command.readyWithinMs, tail)]);
  } catch (error) {
    await stop();
    throw new Error(`did not start: ${(error as Error).message}`, { cause: error });
  }
  return { url, pid: child.pid ?? -1, died, collectGarbage: () => collectGarbage(inspectorPort), stop };
}

async function untilReady(url: string, withinMs: number, tail: () => string): Promise<void> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(100)) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
  }
  throw new Error(`not ready after ${withinMs / 1000} s\n${tail()}`);
}

/** The last lines that a child wrote, for the message when it fails. */
function keepTail(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text.trim().split('\n').slice(-20).join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
