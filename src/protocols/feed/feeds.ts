import type { WebSocket } from 'ws';
import type { Chat } from '../../domain/chat.ts';
import { ChatError } from '../../domain/errors.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';

/** How a stream ends (protocols.md 6); each begins with the HTTP status that it stands for. */
export const CLOSE = {
  goingAway: 1001,
  fault: 1011,
  tryAgain: 1013,
  noIdentity: 4401,
  forbidden: 4403,
  noRoom: 4404,
  tooSlow: 4408,
  tooMany: 4429,
} as const;
type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** One connection to the stream of one room. */
export interface Feed {
  readonly socket: WebSocket;
  readonly live: LiveRoom;
  /** Null: a platform looks on. */
  readonly userId: string | null;
  /** Of the token, seconds; null without one. */
  readonly issuedAt: number | null;
  /** Of the token, milliseconds. */
  readonly expiresAt: number;
  /** Pings that were not answered. */
  missed: number;
}

export interface FeedLimits {
  /** Streams of a user over all rooms; 0 is no limit. */
  perUser: number;
  /** Bytes that may wait for a client that does not read. */
  outgoingBytes: number;
}

/** Two tabs and a phone. */
const PER_ROOM = 3;
const PING_EVERY = 30_000;
const MISSED_PONGS = 2;
const EXPIRY_CHECK = 1_000;
/** A client that does not read does not read the close frame either: so long it has to come back to its senses. */
const LAST_WORDS = 5_000;

/** The streams of this node, by room and by user: lets in, sends, keeps alive, closes. */
export class Feeds {
  readonly #chat: Chat;
  readonly #limits: FeedLimits;
  readonly #byRoom = new Map<string, Set<Feed>>();
  readonly #byUser = new Map<string, Set<Feed>>();
  readonly #onSlow: () => void;
  readonly #timers: NodeJS.Timeout[];

  constructor(chat: Chat, limits: FeedLimits, onSlow: () => void) {
    this.#chat = chat;
    this.#limits = limits;
    this.#onSlow = onSlow;
    this.#timers = [
      setInterval(() => this.#ping(), PING_EVERY),
      setInterval(() => this.#closeExpired(), EXPIRY_CHECK),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  get size(): number {
    let size = 0;
    for (const feeds of this.#byRoom.values()) size += feeds.size;
    return size;
  }

  of(roomId: string): Iterable<Feed> {
    return this.#byRoom.get(roomId) ?? [];
  }

  ofUser(userId: string): Iterable<Feed> {
    return this.#byUser.get(userId) ?? [];
  }

  /** The rooms that somebody looks at here. */
  *rooms(): Generator<LiveRoom> {
    for (const feeds of this.#byRoom.values()) for (const { live } of [...feeds].slice(0, 1)) yield live;
  }

  /** Errors: TOO_MANY_CONNECTIONS. */
  add(feed: Feed): void {
    const { live, userId, socket } = feed;
    if (userId !== null) this.#requireFew(userId, live.id);
    // Whose first connection this is, the others are told; the new one not.
    if (userId !== null) this.#chat.presence.connected(userId);
    put(this.#byRoom, live.id, feed);
    if (userId !== null) put(this.#byUser, userId, feed);
    // What is looked at stays in memory: this node is told of it.
    live.holds++;
    socket.on('pong', () => (feed.missed = 0));
    socket.once('close', () => this.#gone(feed));
  }

  /** `bytes` is the encoded JSON of a frame. */
  send(feed: Feed, bytes: Buffer): void {
    const { socket } = feed;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#limits.outgoingBytes) {
      this.#onSlow();
      return this.close(feed, CLOSE.tooSlow, 'read what you asked for');
    }
    socket.send(bytes, { binary: false, compress: false });
  }

  /** Closes, and sends nothing from now on. */
  close(feed: Feed, code: CloseCode, reason: string): void {
    this.#forget(feed);
    closeSocket(feed.socket, code, reason);
  }

  closeAll(code: CloseCode, reason: string): void {
    for (const feeds of [...this.#byRoom.values()])
      for (const feed of [...feeds]) this.close(feed, code, reason);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #requireFew(userId: string, roomId: string): void {
    const mine = this.#byUser.get(userId);
    if (!mine) return;
    const here = [...mine].filter(feed => feed.live.id === roomId).length;
    const { perUser } = this.#limits;
    if (here >= PER_ROOM || (perUser > 0 && mine.size >= perUser))
      throw new ChatError('TOO_MANY_CONNECTIONS');
  }

  /** Told nothing more; counts as connected until the socket is closed. */
  #forget(feed: Feed): void {
    drop(this.#byRoom, feed.live.id, feed);
    if (feed.userId !== null) drop(this.#byUser, feed.userId, feed);
  }

  #gone(feed: Feed): void {
    this.#forget(feed);
    feed.live.holds--;
    if (feed.userId !== null) this.#chat.presence.disconnected(feed.userId);
  }

  #ping(): void {
    for (const feeds of this.#byRoom.values()) {
      for (const feed of feeds) {
        if (feed.missed >= MISSED_PONGS) feed.socket.terminate();
        else {
          feed.missed++;
          feed.socket.ping();
        }
      }
    }
  }

  #closeExpired(): void {
    const now = this.#chat.clock.now();
    for (const feeds of [...this.#byUser.values()]) {
      for (const feed of [...feeds])
        if (feed.expiresAt <= now) this.close(feed, CLOSE.noIdentity, 'TOKEN_EXPIRED');
    }
  }
}

/** Says why, and waits for the client only so long. */
export function closeSocket(socket: WebSocket, code: CloseCode, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), LAST_WORDS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

function put<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

function drop<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key);
  set?.delete(value);
  if (set?.size === 0) map.delete(key);
}
