import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOUNT } from './paths.ts';

/** PostgreSQL's configuration: for a machine of two cores that has other things to do. */

export const CONNECTIONS = connectionCount();

function connectionCount(): number {
  const wanted = Number(process.env.MONGOD_CONNECTIONS ?? 12);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : 12;
}

/** Syncing can be left out for tests only: data survives a crash of processes, but not of the machine. */
export const syncsToDisk = process.env.MONGOD_FSYNC !== 'off';

export function writeSettings(dataDirectory: string): void {
  const sync = syncsToDisk ? 'on' : 'off';
  const settings: Record<string, string | number> = {
    listen_addresses: "''",
    unix_socket_directories: `'${MOUNT}'`,
    unix_socket_permissions: '0700',
    max_connections: 2 * CONNECTIONS + 20,
    shared_preload_libraries: "'pg_cron,pg_documentdb_core,pg_documentdb'",
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '256MB',
    effective_cache_size: '1GB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    max_wal_size: '1GB',
    checkpoint_timeout: '15min',
    random_page_cost: 1.1,
    max_wal_senders: 0,
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    jit: 'off',
    io_method: 'sync',
    deadlock_timeout: '200ms',
    fsync: sync,
    synchronous_commit: sync,
    full_page_writes: sync,
    log_min_messages: 'log',
    log_checkpoints: 'off',
    'cron.database_name': "'postgres'",
    // The gateway calls the only two jobs that are of use itself: expiry and removal of old cursors.
    'cron.launch_active_jobs': 'off',
    'documentdb.enableBackgroundWorker': 'off',
    // Results that do not fit a page wait in files, not in a connection for each open cursor.
    'documentdb.useFileBasedPersistedCursors': 'on',
    'documentdb.defaultCursorExpiryTimeLimitSeconds': 600,
    'documentdb_core.enableCollation': 'on',
    'documentdb.localhost_connection_string': `'host=${MOUNT}'`,
    // A deadlock rolls the whole command back and is then retried by the gateway.
    'documentdb.throwDeadlockOnCRUD': 'on',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(dataDirectory, 'postgresql.conf'), lines.join('\n') + '\n');
}
