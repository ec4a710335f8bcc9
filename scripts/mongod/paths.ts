import { homedir } from 'node:os';
import { join } from 'node:path';

/** Raised when what is unpacked or the template changes, so that old ones are not used. */
const ROOT_VERSION = 'documentdb-forky-1';
const TEMPLATE_VERSION = 'documentdb-template-2';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'madang');

export const paths = {
  cache,
  /** The unpacked Debian system that PostgreSQL runs in. */
  root: join(cache, ROOT_VERSION),
  /** An empty data directory with the extension created, to copy from. */
  template: join(cache, TEMPLATE_VERSION),
  lock: join(cache, 'prepare.lock'),
};

/** Where a data directory is mounted inside the root. */
export const MOUNT = '/mongod/data';
export const PG_BIN = '/usr/lib/postgresql/18/bin';
