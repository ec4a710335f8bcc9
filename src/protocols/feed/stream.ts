import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { ChatError, type ErrorCode } from '../../domain/errors.ts';
import type { TokenIdentity } from '../kit/auth.ts';
import { bearerOf } from '../kit/bearer.ts';
import { requireScope } from '../kit/keys.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { pathOf, refuseUpgrade } from '../kit/upgrades.ts';
import { failureOf } from '../kit/wrapper.ts';
import { STREAM } from './catalogue.ts';
import { CLOSE, closeSocket, type Feeds } from './feeds.ts';
import { callerOf, seeRoom, type Sight } from './identity.ts';

/** The stream only sends: a client has nothing to say that would need more. */
const MAX_CLIENT_FRAME = 1_024;

const CLOSE_OF: Partial<Record<ErrorCode, (typeof CLOSE)[keyof typeof CLOSE]>> = {
  TOKEN_INVALID: CLOSE.noIdentity,
  TOKEN_EXPIRED: CLOSE.noIdentity,
  INVALID_API_KEY: CLOSE.noIdentity,
  INVALID_PAYLOAD: CLOSE.noIdentity,
  YOU_HAVE_NO_AUTHORIZATION: CLOSE.forbidden,
  YOU_ARE_NO_JOINED_ROOM: CLOSE.forbidden,
  ROOM_NO_EXISTS: CLOSE.noRoom,
  TOO_MANY_CONNECTIONS: CLOSE.tooMany,
  RATE_LIMITED: CLOSE.tooMany,
  TEMPORARILY_UNAVAILABLE: CLOSE.tryAgain,
};

/**
 * The handshakes of `/ws/chat/:roomId`. Who opens a stream is looked up first, so that an open one misses nothing; a
 * refused one is completed too, because a browser sees the close code of a WebSocket, not the status of a handshake.
 */
export class Stream {
  readonly #parts: ProtocolParts;
  readonly #feeds: Feeds;
  readonly #trust: boolean;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME,
    perMessageDeflate: false,
    clientTracking: true,
  });
  /** Handshakes by address whose user is still being looked up. */
  readonly #pending = new Map<string, number>();

  constructor(parts: ProtocolParts, feeds: Feeds, trust: boolean) {
    this.#parts = parts;
    this.#feeds = feeds;
    this.#trust = trust;
    parts.upgrades.register(STREAM, (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Sends everybody away to reconnect. */
  close(): void {
    this.#feeds.closeAll(CLOSE.goingAway, 'the server restarts');
    for (const socket of this.#server.clients) closeSocket(socket, CLOSE.goingAway, 'the server restarts');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { metrics, isDraining, addressOf, limits } = this.#parts;
    const roomId = roomOf(request);
    if (roomId === null) return refuseUpgrade(socket, '404 Not Found');
    if (isDraining()) return refuseUpgrade(socket, '503 Service Unavailable');
    const address = addressOf(request);
    const pending = this.#pending.get(address) ?? 0;
    if (limits.connectionsPerAddress > 0 && pending >= limits.connectionsPerAddress) {
      metrics.connectionRefused('TOO_MANY_CONNECTIONS');
      return refuseUpgrade(socket, '429 Too Many Requests');
    }
    this.#pending.set(address, pending + 1);
    this.#lookUp(request, roomId)
      .then(
        sight => this.#accept(request, socket, head, webSocket => this.#admit(webSocket, sight)),
        (error: unknown) => this.#accept(request, socket, head, webSocket => this.#refuse(webSocket, error)),
      )
      .catch((error: unknown) => {
        failureOf(error, this.#parts.log, 'stream');
        socket.destroy();
      })
      .finally(() => this.#done(address));
  }

  /** Completes the handshake; ws answers what is none by itself. */
  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, then: (socket: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, webSocket => {
      // Frames above the limit, broken ones, a lost connection: ws closes; there is nothing more to do.
      webSocket.on('error', () => undefined);
      then(webSocket);
    });
  }

  #done(address: string): void {
    const left = (this.#pending.get(address) ?? 1) - 1;
    if (left > 0) this.#pending.set(address, left);
    else this.#pending.delete(address);
  }

  async #lookUp(
    request: IncomingMessage,
    roomId: string,
  ): Promise<Sight & { identity: TokenIdentity | null }> {
    const { chat } = this.#parts;
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
    const apiKey = request.headers['chat-api-key'];
    const caller = await callerOf(
      this.#parts,
      {
        token: query.get('token') ?? bearerOf(request.headers.authorization),
        apiKey: typeof apiKey === 'string' ? apiKey : undefined,
      },
      this.#trust,
    );
    if (caller.kind === 'key') requireScope(caller.key, 'messages:read');
    const sight = await seeRoom(chat, caller, { roomId, user_id: query.get('user_id') || undefined });
    const { live } = sight;
    live.holds++;
    try {
      // What the log has already is not new to whoever comes now.
      await chat.sequencer.ensureHead(live);
    } finally {
      live.holds--;
    }
    return { ...sight, identity: caller.kind === 'user' ? caller.identity : null };
  }

  #admit(socket: WebSocket, { live, me, identity }: Sight & { identity: TokenIdentity | null }): void {
    try {
      // Much may have happened while the room was looked up.
      const isIn = me === null || live.members.get(me.userId)?.pending === null;
      if (live.removed || !isIn) throw new ChatError('ROOM_NO_EXISTS');
      this.#feeds.add({
        socket,
        live,
        userId: me?.userId ?? null,
        issuedAt: identity?.issuedAt ?? null,
        expiresAt: identity?.expiresAt ?? Infinity,
        missed: 0,
      });
    } catch (error) {
      this.#refuse(socket, error);
    }
  }

  #refuse(socket: WebSocket, error: unknown): void {
    const failure = failureOf(error, this.#parts.log, 'stream');
    this.#parts.metrics.connectionRefused(failure.error);
    closeSocket(socket, CLOSE_OF[failure.error] ?? CLOSE.fault, failure.error);
  }
}

/** The last part of the path; null when there is none, or more than one. */
function roomOf(request: IncomingMessage): string | null {
  const [, part] = /^([^/]{1,200})\/?$/.exec(pathOf(request).slice(STREAM.length)) ?? [];
  if (part === undefined) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
