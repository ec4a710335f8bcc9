import { hostname, totalmem, cpus, arch, release } from 'node:os';
import type { Document } from 'bson';
import type { Command } from '../gateway.ts';

/** Commands about the server and the connection, answered as a standalone server does. */

/** The version that is claimed: the one mongodb-memory-server asks for, so that it does not warn. */
export const VERSION = '8.2.6';
/** The wire version of MongoDB 7.0: a newer one would promise the bulkWrite command of 8.0. */
const WIRE_VERSION = 21;

const hello: Command = request => ({
  [request.name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
  helloOk: true,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 25_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: WIRE_VERSION,
  readOnly: false,
  ok: 1,
});

const buildInfo: Command = () => ({
  version: VERSION,
  versionArray: [...VERSION.split('.').map(Number), 0],
  gitVersion: 'documentdb-gateway',
  modules: ['documentdb'],
  storageEngines: ['documentdb'],
  javascriptEngine: 'none',
  bits: 64,
  debug: false,
  maxBsonObjectSize: 16 * 1024 * 1024,
  ok: 1,
});

const serverStatus: Command = (_request, gateway) => {
  const uptime = (Date.now() - gateway.startedAt.getTime()) / 1000;
  return {
    host: `${hostname()}:${gateway.port}`,
    version: VERSION,
    process: 'mongod',
    pid: process.pid,
    uptime,
    uptimeMillis: Math.round(uptime * 1000),
    localTime: new Date(),
    metrics: { cursor: { open: { total: gateway.cursors.count } } },
    storageEngine: { name: 'documentdb', persistent: true, readOnly: false },
    ok: 1,
  };
};

const hostInfo: Command = () => ({
  system: {
    currentTime: new Date(),
    hostname: hostname(),
    cpuArch: arch(),
    numCores: cpus().length,
    memSizeMB: Math.round(totalmem() / 1024 / 1024),
  },
  os: { type: 'Linux', name: 'Debian', version: release() },
  ok: 1,
});

const parameters: Document = {
  featureCompatibilityVersion: { version: '8.0' },
  ttlMonitorEnabled: true,
  authenticationMechanisms: [],
};

const getParameter: Command = request => {
  const all = request.fields.has('allParameters') || request.body.includes('*');
  const named = Object.entries(parameters).filter(([name]) => all || request.fields.has(name));
  return { ...Object.fromEntries(named), ok: 1 };
};

const fine: Command = () => ({ ok: 1 });

export const session: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  buildInfo,
  buildinfo: buildInfo,
  serverStatus,
  hostInfo,
  getParameter,
  ping: fine,
  endSessions: fine,
  refreshSessions: fine,
  killSessions: fine,
  killAllSessions: fine,
  fsync: fine,
  logout: fine,
  setParameter: fine,
  startSession: () => ({ timeoutMinutes: 30, ok: 1 }),
  whatsmyuri: () => ({ you: '127.0.0.1:0', ok: 1 }),
  connectionStatus: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
  getCmdLineOpts: (_request, gateway) => ({ argv: ['mongod', ...gateway.argv], parsed: {}, ok: 1 }),
  getLog: () => ({ totalLinesWritten: 0, log: [], ok: 1 }),
  getFreeMonitoringStatus: () => ({ state: 'disabled', ok: 1 }),
  top: () => ({ totals: {}, ok: 1 }),
  shutdown: (_request, gateway) => {
    gateway.shutDown();
    return { ok: 1 };
  },
};
