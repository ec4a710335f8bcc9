import type { Socket } from 'socket.io';
import { ChatError, type ErrorCode } from '../../domain/errors.ts';
import { isAnonymous } from '../../domain/rooms/visit.ts';
import { rateOf, take } from '../../domain/rate.ts';
import { EventTable, isLarger, refusal, type Ack } from '../kit/event.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { refusal as connectRefusal, type RootProtocol } from '../kit/root.ts';
import { failureOf } from '../kit/wrapper.ts';
import { refused, type AlertType } from './catalogue.ts';
import { handleRooms, type RoomCaller } from './handlers.ts';
import { Halls } from './halls.ts';
import { clockOf } from './present.ts';
import { credentialsOf, handshakeRefusal, sessionOf, type Credentials, type Session } from './session.ts';

export interface NicknameRoomsOptions {
  /** Who has no valid token or nickname is let in as the anonymous one. */
  anonymous: boolean;
  /** That one may enter the rooms of the demo data. */
  demo: boolean;
  timeZone: string;
}

const EXPIRY_CHECK = 1_000;
/** Events of one socket that may wait for each other. */
const MAX_WAITING = 200;

/** Builds the rooms with nicknames (seed 4); they hang on the root namespace and on `/room`. */
export function nicknameRooms(parts: ProtocolParts, options: NicknameRoomsOptions): NicknameRooms {
  return new NicknameRooms(parts, options);
}

export class NicknameRooms implements RootProtocol {
  readonly namespace = '/room';
  readonly events: EventTable<RoomCaller>;
  readonly #parts: ProtocolParts;
  readonly #options: NicknameRoomsOptions;
  readonly #halls: Halls;
  readonly #sessions = new Map<string, Session>();
  readonly #byUser = new Map<string, number>();
  readonly #rate: ReturnType<typeof rateOf>;
  readonly #expiry: NodeJS.Timeout;

