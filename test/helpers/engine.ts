import { randomUUID } from 'node:crypto';
import { createApp, type App, type Parts } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog, type Log } from '../../src/ops/log.ts';
import { makeToken } from '../../src/protocols/kit/dev.ts';
import type {
  Bus,
  Clock,
  Mailer,
  Media,
  ObjectStore,
  PushSender,
  Stores,
  WebhookSender,
} from '../../src/domain/ports.ts';
import { inProcessBus } from '../../src/services/bus.ts';
import { webhookSender } from '../../src/services/webhooks/sender.ts';
import { createMailer } from '../../src/services/mail/index.ts';
import { logSender } from '../../src/services/push/log.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { apiKeyStore, idempotencyStore } from '../../src/storage/stores/platform.ts';
import { createStores } from '../../src/storage/stores.ts';
import { ChatClient } from './client.ts';
import { sharedDisk, sharedMedia } from './files.ts';
import { databaseUri } from './database.ts';
import { Platform } from './platform.ts';

export const SECRET = 'a-secret-for-tests-of-thirty-two-bytes!';
export const API_KEY = 'a-platform-key-for-tests';

/** Rates are lifted: tests are quicker than people. Those of limits set their own. */
const ENV = {
  NODE_ENV: 'test',
  DEV: 'false',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
  JWT_SECRET: SECRET,
  CHAT_API_KEY: API_KEY,
  EVENTS_PER_SECOND: '0',
  SENDS_PER_SECOND: '0',
  CONNECTIONS_PER_USER: '0',
  CONNECTIONS_PER_ADDRESS: '0',
  NEW_ROOMS_PER_HOUR: '0',
  INVITES_PER_HOUR: '0',
  EXPORTS_PER_DAY: '0',
};

export interface Engine {
  app: App;
  url: string;
  database: Database;
  platform: Platform;
  /** A token of this user, valid for an hour unless said otherwise (seconds). */
  token(id: string, nickName?: string, expiresIn?: number): string;
  /** A connected client of this user. */
  connect(id: string, nickName?: string): Promise<ChatClient>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Environment variables beside those of every test engine. */
  env?: Record<string, string>;
  /** The name of the database; by default an empty one. */
  database?: string;
  clock?: Clock;
  /** Shared by several servers that stand for the nodes of one; with the same `database`. */
  bus?: Bus;
  /** Instead of one that sends nothing; the caller closes it. */
  push?: PushSender;
  paces?: Parts['paces'];
  /** Instead of a silent one. */
  log?: Log;
  /** The stores that the server gets instead of the real ones: for faults. */
  stores?: (real: Stores) => Stores;
  /** Where files are; by default on a disk that all engines of a test run share. */
  objects?: ObjectStore;
  /** Instead of the real look into files. */
  media?: Media;
  /** Instead of the real one. */
  webhooks?: WebhookSender;
  /** By default none, unless `SMTP_URL` names a server. */
  mailer?: Mailer | null;
  /** How long a look at the database server may take, in milliseconds. */
  heartbeatPatience?: number;
}

/** Databases of engines that are closed, empty and open: making and opening one takes ten times as long. */
const emptied: Database[] = [];

async function giveBack(database: Database): Promise<void> {
  const collections = Object.values(database.connection.models).map(({ collection }) => collection);
  await Promise.all(collections.map(collection => collection.deleteMany({})));
  emptied.push(database);
}

export async function closeDatabases(): Promise<void> {
  await Promise.all(emptied.splice(0).map(database => database.close()));
}

/** A server of its own on port 0, with the real database behind it; the caller closes it. */
export async function startEngine({
  env = {},
  database: name,
  clock,
  bus,
  push,
  paces,
  log,
  stores,
  objects,
  media,
  webhooks,
  mailer,
  heartbeatPatience,
}: EngineOptions = {}): Promise<Engine> {
  const isOwn = name === undefined && env['MONGODB_URI'] === undefined;
  const MONGODB_URI = await databaseUri(name ?? `t${randomUUID().slice(0, 8)}`);
  const config = readConfig({ ...ENV, MONGODB_URI, ...env });
  const database =
    (isOwn && emptied.pop()) || (await openDatabase(config.mongodbUri!, { patience: heartbeatPatience }));
  const real = createStores(database);
  const parts: Parts = {
    config,
    stores: stores ? stores(real) : real,
    apiKeys: apiKeyStore(database),
    idempotency: idempotencyStore(database),
    pingStore: () => database.ping(),
    engine: 'test',
    bus: bus ?? inProcessBus(),
    objects: objects ?? sharedDisk(),
    media: media ?? sharedMedia(),
    mailer: mailer !== undefined ? mailer : config.smtpUrl ? createMailer(config, () => undefined) : null,
    clock: clock ?? { now: () => Date.now() },
    push: push ?? logSender(() => undefined),
    ...(paces ? { paces } : {}),
    log: log ?? createLog({ level: config.logLevel, pretty: false }),
    webhooks: webhooks ?? webhookSender({ production: false, allow: config.webhookAllow }),
  };
  const { app, url } = await listening(parts).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const clients = new Set<ChatClient>();
  const token = (id: string, nickName = `nick ${id}`, expiresIn = 3_600) =>
    makeToken(SECRET, { id, nickName }, expiresIn);
  return {
    app,
    url,
    database,
    platform: new Platform(url, API_KEY),
    token,
    async connect(id, nickName) {
      const client = await ChatClient.connect(`${url}${config.chatNamespace}`, token(id, nickName), id);
      clients.add(client);
      if (ofTest) ofTest.push(() => clients.delete(client) && client.close());
      return client;
    },
    async close() {
      for (const client of clients) client.close();
      await app.close();
      await (isOwn ? giveBack(database) : database.close());
    },
  };
}

async function listening(parts: Parts): Promise<{ app: App; url: string }> {
  const app = createApp(parts);
  const { url } = await app.listen();
  return { app, url };
}

/** What ends the connections that the running test made; null between tests. */
let ofTest: (() => void)[] | null = null;

export function beginTest(): void {
  ofTest = [];
}

/** Whoever a test connected leaves with it; who came in a `before` stays until the engine closes. */
export function endTest(): void {
  for (const end of ofTest ?? []) end();
  ofTest = null;
}

let shared: Promise<Engine> | null = null;

/** The server that tests share when they need no settings of their own; ids are fresh, so nobody is in the way. */
export const sharedEngine = (): Promise<Engine> => (shared ??= startEngine());

export async function closeSharedEngine(): Promise<void> {
  if (shared) await (await shared).close();
}
