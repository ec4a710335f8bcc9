import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoMemoryServer } from 'mongodb-memory-server-core';
import { MongoClient } from 'mongodb';
import {
  executable,
  newDbPath,
  prepareMongod,
  removeDbPath,
  startMongod,
  stopMongod,
} from './mongod-process.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function postgresOf(dbPath: string): number {
  return Number(readFileSync(join(dbPath, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Waits by turns of the event loop; the test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve));
}

describe('scripts/mongod as a process', function () {
  let dbPath: string;

  before(function () {
    if (process.getuid?.() !== 0) return this.skip();
    this.timeout(240_000);
    prepareMongod();
  });
  beforeEach(() => (dbPath = newDbPath()));
  afterEach(() => removeDbPath(dbPath));

  it('keeps its data over a restart, and leaves with code 0', async () => {
    for (const round of [1, 2]) {
      const mongod = await startMongod(dbPath);
      const client = await MongoClient.connect(mongod.uri);
      await client.db().collection('c').insertOne({ round });
      expect(await client.db().collection('c').countDocuments()).to.equal(round);
      await client.close();
      const postgres = postgresOf(dbPath);
      expect(await stopMongod(mongod)).to.equal(0);
      expect(isAlive(postgres)).to.equal(false);
    }
  });

  it('keeps every acknowledged write when it is killed, and leaves no process', async () => {
    const mongod = await startMongod(dbPath);
    const client = await MongoClient.connect(mongod.uri);
    const postgres = postgresOf(dbPath);
    const acknowledged: number[] = [];
    const write = async (first: number): Promise<void> => {
      for (let i = first; ; i += 8) {
        await client.db().collection<{ _id: number }>('c').insertOne({ _id: i });
        acknowledged.push(i);
        if (acknowledged.length === 300) mongod.process.kill('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: 8 }, (_, i) => write(i)));
    await client.close();
    await mongod.exited;
    const again = await startMongod(dbPath);
    expect(isAlive(postgres)).to.equal(false);
    const reader = await MongoClient.connect(again.uri);
    const kept = new Set((await reader.db().collection('c').find().toArray()).map(({ _id }) => Number(_id)));
    expect(acknowledged.filter(i => !kept.has(i))).to.deep.equal([]);
    await reader.close();
    await stopMongod(again);
  });

  it('refuses a dbPath that another one uses, and harms nothing', async () => {
    const mongod = await startMongod(dbPath, { MONGOD_FSYNC: 'off' });
    const refused = await startMongod(dbPath).catch(error => String(error));
    expect(refused).to.match(/DBPathInUse/);
    const client = await MongoClient.connect(mongod.uri);
    expect((await client.db().admin().ping()).ok).to.equal(1);
    await client.close();
    expect(await stopMongod(mongod)).to.equal(0);
  });

  it('ends when its PostgreSQL is killed', async () => {
    const mongod = await startMongod(dbPath, { MONGOD_FSYNC: 'off' });
    process.kill(postgresOf(dbPath), 'SIGKILL');
    await mongod.exited;
    expect(mongod.process.exitCode).to.equal(1);
  });

  it('answers the shutdown command by ending', async () => {
    const mongod = await startMongod(dbPath, { MONGOD_FSYNC: 'off' });
    const client = await MongoClient.connect(mongod.uri);
    await client.db('admin').command({ shutdown: 1 });
    await mongod.exited;
    await client.close();
    expect(mongod.process.exitCode).to.equal(0);
    expect(existsSync(join(dbPath, 'mongod.lock'))).to.equal(false);
  });

  it('is started and stopped by mongodb-memory-server, which finds no fault with its version', async () => {
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (...words) => warnings.push(words.join(' '));
    try {
      const memory = await MongoMemoryServer.create({
        binary: { systemBinary: executable },
        instance: { dbPath, storageEngine: 'wiredTiger', launchTimeout: 60_000 },
      });
      const postgres = postgresOf(dbPath);
      await memory.stop({ doCleanup: false });
      expect(isAlive(postgres)).to.equal(false);
    } finally {
      console.warn = warn;
    }
    expect(warnings).to.deep.equal([]);
  });

  it('leaves nothing running when the process that started it is killed', async () => {
    const script =
      `import { MongoMemoryServer } from 'mongodb-memory-server-core';` +
      `await MongoMemoryServer.create({ binary: { systemBinary: ${JSON.stringify(executable)} },` +
      `instance: { dbPath: ${JSON.stringify(dbPath)}, launchTimeout: 60000 } });` +
      `console.log('started'); setInterval(() => undefined, 1000);`;
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(starter.stdout, 'data');
    const gateway = Number(readFileSync(join(dbPath, 'mongod.lock'), 'utf8').split(' ')[0]);
    const postgres = postgresOf(dbPath);
    starter.kill('SIGKILL');
    await until(() => !isAlive(gateway) && !isAlive(postgres));
  });
});