  constructor(parts: ProtocolParts, options: NicknameRoomsOptions) {
    const { chat, log, metrics, limits } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#rate = rateOf(limits.eventsPerSecond, limits.eventsBurst);
    this.#halls = new Halls(parts, id => this.#sessions.get(id), {
      clock: clockOf(options.timeZone),
      linkOf: parts.fileLink,
    });
    this.events = new EventTable(log, metrics, limits.eventBytes);
    handleRooms(this.events, this.#halls, options.demo);
    chat.events.on('tokens.revoked', ({ userId, at }) => {
      for (const session of this.#sessions.values())
        if (session.actor.userId === userId && session.issuedAt * 1000 < at.getTime()) this.#end(session);
    });
    this.#expiry = setInterval(() => this.#endExpired(), EXPIRY_CHECK);
    this.#expiry.unref();
    metrics.gauge(
      'madang_room_connections',
      'Connections of the rooms with nicknames',
      () => this.#sessions.size,
    );
  }

  stop(): void {
    clearInterval(this.#expiry);
    this.#halls.stop();
  }

  async admit(socket: Socket): Promise<void> {
    const { metrics } = this.#parts;
    try {
      const credentials = credentialsOf(socket, this.#parts.tokens, this.#options.anonymous);
      (socket.data as { session: Session }).session = sessionOf(socket, await this.#known(credentials));
    } catch (error) {
      metrics.connectionRefused((error as Error).message.slice(0, 32));
      throw error;
    }
  }

  /** Enters who connects into the directory, where a revoked token shows. Throws the `connect_error`. */
  async #known(credentials: Credentials): Promise<Credentials> {
    const { identity } = credentials;
    if (!identity) return credentials;
    if (this.#isTooMany(identity.id)) throw connectRefusal('TOO_MANY_CONNECTIONS');
    try {
      await this.#parts.chat.directory.connect(identity);
      return credentials;
    } catch (error) {
      const failure = failureOf(error, this.#parts.log, 'connect');
      if (failure.error !== 'TOKEN_INVALID') throw connectRefusal(failure.error);
      if (!this.#options.anonymous) throw handshakeRefusal('E02');
      return { ...credentials, identity: null };
    }
  }

  connected(socket: Socket): void {
    const { session } = socket.data as { session: Session };
    const { userId } = session.actor;
    // Others of the same user may have come in while this one was being looked up.
    if (!isAnonymous(session.actor) && this.#isTooMany(userId)) {
      socket.conn.close();
      return;
    }
    this.#sessions.set(socket.id, session);
    this.#byUser.set(userId, (this.#byUser.get(userId) ?? 0) + 1);
    if (!isAnonymous(session.actor)) this.#parts.chat.presence.connected(userId);
    socket.onAny((name: unknown, ...args: unknown[]) => this.#enqueue(session, String(name), args));
    socket.once('disconnect', () => this.#disconnected(session));
  }

  #isTooMany(userId: string): boolean {
    const { connectionsPerUser: max } = this.#parts.limits;
    return max > 0 && (this.#byUser.get(userId) ?? 0) >= max;
  }

  #disconnected(session: Session): void {
    const { userId } = session.actor;
    this.#sessions.delete(session.socket.id);
    const left = (this.#byUser.get(userId) ?? 1) - 1;
    if (left > 0) this.#byUser.set(userId, left);
    else this.#byUser.delete(userId);
    this.#halls.leave(session);
    if (!isAnonymous(session.actor)) this.#parts.chat.presence.disconnected(userId);
  }

  #enqueue(session: Session, name: string, args: unknown[]): void {
    const code = this.#overLimit(session);
    if (code) return this.#answer(session, name, args, refusal(failureOf(code, this.#parts.log, name)));
    session.waiting++;
    session.tail = session.tail.then(async () => {
      session.waiting--;
      if (!session.socket.connected) return;
      this.#answer(session, name, args, await this.#run(session, name, args));
    });
  }

  #overLimit(session: Session): ChatError | null {
    if (session.waiting >= MAX_WAITING || this.#parts.outbox.isBehind(session.socket)) return refused('E19');
    if (!this.#rate) return null;
    const { state, wait } = take(this.#rate, session.rate, Date.now());
    session.rate = state;
    return wait > 0 ? new ChatError('RATE_LIMITED', undefined, { retryAfterMs: wait }) : null;
  }

  async #run(session: Session, name: string, args: unknown[]): Promise<Ack> {
    const { chat, log, limits } = this.#parts;
    if (isLarger(args[0], limits.eventBytes)) return refusal(failureOf(refused('E19'), log, name));
    return this.events.run(chat, { session, renew: token => this.#renew(session, token) }, name, args);
  }

  /** An ack is answered where there is one; a refusal is told in any case, as the seed's pages expect. */
  #answer(session: Session, name: string, args: unknown[], answer: Ack): void {
    const type = answer.success ? null : alertOf(name, answer);
    if (type) this.#halls.alert(session, type);
    const ack = args.at(-1);
    if (typeof ack === 'function') (ack as (answer: Ack) => void)(answer);
  }

  async #renew(session: Session, token: string): Promise<void> {
    const identity = this.#parts.tokens.verify(token);
    if (identity.id !== session.actor.userId)
      throw new ChatError('CLIENT_ID_NO_EXISTS', 'This token is of another user.');
    await this.#parts.chat.directory.connect(identity);
    session.issuedAt = identity.issuedAt;
    session.expiresAt = identity.expiresAt;
  }

  #endExpired(): void {
    const now = this.#parts.chat.clock.now();
    for (const session of this.#sessions.values()) if (session.expiresAt <= now) this.#end(session);
  }

  /** The token is void: whoever it is has to log in again, so the namespace is closed and not only the transport. */
  #end({ socket }: Session): void {
    socket.emit('tokenExpired', {});
    socket.disconnect();
  }
}

/** Codes that mean "not now"; all others that are not named here mean "not allowed here". */
const BY_CODE: Partial<Record<ErrorCode, AlertType>> = {
  ROOM_NO_EXISTS: 'E17',
  YOU_ARE_NO_JOINED_ROOM: 'E17',
  RATE_LIMITED: 'E19',
  TEMPORARILY_UNAVAILABLE: 'E19',
  INTERNAL_ERROR: 'E19',
};
const BY_EVENT = new Map<string, Partial<Record<ErrorCode, AlertType>>>([
  ['joinRoom', { INVALID_PAYLOAD: 'E11', ROOM_NO_EXISTS: 'E12', YOU_ARE_NO_JOINED_ROOM: 'E12' }],
  ['chatMessage', { INVALID_PAYLOAD: 'E16' }],
]);

/** What a refused event is told as; null: only its ack says so (an event that there is not, a bad new token). */
function alertOf(name: string, { error, data }: Ack & { success: false }): AlertType | null {
  const own = data?.['type'] as AlertType | undefined;
  if (own) return own;
  const type = BY_EVENT.get(name)?.[error] ?? BY_CODE[error];
  return type ?? (BY_EVENT.has(name) ? 'E18' : null);
}
