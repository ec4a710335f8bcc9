import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { debianMirror } from './mirror.ts';
import { MOUNT, paths } from './paths.ts';
import { run, mustRun } from './run.ts';
import { requireRootUser, say } from './root.ts';
import { buildTemplate } from './template.ts';

/** Unpacks PostgreSQL with DocumentDB once for this user, and makes the template data directory. */

const executable = fileURLToPath(new URL('mongod', import.meta.url));

export async function prepare(): Promise<void> {
  if (isPrepared()) return;
  requireRootUser();
  mkdirSync(paths.cache, { recursive: true });
  // The lock is the kernel's, so it cannot be left behind by a process that was killed.
  const { code } = await run('flock', [paths.lock, executable, '--prepare-locked'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (code !== 0 || !isPrepared())
    throw new Error('PostgreSQL with DocumentDB could not be unpacked (see above)');
}

/** The part of `prepare` that runs while the lock is held. */
export async function prepareLocked(): Promise<void> {
  if (!existsSync(paths.root)) await unpackRoot();
  if (!existsSync(paths.template)) await buildTemplate();
}

function isPrepared(): boolean {
  return existsSync(paths.root) && existsSync(paths.template);
}

async function unpackRoot(): Promise<void> {
  const mirror = debianMirror();
  if (!existsSync('/usr/bin/apt-get') || !mirror) {
    throw new Error('needs Debian with apt and a Debian mirror in /etc/apt; use a real mongod instead');
  }
  say('first start: unpacking PostgreSQL with DocumentDB from Debian packages, about a minute');
  await requireMmdebstrap();
  const unfinished = `${paths.root}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    await mustRun('mmdebstrap', [
      '--mode=root',
      '--variant=apt',
      '--aptopt=Acquire::Check-Valid-Until "false"',
      ...(await proxyOptions()),
      '--include=postgresql-18-documentdb',
      'forky',
      unfinished,
      mirror,
    ]);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Error(
      `Debian's packages could not be fetched from the configured mirror: ${(error as Error).message}`,
      { cause: error },
    );
  }
  mkdirSync(unfinished + MOUNT, { recursive: true });
  rmSync(`${unfinished}/usr/share/doc`, { recursive: true, force: true });
  renameSync(unfinished, paths.root);
  say('unpacked');
}

/** mmdebstrap starts from an empty configuration: a proxy that apt was told of must be passed on. */
async function proxyOptions(): Promise<string[]> {
  const { output } = await run('apt-config', [
    'dump',
    '--no-empty',
    'Acquire::http::Proxy',
    'Acquire::https::Proxy',
  ]);
  const lines = output.split('\n').map(line => line.trim().replace(/;$/, ''));
  return lines.filter(line => /^Acquire::https?::Proxy "/.test(line)).map(line => `--aptopt=${line}`);
}

async function requireMmdebstrap(): Promise<void> {
  if (existsSync('/usr/bin/mmdebstrap')) return;
  say('installing mmdebstrap with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', 'mmdebstrap'];
  if ((await run('apt-get', install, { env })).code === 0) return;
  await mustRun('apt-get', ['update'], { env });
  await mustRun('apt-get', install, { env });
}
