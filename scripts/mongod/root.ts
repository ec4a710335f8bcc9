import { readFileSync } from 'node:fs';
import { paths } from './paths.ts';

export function requireRootUser(): void {
  if (process.getuid?.() === 0) return;
  throw new Error(
    'must run as root: PostgreSQL is unpacked and started in a root folder of its own; use a real mongod instead',
  );
}

/** The numeric user and group that the packages made for PostgreSQL. */
export function postgresUser(): { uid: number; gid: number } {
  const line = readFileSync(`${paths.root}/etc/passwd`, 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m);
  if (!line) throw new Error(`no user postgres in ${paths.root}`);
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

export function say(text: string): void {
  process.stderr.write(`mongod: ${text}\n`);
}
