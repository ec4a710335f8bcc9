import type { Socket } from 'socket.io';
import { ChatError } from '../../domain/errors.ts';
import type { RosterEntry } from '../../domain/ports.ts';
import { rateOf, take } from '../../domain/rate.ts';
import { Roster } from '../../domain/roster/roster.ts';
import { Broadcast } from '../kit/broadcast.ts';
import { Coalescer } from '../kit/coalescer.ts';
import { EventTable, refusal, type Ack } from '../kit/event.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import type { RootProtocol } from '../kit/root.ts';
import { failureOf } from '../kit/wrapper.ts';
import { login, logout, MAX_MESSAGE, NEEDS_ACK, ping, roomMessage } from './catalogue.ts';
import { handleLogins, type LoginCaller } from './handlers.ts';
import { cameNotice, presentMessage, presentUser, refusedNotice, wentNotice } from './present.ts';

/** Who has too much waiting is asked to read for this long first, in milliseconds. */
const READ_FIRST = 1_000;
const NAME = 'login-rooms';
/** Lists of rooms above this size come at most once in this time, in milliseconds. */
const LARGE = 100;
const CALM = 500;

/** A room with somebody of this node in it. */
interface Room {
  name: string;
  sockets: Map<string, Socket>;
}

/** Builds the login rooms (seed 5); they hang on the root namespace and on `/lobby`. */
export function loginRooms(parts: ProtocolParts): LoginRooms {
  return new LoginRooms(parts);
}

export class LoginRooms implements RootProtocol {
  readonly namespace = '/lobby';
  readonly events: EventTable<LoginCaller>;
  readonly #parts: ProtocolParts;
  readonly #roster: Roster;
  readonly #broadcast: Broadcast;
  readonly #calm: Coalescer<Room>;
  readonly #sockets = new Map<string, Socket>();
  readonly #rooms = new Map<string, Room>();
  readonly #rates = new WeakMap<Socket, number>();
  readonly #rate: ReturnType<typeof rateOf>;

  constructor(parts: ProtocolParts) {
    const { chat, log, metrics, limits, outbox } = parts;
    this.#parts = parts;
    this.#rate = rateOf(limits.eventsPerSecond, limits.eventsBurst);
    this.#broadcast = new Broadcast(outbox, metrics);
    this.#calm = new Coalescer(CALM, room => this.#tellUsers(room));
    chat.events.on('roster.changed', ({ roster, was, now }) => {
      if (roster === NAME) this.#moved(was, now);
    });
    chat.events.on('roster.said', ({ roster, from, text }) => {
      if (roster === NAME) this.#tell(from.room, 'roomMessage', presentMessage(from, text));
    });
    this.#roster = new Roster(chat, { name: NAME });
    this.events = new EventTable(log, metrics, MAX_MESSAGE);
    handleLogins(this.events, this.#roster);
    metrics.gauge('madang_lobby_connections', 'Connections of the login rooms', () => this.#sockets.size);
  }

  stop(): void {
    this.#calm.stop();
    this.#roster.stop();
  }

  /** Guests: nobody is asked who they are. */
  async admit(): Promise<void> {}

  connected(socket: Socket): void {
    this.#sockets.set(socket.id, socket);
    socket.onAny((name: unknown, ...args: unknown[]) => void this.#onEvent(socket, String(name), args));
    socket.once('disconnect', () => {
      this.#sockets.delete(socket.id);
      this.#roster.drop(socket.id);
    });
  }

  async #onEvent(socket: Socket, name: string, args: unknown[]): Promise<void> {
    const ack = args.at(-1);
    if (typeof ack !== 'function' && NEEDS_ACK.includes(name)) {
      socket.conn.close();
      return;
    }
    const answer = await this.#answer(socket, name, args);
    if (typeof ack === 'function') {
      return this.#parts.outbox.ack(socket, ack as (answer: unknown) => void, shapeOf(name, answer));
    }
    if (!answer.success && name === roomMessage.name)
      this.#broadcast.send([socket], 'notification', refusedNotice(answer.message));
  }

  async #answer(socket: Socket, name: string, args: unknown[]): Promise<Ack> {
    const { chat, log } = this.#parts;
    const wait = this.#parts.outbox.isBehind(socket) ? READ_FIRST : this.#overRate(socket);
    if (wait > 0) {
      const error = new ChatError('RATE_LIMITED', undefined, { retryAfterMs: wait });
      return refusal(failureOf(error, log, name));
    }
    return this.events.run(chat, { connectionId: socket.id }, name, args);
  }

  #overRate(socket: Socket): number {
    if (!this.#rate) return 0;
    const { state, wait } = take(this.#rate, this.#rates.get(socket) ?? 0, Date.now());
    this.#rates.set(socket, state);
    return wait;
  }

  #moved(was: RosterEntry | null, now: RosterEntry | null): void {
    const entry = (now ?? was)!;
    const socket = this.#sockets.get(entry.id);
    if (now && socket) this.#enter(entry.room, socket);
    else this.#leave(entry);
    const room = this.#rooms.get(entry.room);
    if (!room) return;
    const others = [...room.sockets.values()].filter(({ id }) => id !== entry.id);
    this.#broadcast.send(others, 'notification', now ? cameNotice(entry) : wentNotice(entry));
    if (this.#roster.sizeOf(entry.room) > LARGE) this.#calm.call(room);
    else this.#tellUsers(room);
  }

  #enter(name: string, socket: Socket): void {
    const room = this.#rooms.get(name) ?? { name, sockets: new Map<string, Socket>() };
    this.#rooms.set(name, room);
    room.sockets.set(socket.id, socket);
  }

  #leave({ id, room: name }: RosterEntry): void {
    const room = this.#rooms.get(name);
    if (!room?.sockets.delete(id) || room.sockets.size > 0) return;
    this.#rooms.delete(name);
  }

  #tellUsers({ name }: Room): void {
    this.#tell(name, 'users', this.#roster.of(name).map(presentUser));
  }

  #tell(room: string, event: string, data: unknown): void {
    this.#broadcast.send(this.#rooms.get(room)?.sockets.values() ?? [], event, data);
  }
}

/** What the seed's client reads from an ack: `{error, user}`, the bare id for a ping. */
function shapeOf(name: string, answer: Ack): unknown {
  if (name === ping.name) return answer.success ? answer.data : null;
  const isAboutUser = name === login.name || name === logout.name;
  return answer.success
    ? { error: undefined, ...(isAboutUser ? { user: answer.data } : {}) }
    : { error: answer.message, user: undefined };
}
