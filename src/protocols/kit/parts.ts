import type { Express } from 'express';
import type { Server as SocketServer } from 'socket.io';
import type { Chat } from '../../domain/chat.ts';
import type { UserActor } from '../../domain/model.ts';
import type { Log } from '../../ops/log.ts';
import type { Metrics } from '../../ops/metrics.ts';
import type { AddressOf } from './address.ts';
import type { FileLink } from './files.ts';
import type { Tokens } from './auth.ts';
import type { KeyGuard } from './keys.ts';
import type { Outbox } from './outbox.ts';
import type { Upgrades } from './upgrades.ts';

/** What every protocol is given to mount itself: the core, the one HTTP server's two faces, and the guards. */
export interface ProtocolParts {
  chat: Chat;
  http: Express;
  io: SocketServer;
  outbox: Outbox;
  tokens: Tokens;
  keys: KeyGuard;
  /** Where raw WebSocket protocols register their paths. */
  upgrades: Upgrades;
  /** Whether a page of this Origin may connect. */
  mayConnect: (origin: string | undefined) => boolean;
  addressOf: AddressOf;
  log: Log;
  metrics: Metrics;
  limits: WireLimits;
  /** Links of stored files for protocols that know no tokens for files. */
  fileLink: FileLink;
  /** True while the server drains: nobody new is let in. */
  isDraining: () => boolean;
}

/** Limits of the transport; 0 is no limit for rates and numbers of connections. */
export interface WireLimits {
  eventBytes: number;
  jsonBytes: number;
  sliceBytes: number;
  /** Bytes that may wait for a client that does not read. */
  outgoingBytes: number;
  eventsPerSecond: number;
  eventsBurst: number;
  connectionsPerUser: number;
  connectionsPerAddress: number;
}

/** What hangs on a socket: little, for there are many. */
export interface SocketData {
  actor: UserActor;
  issuedAt: number;
  /** Milliseconds. */
  expiresAt: number;
  /** State of the bucket of events. */
  rate: number;
  /** Rooms that this socket views. */
  viewing: Set<string> | null;
}
