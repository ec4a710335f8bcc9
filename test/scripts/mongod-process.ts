import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts and ends the stand-in as a process of its own, as its users do. */

export const executable = fileURLToPath(new URL('../../scripts/mongod/mongod', import.meta.url));

export interface Mongod {
  process: ChildProcess;
  uri: string;
  exited: Promise<unknown>;
}

export function newDbPath(): string {
  return mkdtempSync(join(tmpdir(), 'mongod-test-'));
}

export function removeDbPath(dbPath: string): void {
  rmSync(dbPath, { recursive: true, force: true });
}

export function prepareMongod(): void {
  const { status } = spawnSync(executable, ['--prepare'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('mongod --prepare failed');
}

export async function startMongod(dbPath: string, env: Record<string, string> = {}): Promise<Mongod> {
  const child = spawn(executable, ['--port', '0', '--dbpath', dbPath, '--bind_ip', '127.0.0.1', '--noauth'], {
    env: { ...process.env, MONGOD_FSYNC: 'on', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr.on('data', chunk => (complaints += String(chunk)));
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /Waiting for connections on port (\d+)/.exec(line)?.[1];
    if (port) return { process: child, uri: `mongodb://127.0.0.1:${port}/test`, exited };
  }
  throw new Error(`mongod did not start: ${complaints}`);
}

/** Ends it as mongodb-memory-server does; returns the exit code. */
export async function stopMongod(mongod: Mongod): Promise<number | null> {
  mongod.process.kill('SIGINT');
  await mongod.exited;
  return mongod.process.exitCode;
}
