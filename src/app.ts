import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Server as SocketServer } from 'socket.io';
import { Chat, type ChatParts } from './domain/chat.ts';
import { fillDemo } from './domain/demo.ts';
import type {
  ApiKeyStore,
  Bus,
  Clock,
  IdempotencyStore,
  Mailer,
  Media,
  ObjectStore,
  PushSender,
  Stores,
  WebhookSender,
} from './domain/ports.ts';
import { SCOPES } from './domain/ports.ts';
import type { Config } from './config.ts';
import { healthRoutes, type Phase } from './ops/health.ts';
import type { Log } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { mountChat } from './protocols/chat/index.ts';
import { FRAMES } from './protocols/chat/catalogue.ts';
import { mountChatrooms } from './protocols/chatrooms/index.ts';
import { exportFormats } from './protocols/exports/formats/index.ts';
import { mountExports } from './protocols/exports/index.ts';
import { mountFiles } from './protocols/files/index.ts';
import { mountFeed } from './protocols/feed/index.ts';
import { addressReader, originChecker } from './protocols/kit/address.ts';
import { tokensOf } from './protocols/kit/auth.ts';
import { AddressCounter } from './protocols/kit/connections.ts';
import { devRoutes } from './protocols/kit/dev.ts';
import { docsRoutes } from './protocols/kit/docs/index.ts';
import { exportLinks } from './protocols/kit/exports.ts';
import { fileLinks } from './protocols/kit/files.ts';
import { httpErrors, notFound } from './protocols/kit/http.ts';
import { mountRoot } from './protocols/kit/root.ts';
import { Outbox } from './protocols/kit/outbox.ts';
import type { ProtocolParts } from './protocols/kit/parts.ts';
import { KeyGuard } from './protocols/kit/keys.ts';
import { Upgrades } from './protocols/kit/upgrades.ts';
import { loginRooms } from './protocols/login-rooms/index.ts';
import { nicknameRooms } from './protocols/nickname-rooms/index.ts';
import { mountPlatform } from './protocols/platform/index.ts';

/** The real parts of a server: `main.ts` builds them, tests build their own. */
export interface Parts {
  config: Readonly<Config>;
  stores: Stores;
  apiKeys: ApiKeyStore;
  idempotency: IdempotencyStore;
  pingStore: () => Promise<unknown>;
  /** What runs behind the store, for people. */
  engine: string;
  bus: Bus;
  objects: ObjectStore;
  media: Media;
  /** Null: this server sends no mail. */
  mailer: Mailer | null;
  clock: Clock;
  push: PushSender;
  /** For tests, in milliseconds: between tries of a push, between signs of life of nodes and of connections. */
  paces?: Pick<ChatParts, 'pushPauses' | 'presencePace'> & { ping?: { interval: number; timeout: number } };
  log: Log;
  webhooks: WebhookSender;
}

export interface App {
  chat: Chat;
  metrics: Metrics;
  /** Finishes what a crash left, then listens. Resolves with the address of the server. */
  listen(): Promise<{ url: string; port: number }>;
  /** Drains: stops accepting, answers what is in flight, sends clients away to reconnect, writes what was gathered. */
  close(): Promise<void>;
}

/** A frame larger than a slice of a file and its envelope closes the connection. */
const ENVELOPE = 16_384;
const CONNECT_TIMEOUT = 10_000;
/** Everybody comes back at once after a restart. */
const BACKLOG = 4_096;
const IDLE_CHECK = 50;
const LINGER = 1_000;
/** What is in flight gets this long when draining, in milliseconds. */
const DRAIN_PATIENCE = 5_000;

