import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Media, ObjectStore } from '../../src/domain/ports.ts';
import { diskObjects } from '../../src/services/objects/disk.ts';
import { s3Objects } from '../../src/services/objects/s3.ts';
import { makeToken } from '../../src/protocols/kit/dev.ts';
import { Breaker, STEPS } from '../helpers/breaker.ts';
import { ChatClient, newKey, type Message } from '../helpers/client.ts';
import { databaseUri } from '../helpers/database.ts';
import { SECRET, startEngine } from '../helpers/engine.ts';
import { bearer, get, sendSlice, sha256, sharedMedia, someBytes } from '../helpers/files.ts';
import { roomOf } from '../helpers/party.ts';
import { someone } from '../helpers/people.ts';
import { freePort, startServer } from '../helpers/processes.ts';
import { testBucket } from '../helpers/s3.ts';

/** Random schedules of one upload each; `SCHEDULES` in all, half of them on each storage, some with a real kill. */
const SCHEDULES = Number(process.env['SCHEDULES'] ?? 200);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const KILLED_OF_TEN = 1;
const DEEDS = ['next', 'next', 'next', 'again', 'ahead', 'unheard', 'reconnect', 'fault', 'restart'] as const;

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** A server that can be ended in the middle, and begun again on what it stored. */
interface Yard {
  url(): string;
  /** The next of these calls of the store, or of the look into the file, fails. */
  breakNext: ((random: () => number) => void) | null;
  /** Ends it (kindly, or by a kill) and begins it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const tokenOf = (id: string) => makeToken(SECRET, { id, nickName: id }, 86_400);

async function engineYard(objects: ObjectStore): Promise<Yard> {
  const breaker = new Breaker();
  const database = `yard${newKey().replace(/\W/g, '')}`;
  const start = () =>
    startEngine({
      database,
      objects: breaker.of(objects, STEPS),
      media: breaker.of<Media>(sharedMedia(), STEPS),
      env: { UPLOAD_BYTES_PER_SECOND: '0', UPLOAD_BYTES_PER_DAY: '0' },
    });
  let engine = await start();
  return {
    url: () => engine.url,
    breakNext: random => {
      const step = STEPS[Math.floor(random() * STEPS.length)]!;
      breaker.next = { step, when: random() < 0.5 ? 'before' : 'after' };
    },
    async restart() {
      breaker.next = null;
      await engine.close();
      engine = await start();
    },
    close: () => engine.close(),
  };
}

async function processYard(env: Record<string, string>, dataDir: string): Promise<Yard> {
  const MONGODB_URI = await databaseUri(`yard${newKey().replace(/\W/g, '')}`);
  const port = await freePort();
  const start = () => startServer(dataDir, port, { MONGODB_URI, ...env });
  let server = await start();
  return {
    url: () => server.url,
    breakNext: null,
    async restart() {
      await server.kill();
      server = await start();
    },
    close: async () => void (await server.stop()),
  };
}

/** One upload by a client that does whatever clients do, until its message is there. */
class Sender {
  readonly bytes: Buffer;
  readonly syncKey = newKey();
  readonly #yard: Yard;
  readonly #random: () => number;
  readonly #slice: number;
  #client!: ChatClient;
  #next = 0;
  roomId = '';
  readonly id = someone('sender');

  constructor(yard: Yard, random: () => number) {
    this.#yard = yard;
    this.#random = random;
    this.bytes = someBytes(1 + Math.floor(random() * 60_000));
    this.#slice = Math.ceil(this.bytes.length / (1 + Math.floor(random() * 10)));
  }

