import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded, type Embedded } from '../../src/storage/embedded.ts';

let running: Promise<Embedded> | null = null;
let folder: string | null = null;

/** One database server for the whole run; each caller takes a database of its own in it. */
export async function databaseUri(name: string): Promise<string> {
  // Tests are about order and content; that acked writes survive a kill is proven by the long ones, with fsync on.
  process.env['MONGOD_FSYNC'] ??= 'off';
  folder ??= mkdtempSync(join(tmpdir(), 'madang-test-'));
  running ??= startEmbedded({
    dataDir: folder,
    systemBinary: process.env['MONGOMS_SYSTEM_BINARY'] ?? null,
    path: process.env['PATH'] ?? '',
  });
  return (await running).uri.replace(/\/madang(\?|$)/, `/${name}$1`);
}

export async function stopDatabase(): Promise<void> {
  if (running) await (await running).stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}
