import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { parseArguments, type Arguments } from './args.ts';
import { VERSION } from './commands/session.ts';
import { Cursors } from './cursors.ts';
import { openDbPath } from './db-path.ts';
import type { Gateway } from './gateway.ts';
import { startHousekeeping } from './housekeeping.ts';
import { CollectionLocks } from './locks.ts';
import { startPostgres } from './postgres.ts';
import { prepare, prepareLocked } from './prepare.ts';
import { requireRootUser, say } from './root.ts';
import { serve } from './server.ts';

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const options = parseArguments(argv);
  if (options.mode === 'version') {
    console.log(`db version v${VERSION}\nBuild Info: not MongoDB, but a gateway to DocumentDB on PostgreSQL`);
  } else if (options.mode === 'prepare') await prepare();
  else if (options.mode === 'prepare-locked') await prepareLocked();
  else await run(options, argv);
}

async function run(options: Arguments, argv: string[]): Promise<void> {
  const stopRequested = new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    shutDown = resolve;
  });
  requireRootUser();
  await prepare();
  const { dataDirectory, release } = await openDbPath(options.dbPath);
  const postgres = await startPostgres(dataDirectory);
  const gateway: Gateway = {
    pool: postgres.pool,
    cursors: new Cursors(postgres.pool, dataDirectory),
    locks: new CollectionLocks(),
    startedAt: new Date(),
    argv,
    hosts: options.hosts,
    port: options.port,
    shutDown: () => shutDown(),
  };
  const stopHousekeeping = startHousekeeping(gateway);
  try {
    const close = await listen(gateway);
    console.log(`mongod: Waiting for connections on port ${gateway.port}`);
    const lost = postgres.ended.then(() => 'lost');
    const reason = await Promise.race([stopRequested, lost]);
    if (reason === 'lost') throw new Error(`postgres has ended by itself; see ${dataDirectory}.log`);
    close();
  } finally {
    stopHousekeeping();
    await postgres.stop();
    release();
  }
  process.exit(0);
}

let shutDown: () => void = () => undefined;

async function listen(gateway: Gateway): Promise<() => void> {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  for (const host of gateway.hosts) {
    const server = serve(gateway);
    servers.push(server);
    server.on('connection', socket => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(gateway.port, host === '*' ? '0.0.0.0' : host);
    await once(server, 'listening').catch(error => {
      const used = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      throw used ? new Error(`Address already in use: port ${gateway.port}`) : error;
    });
    const address = server.address();
    if (address && typeof address === 'object') gateway.port = address.port;
  }
  return () => {
    servers.forEach(server => server.close());
    // The reply to a shutdown command may still be on its way out.
    setImmediate(() => sockets.forEach(socket => socket.destroy()));
  };
}

// Whoever started this process may be gone, and its pipes with it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

main().catch(error => {
  say((error as Error).message);
  process.exit(1);
});