  async begin(): Promise<void> {
    await this.#connect();
    const helper = await ChatClient.connect(`${this.#yard.url()}/chat`, tokenOf('helper'), 'helper');
    this.roomId = (await roomOf([this.#client, helper]))._id;
    helper.close();
  }

  async #connect(): Promise<void> {
    this.#client = await ChatClient.connect(`${this.#yard.url()}/chat`, tokenOf(this.id), this.id);
  }

  #send(index: number) {
    const part = this.bytes.subarray(index * this.#slice, (index + 1) * this.#slice);
    const rest = { syncKey: this.syncKey, size: this.bytes.length, sliceIndex: index };
    return sendSlice(this.#client, this.roomId, part, rest);
  }

  async #goOn(): Promise<void> {
    const { success, data } = await this.#client.ask('resumeFileMessage', { syncKey: this.syncKey });
    this.#next = success ? data.slice : 0;
  }

  /** Does one thing; the message once it is there. */
  async step(): Promise<Message | null> {
    const deed = DEEDS[Math.floor(this.#random() * DEEDS.length)]!;
    const last = Math.ceil(this.bytes.length / this.#slice) - 1;
    if (deed === 'reconnect' || deed === 'restart') {
      this.#client.close();
      if (deed === 'restart' && this.#random() < 0.3) await this.#yard.restart();
      await this.#connect();
      await this.#goOn();
      return null;
    }
    if (deed === 'unheard') {
      // The slice may arrive or not: the connection ends before its answer.
      void this.#send(Math.min(this.#next, last)).catch(() => undefined);
      this.#client.close();
      await this.#connect();
      await this.#goOn();
      return null;
    }
    if (deed === 'fault') this.#yard.breakNext?.(this.#random);
    const ahead = deed === 'ahead' ? 1 + Math.floor(this.#random() * 3) : 0;
    const back = deed === 'again' ? Math.floor(this.#random() * (this.#next + 1)) : 0;
    const index = Math.max(0, Math.min(last, this.#next + ahead - back));
    const { success, data, error } = await this.#send(index);
    if (success && data.message) return data.message;
    if (success) this.#next = data.slice!;
    else if (error === 'FILE_NO_EXISTS_WITH_SYNC_KEY') this.#next = 0;
    return null;
  }

  async check(message: Message): Promise<void> {
    this.#client.close();
    await this.#connect();
    const mine = (await this.#client.history(this.roomId)).filter(entry => entry.syncKey === this.syncKey);
    expect(mine, 'one message').to.have.length(1);
    expect(mine[0]!._id).to.equal(message._id);
    const { url } = message.data.content.files![0]!;
    let got = await get(this.#yard.url(), url, bearer(tokenOf(this.id)));
    if (got.status === 302) {
      const answer = await fetch(got.headers.get('location')!);
      got = { ...got, status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
    }
    expect([got.status, sha256(got.bytes)]).to.deep.equal([200, sha256(this.bytes)]);
    this.#client.close();
  }
}

const MAX_STEPS = 500;

async function schedule(yard: Yard, seed: number): Promise<void> {
  const sender = new Sender(yard, randomFrom(seed));
  await sender.begin();
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const message = await sender.step();
    if (message) return sender.check(message);
  }
  throw new Error('the upload never came to its end');
}

describe(`random schedules of uploads (SEED=${SEED})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'madang-schedules-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const STORAGES = {
    'a disk': async () => ({ objects: diskObjects(join(folder, 'here')), env: {} }),
    S3: async () => {
      const { bucket, endpoint, region, accessKeyId, secretAccessKey } = await testBucket();
      const env = {
        S3_BUCKET: bucket,
        S3_ENDPOINT: endpoint,
        S3_REGION: region,
        S3_ACCESS_KEY_ID: accessKeyId,
        S3_SECRET_ACCESS_KEY: secretAccessKey,
      };
      return { objects: s3Objects({ bucket, endpoint, region, accessKeyId, secretAccessKey }), env };
    },
  };
  for (const [name, storage] of Object.entries(STORAGES)) {
    const killed = Math.ceil((SCHEDULES / 20) * KILLED_OF_TEN);
    const kind = Math.floor(SCHEDULES / 2) - killed;

    it(`on ${name}: ${kind} with faults, repeats, reconnects and restarts end with the right bytes`, async () => {
      const yard = await engineYard((await storage()).objects);
      try {
        for (let i = 0; i < kind; i++)
          await schedule(yard, SEED + i).catch((error: unknown) => {
            throw new Error(`SEED=${SEED + i}: ${String(error)}`, { cause: error });
          });
      } finally {
        await yard.close();
      }
    });

    it(`on ${name}: ${killed} with kill -9 of the server end with the right bytes`, async () => {
      const yard = await processYard((await storage()).env, join(folder, 'killed'));
      try {
        for (let i = 0; i < killed; i++) await schedule(yard, SEED + 1_000 + i);
      } finally {
        await yard.close();
      }
    });
  }
});
