import type { DefaultEventsMap, Namespace, Socket } from 'socket.io';
import { ChatError } from '../../domain/errors.ts';
import { rateOf, take } from '../../domain/rate.ts';
import type { TokenIdentity } from './auth.ts';
import type { AddressCounter } from './connections.ts';
import { Encoded, refusal, type Ack, type Caller, type EventTable } from './event.ts';
import { lostSince, watchLife } from './life.ts';
import { exposeAcks } from './outbox.ts';
import type { ProtocolParts, SocketData } from './parts.ts';
import { SliceGate, sliceBytes } from './slices.ts';
import { failureOf } from './wrapper.ts';

export type ChatSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

export interface NamespaceOptions {
  parts: ProtocolParts;
  addresses: AddressCounter;
  events: EventTable;
  /** How a refused event is told to a client that passed no ack; by default it is not. */
  onRefusal?: (socket: ChatSocket, refusal: Ack & { success: false }) => void;
  onConnect: (socket: ChatSocket) => void;
  /** `lostSince`: the last sign of life of a client that did not go but was lost; milliseconds. */
  onDisconnect: (socket: ChatSocket, lostSince: number | null) => void;
}

const EXPIRY_CHECK = 1_000;
/** Who has too much waiting is asked to read for this long first, in milliseconds. */
const READ_FIRST = 1_000;

/**
 * A namespace for users with a token: lets them in, counts them, runs their events through the one wrapper, and
 * closes them when their token ends. Every event of every such protocol passes here.
 */
export class UserNamespace {
  readonly #namespace: Namespace;
  readonly #options: NamespaceOptions;
  readonly #byUser = new Map<string, Set<ChatSocket>>();
  readonly #rate: ReturnType<typeof rateOf>;
  readonly #expiry: NodeJS.Timeout;
  readonly #slices = new SliceGate();

  constructor(namespace: Namespace, options: NamespaceOptions) {
    this.#namespace = namespace;
    this.#options = options;
    const { limits, chat } = options.parts;
    this.#rate = rateOf(limits.eventsPerSecond, limits.eventsBurst);
    namespace.use((socket, next) => {
      this.#admit(socket as ChatSocket).then(
        () => next(),
        (error: unknown) => next(this.#refusalOf(error)),
      );
    });
    namespace.on('connection', socket => this.#connected(socket as ChatSocket));
    chat.events.on('tokens.revoked', ({ userId, at }) => {
      for (const socket of this.of(userId))
        if (socket.data.issuedAt * 1000 < at.getTime()) endSession(socket);
    });
    // One timer for all: a timer per socket is memory that an idle server pays for.
    this.#expiry = setInterval(() => this.#closeExpired(), EXPIRY_CHECK);
    this.#expiry.unref();
  }

  /** The sockets of a user on this node. */
  of(userId: string): Iterable<ChatSocket> {
    return this.#byUser.get(userId) ?? [];
  }

  get users(): ReadonlyMap<string, ReadonlySet<ChatSocket>> {
    return this.#byUser;
  }

  stop(): void {
    clearInterval(this.#expiry);
  }

  async #admit(socket: ChatSocket): Promise<void> {
    const { parts, addresses } = this.#options;
    if (parts.isDraining()) throw new ChatError('TEMPORARILY_UNAVAILABLE');
    if (addresses.isTooMany(socket.request)) throw new ChatError('TOO_MANY_CONNECTIONS');
    const { auth, query } = socket.handshake;
    const identity = parts.tokens.verify((auth as Record<string, unknown>)['token'] ?? query['token']);
    this.#requireFew(identity.id);
    await parts.chat.directory.connect(identity);
    socket.data = sessionOf(identity);
  }

  #requireFew(userId: string): void {
    const { connectionsPerUser } = this.#options.parts.limits;
    if (connectionsPerUser > 0 && (this.#byUser.get(userId)?.size ?? 0) >= connectionsPerUser) {
      throw new ChatError('TOO_MANY_CONNECTIONS');
    }
  }

  #refusalOf(error: unknown): Error {
    const failure = failureOf(error, this.#options.parts.log, 'connect');
    this.#options.parts.metrics.connectionRefused(failure.error);
    const isIdentity = ['TOKEN_EXPIRED', 'TOKEN_INVALID', 'TOO_MANY_CONNECTIONS'].includes(failure.error);
    return Object.assign(new Error(isIdentity ? 'not authorized' : failure.message), {
      data: { code: failure.error },
    });
  }

  #connected(socket: ChatSocket): void {
    const { userId } = socket.data.actor;
    try {
      // Others of the same user may have come in while this one was being looked up.
      this.#requireFew(userId);
    } catch {
      this.#options.parts.metrics.connectionRefused('TOO_MANY_CONNECTIONS');
      socket.conn.close();
      return;
    }
    const sockets = this.#byUser.get(userId);
    if (sockets) sockets.add(socket);
    else this.#byUser.set(userId, new Set([socket]));
    exposeAcks(socket);
    watchLife(socket);
    socket.onAny((name: unknown, ...args: unknown[]) => void this.#onEvent(socket, String(name), args));
    socket.once('disconnect', reason => this.#disconnected(socket, reason));
    this.#options.parts.chat.presence.connected(userId);
    this.#options.onConnect(socket);
  }

  #disconnected(socket: ChatSocket, reason: string): void {
    const { userId } = socket.data.actor;
    const sockets = this.#byUser.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byUser.delete(userId);
    this.#options.onDisconnect(socket, lostSince(socket, reason));
    this.#options.parts.chat.presence.disconnected(userId);
  }

  async #onEvent(socket: ChatSocket, name: string, args: unknown[]): Promise<void> {
    const ack = args.at(-1);
    const answer = await this.#answer(socket, name, args);
    if (typeof ack !== 'function') {
      if (!answer.success) this.#options.onRefusal?.(socket, answer);
      return;
    }
    const { outbox } = this.#options.parts;
    if (answer.success && answer.data instanceof Encoded) {
      const json = `{"success":true,"error":null,"data":${answer.data.json}}`;
      outbox.ackEncoded(socket, ack as (answer: unknown) => void, json);
    } else outbox.ack(socket, ack as (answer: unknown) => void, answer);
  }

