import type { Gateway } from './gateway.ts';
import { say } from './root.ts';

/** What runs by the clock: expired documents are deleted, and forgotten cursors are closed. */

const EVERY_MS = expiryInterval();

/** Once a minute as in MongoDB; tests of expiry may want it sooner. */
function expiryInterval(): number {
  const seconds = Number(process.env.MONGOD_TTL_SECONDS ?? 60);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 60_000;
}

export function startHousekeeping(gateway: Gateway): () => void {
  let busy = false;
  const timer = setInterval(() => {
    gateway.cursors.killIdle();
    if (busy) return;
    busy = true;
    gateway.pool
      .query('CALL documentdb_api_internal.delete_expired_rows()')
      .catch(error => say(`expired documents could not be deleted: ${(error as Error).message}`))
      .finally(() => (busy = false));
  }, EVERY_MS);
  return () => clearInterval(timer);
}
