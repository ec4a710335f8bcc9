import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { MOUNT, PG_BIN, paths } from './paths.ts';

/**
 * Mounts the data directory and becomes PostgreSQL's user. Everything is an exec, so the process that
 * was spawned is the program itself in the end. The mount is visible to this process tree only.
 * When the gateway dies, the kernel sends SIGQUIT: PostgreSQL leaves at once, as after a crash, and
 * nothing is left running. If it has died before that was agreed, nothing is started.
 */
const ENTER = `
set -e
mount --bind "$1" "$2$3"
root=$2
shift 3
exec chroot "$root" setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig QUIT \\
  sh -c '[ "$PPID" = "$0" ] && exec "$@"' "$@"
`;

/** Starts a program of PostgreSQL inside the root, with `dataDirectory` mounted at MOUNT. */
export function spawnInside(dataDirectory: string, words: string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...args] = words;
  return spawn(
    'unshare',
    [
      '--mount',
      'sh',
      '-c',
      ENTER,
      'sh',
      dataDirectory,
      paths.root,
      MOUNT,
      String(process.pid),
      `${PG_BIN}/${program}`,
      ...args,
    ],
    { ...options, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } },
  );
}

export function runInside(dataDirectory: string, words: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawnInside(dataDirectory, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout?.on('data', chunk => (output += String(chunk)));
    child.stderr?.on('data', chunk => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) resolve();
      else reject(new Error(`${words[0]} failed (exit code ${code}): ${output.trim().slice(-2000)}`));
    });
  });
}