  async #answer(socket: ChatSocket, name: string, args: unknown[]): Promise<Ack> {
    const { parts, events } = this.#options;
    const refuse = (error: ChatError) => refusal(failureOf(error, parts.log, name));
    if (parts.isDraining()) return refuse(new ChatError('TEMPORARILY_UNAVAILABLE'));
    if (events.isSlice(name)) return this.#answerSlice(socket, name, args);
    const wait = parts.outbox.isBehind(socket) ? READ_FIRST : this.#overRate(socket.data);
    if (wait > 0) return refuse(new ChatError('RATE_LIMITED', undefined, { retryAfterMs: wait }));
    return events.run(parts.chat, this.#callerOf(socket), name, args);
  }

  /** Slices are never refused for their number; only those that were refused for what they are count as events. */
  async #answerSlice(socket: ChatSocket, name: string, args: unknown[]): Promise<Ack> {
    const { parts, events } = this.#options;
    const answer = await this.#slices.through(socket, sliceBytes(args[0]), () =>
      events.run(parts.chat, this.#callerOf(socket), name, args),
    );
    if (!answer.success) this.#overRate(socket.data);
    return answer;
  }

  #overRate(data: SocketData): number {
    if (!this.#rate) return 0;
    const { state, wait } = take(this.#rate, data.rate, Date.now());
    data.rate = state;
    return wait;
  }

  #callerOf(socket: ChatSocket): Caller {
    return { actor: socket.data.actor, connectionId: socket.id, renew: token => this.#renew(socket, token) };
  }

  async #renew(socket: ChatSocket, token: string): Promise<void> {
    const { tokens, chat } = this.#options.parts;
    const identity = tokens.verify(token);
    if (identity.id !== socket.data.actor.userId) {
      throw new ChatError('CLIENT_ID_NO_EXISTS', 'This token is of another user.');
    }
    await chat.directory.connect(identity);
    const { viewing, rate } = socket.data;
    socket.data = { ...sessionOf(identity), viewing, rate };
  }

  #closeExpired(): void {
    const now = this.#options.parts.chat.clock.now();
    for (const socket of this.#namespace.sockets.values()) {
      if ((socket as ChatSocket).data.expiresAt <= now) endSession(socket as ChatSocket);
    }
  }
}

/** The token is void: the client has to log in again, so the namespace is closed and not only the transport. */
function endSession(socket: ChatSocket): void {
  socket.emit('tokenExpired', {});
  socket.disconnect();
}

const sessionOf = ({ id, nickName, profileUrl, issuedAt, expiresAt }: TokenIdentity): SocketData => ({
  actor: { kind: 'user', userId: id, nickName, profileUrl },
  issuedAt,
  expiresAt,
  rate: 0,
  viewing: null,
});
