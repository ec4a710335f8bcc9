import { chownSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { MOUNT, paths } from './paths.ts';
import { startPostgres } from './postgres.ts';
import { postgresUser, say } from './root.ts';
import { runInside } from './inside.ts';
import { mustRun } from './run.ts';
import { syncsToDisk, writeSettings } from './settings.ts';

/** Makes the data directory that every new dbPath starts from, which saves each of them two seconds. */
export async function buildTemplate(): Promise<void> {
  say('making an empty database as the template');
  const unfinished = `${paths.template}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const { uid, gid } = postgresUser();
  chownSync(unfinished, uid, gid);
  await runInside(unfinished, [
    'initdb',
    `--pgdata=${MOUNT}`,
    '--no-sync',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--wal-segsize=4',
  ]);
  writeSettings(unfinished);
  const postgres = await startPostgres(unfinished);
  await postgres.pool.query('CREATE EXTENSION documentdb CASCADE');
  // The databases that others would be made from are never used, and are more than half of the files.
  await postgres.pool.query("UPDATE pg_database SET datistemplate = false WHERE datname <> 'postgres'");
  await postgres.pool.query('DROP DATABASE template0');
  await postgres.pool.query('DROP DATABASE template1');
  await postgres.stop();
  // Leaves one small file of the write-ahead log to copy.
  await runInside(unfinished, ['pg_resetwal', MOUNT]);
  rmSync(`${unfinished}.log`, { force: true });
  renameSync(unfinished, paths.template);
}

/** Fills a new data directory from the template; a half-filled one is never taken for a whole one. */
export async function copyTemplate(dataDirectory: string): Promise<void> {
  const unfinished = `${dataDirectory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await mustRun('cp', ['-a', '--reflink=auto', paths.template, unfinished]);
  if (syncsToDisk) await runInside(unfinished, ['initdb', `--pgdata=${MOUNT}`, '--sync-only']);
  renameSync(unfinished, dataDirectory);
}