/** Puts a server together: the only place that knows every protocol. */
export function createApp(parts: Parts): App {
  const { config, log } = parts;
  const metrics = new Metrics();
  let phase: Phase = 'starting';
  const chat = createChat(parts, metrics);
  const http = express()
    .disable('x-powered-by')
    .set('trust proxy', [...config.trustedProxies]);
  const server = createServer(http);
  const mayConnect = originChecker(config.allowedOrigins);
  const io = new SocketServer(server, {
    maxHttpBufferSize: config.limits.sliceBytes + ENVELOPE,
    connectTimeout: CONNECT_TIMEOUT,
    destroyUpgrade: false,
    perMessageDeflate: false,
    serveClient: true,
    ...(parts.paces?.ping && {
      pingInterval: parts.paces.ping.interval,
      pingTimeout: parts.paces.ping.timeout,
    }),
    cors: { origin: (origin, answer) => answer(null, mayConnect(origin)) },
    allowRequest: (request, answer) => answer(null, mayConnect(request.headers.origin)),
  });
  const addressOf = addressReader(config.trustedProxies);
  const addresses = new AddressCounter(config.limits.connectionsPerAddress, addressOf);
  addresses.watch(io);
  const protocolParts: ProtocolParts = {
    chat,
    http,
    io,
    outbox: new Outbox(config.limits.outgoingBytes, () => metrics.slowClientClosed()),
    tokens: tokensOf(config.tokenKey),
    keys: new KeyGuard(parts.apiKeys),
    upgrades: new Upgrades(server, io.path(), mayConnect),
    mayConnect,
    addressOf,
    log,
    metrics,
    limits: config.limits,
    isDraining: () => phase === 'draining',
    fileLink: fileLinks(chat, config.publicUrl),
  };
  http.use(healthRoutes({ phase: () => phase, pingStore: parts.pingStore, engine: parts.engine, metrics }));
  const mounted = mountProtocols(parts, protocolParts, addresses);
  if (config.dev && 'secret' in config.tokenKey)
    http.use(devRoutes(config.tokenKey.secret, config.limits.jsonBytes, log));
  http.use(notFound, httpErrors(log));
  return {
    chat,
    metrics,
    async listen() {
      if (config.apiKey) await addFirstKey(parts.apiKeys, config.apiKey);
      const { healedRooms } = await chat.start();
      if (healedRooms > 0) log.info({ healedRooms }, 'rooms were brought up to date with the log');
      if (config.dev && (await fillDemo(chat))) log.info('demo data was written');
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port: config.port, host: config.host, backlog: BACKLOG }, resolve);
      });
      phase = 'ready';
      const { port } = server.address() as AddressInfo;
      return { url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`, port };
    },
    async close() {
      phase = 'draining';
      await drain(server, io, mounted);
      await chat.stop();
    },
  };
}

function createChat(parts: Parts, metrics: Metrics): Chat {
  const { config, log } = parts;
  const { limits } = config;
  const chat = new Chat({
    stores: parts.stores,
    bus: parts.bus,
    clock: parts.clock,
    push: parts.push,
    ...(({ ping: _, ...paces }) => paces)(parts.paces ?? {}),
    reporter: { problem: (what, err) => log.error({ err }, what) },
    limits: {
      maxTextLength: limits.textLength,
      maxRoomMembers: limits.roomMembers,
      maxImportBytes: limits.importBytes,
      maxUserRooms: limits.userRooms,
      joinUsersInlineMax: config.joinUsersInlineMax,
      newRoomsPerHour: limits.newRoomsPerHour,
      invitesPerHour: limits.invitesPerHour,
      sendsPerSecond: limits.sendsPerSecond,
      sendsBurst: limits.sendsBurst,
      passwordTriesPerMinute: limits.passwordTriesPerMinute,
      memberCardTypes: config.memberCardTypes,
      auditDays: config.auditDays,
      userDirectory: config.userDirectory,
      webhookDays: config.webhookDays,
    },
    files: {
      objects: parts.objects,
      media: parts.media,
      limits: {
        maxFileBytes: limits.fileBytes,
        maxSliceBytes: limits.sliceBytes,
        uploadBytesPerSecond: limits.uploadBytesPerSecond,
        uploadBytesPerDay: limits.uploadBytesPerDay,
        blockedFileTypes: config.blockedFileTypes,
      },
    },
    webhooks: parts.webhooks,
    exports: {
      formats: exportFormats({ timeZone: config.roomTimezone }),
      mailer: parts.mailer,
      linkOf: exportLinks(config.publicUrl),
      timeZone: config.roomTimezone,
      perDay: limits.exportsPerDay,
    },
    onBatch: (size, milliseconds) => metrics.batchStored(size, milliseconds),
  });
  metrics.gauge('madang_live_rooms', 'Rooms in memory', () => chat.registry.size);
  metrics.gauge('madang_uploads_busy', 'Uploads that are worked on', () => chat.files.busy);
  metrics.gauge('madang_exports_busy', 'Exports that are made or mailed', () => chat.exports.busy);
  metrics.gauge('madang_sends_waiting', 'Messages that wait for the store', () => chat.sequencer.waiting);
  metrics.gauge(
    'madang_pushes_waiting',
    'Rooms whose pushes wait or are under way, and pushes to be tried again',
    () => chat.push.waiting,
  );
  return chat;
}

interface Mounted {
  running(): number;
  /** Sends away what is not on Socket.IO. */
  close(): void;
  stop(): void;
}

function mountProtocols(parts: Parts, protocolParts: ProtocolParts, addresses: AddressCounter): Mounted {
  const { config } = parts;
  const on = (name: Config['protocols'][number]) => config.protocols.includes(name);
  const chat = on('chat')
    ? mountChat(protocolParts, {
        namespace: config.chatNamespace,
        addresses,
        joinUsersInlineMax: config.joinUsersInlineMax,
        headsInterval: config.roomHeadsInterval,
      })
    : null;
  const { idempotency, engine } = parts;
  const platform = on('platform') ? mountPlatform(protocolParts, { idempotency, engine }) : null;
  const feed = on('feed')
    ? mountFeed(protocolParts, {
        feedsPerUser: config.limits.feedsPerUser,
        trustUserId: config.feedTrustUserId,
      })
    : null;
  const chatrooms = on('chatrooms') ? mountChatrooms(protocolParts, addresses) : null;
  const rooms = on('nickname-rooms')
    ? nicknameRooms(protocolParts, {
        anonymous: config.roomAnonymous,
        demo: config.dev,
        timeZone: config.roomTimezone,
      })
    : null;
  const files = mountFiles(protocolParts);
  const exports = mountExports(protocolParts);
  const logins = on('login-rooms') ? loginRooms(protocolParts) : null;
  mountRoot(protocolParts, addresses, { named: rooms, unnamed: logins });
  protocolParts.http.use(
    docsRoutes({
      routes: platform?.routes ?? [],
      apis: {
        'files.openapi': files.api,
        'exports.openapi': exports.api,
        ...(feed ? { 'feed.openapi': feed.api } : {}),
        ...(chatrooms ? { 'chatrooms.openapi': chatrooms.api } : {}),
      },
      events: chat?.events.defs ?? [],
      frames: FRAMES,
      namespace: config.chatNamespace,
    }),
  );
  const all = [chat, chatrooms, rooms, logins].filter(protocol => protocol !== null);
  return {
    close: () => feed?.close(),
    running: () => all.reduce((sum, { events }) => sum + events.running, files.running() + exports.running()),
    stop: () => [...all, feed].forEach(protocol => protocol?.stop()),
  };
}

/** The key of the environment: all scopes, all links. */
async function addFirstKey(apiKeys: ApiKeyStore, key: string): Promise<void> {
  await apiKeys.add(key, { name: 'CHAT_API_KEY', scopes: SCOPES, links: null, ratePerSecond: 0 });
}

async function drain(server: Server, io: SocketServer, mounted: Mounted): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  const until = Date.now() + DRAIN_PATIENCE;
  while (mounted.running() > 0 && Date.now() < until) await pause(IDLE_CHECK);
  mounted.close();
  // The transports close, not the namespaces: stock clients come back by themselves, to another node.
  // Not `io.close()`, which closes namespaces, nor `engine.close()`, which drops what was not sent yet.
  for (const connection of Object.values(clientsOf(io))) connection.close();
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK);
  // A client that polls and does not come for its last packet is not waited for.
  const lingering = setTimeout(() => {
    for (const connection of Object.values(clientsOf(io))) connection.close(true);
  }, LINGER);
  const deadline = setTimeout(() => server.closeAllConnections(), Math.max(0, until - Date.now()));
  await closed;
  clearInterval(idle);
  clearTimeout(lingering);
  for (const connection of Object.values(clientsOf(io))) connection.close(true);
  clearTimeout(deadline);
  mounted.stop();
}

const clientsOf = (io: SocketServer) =>
  (io.engine as unknown as { clients: Record<string, { close(discard?: boolean): void }> }).clients;

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));
