import type { Socket } from 'socket.io';
import * as ws from 'ws';

/**
 * Frames to many sockets: encoded once, and one writev per connection and turn of the event loop. Socket.IO writes
 * each packet on its own, which costs two to three times as much. This file is the only one that knows the inside
 * of engine.io and ws; where that looks different, frames go out the ordinary way.
 */

/** One encoded event: the text of the Socket.IO packet, and the ready WebSocket frame around it. */
export interface Frame {
  text: string;
  bytes: Buffer;
}

/** `json` is the encoded argument of the event. */
export function encodeFrame(namespace: string, event: string, json: string): Frame {
  const text = `2${namespace === '/' ? '' : `${namespace},`}[${JSON.stringify(event)},${json}]`;
  return { text, bytes: wrap(text) };
}

interface NetSocket {
  cork(): void;
  uncork(): void;
  write(bytes: Buffer): boolean;
  writableLength: number;
}

interface EngineSocket {
  readyState: string;
  upgrading: boolean;
  writeBuffer: { data?: unknown }[];
  transport: {
    name: string;
    socket?: { readyState: number; terminate?(): void; _socket?: NetSocket | null; _sender?: object };
  };
  write(data: string, options?: object): void;
  close(discard?: boolean): void;
}

const OPEN = 1;
/** Public in ws, absent from its types. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
/** "4" is engine.io's type of a message. */
const wrap = (text: string): Buffer =>
  Buffer.concat(
    Sender.frame(Buffer.from(`4${text}`), {
      readOnly: false,
      mask: false,
      rsv1: false,
      opcode: 1,
      fin: true,
    }),
  );

type Answer = ((value: unknown) => void) & { packetId?: number };

/** Lets acks of this socket know which packet they answer, so that encoded answers can be sent as they are. */
export function exposeAcks(socket: Socket): void {
  (socket as unknown as { ack: typeof ackWithId }).ack = ackWithId;
}

/** One function for all sockets: an own one for each would be memory that idle ones pay for. */
function ackWithId(this: Socket, id: number): Answer {
  const { ack } = Object.getPrototypeOf(this) as { ack: (this: Socket, id: number) => Answer };
  return Object.assign(ack.call(this, id), { packetId: id });
}

/** Who is above the limit and gets this many times the limit more is closed at once. */
const HARD_FACTOR = 4;
/** A client above the limit is looked at again after this time, in milliseconds, and closed when it read nothing. */
const LOOK_AFTER = 1_000;
const LOOKS = 3;

export class Outbox {
  readonly #maxBytes: number;
  readonly #onClosed: () => void;
  #corked: NetSocket[] = [];
  readonly #isCorked = new WeakSet<NetSocket>();
  #scheduled = false;
  /** Clients above the limit: how much waited at first and at the last look, and how often it was not less. */
  readonly #suspects = new Map<EngineSocket, { base: number; waiting: number; strikes: number }>();
  readonly #closed = new WeakSet<EngineSocket>();
  #look: NodeJS.Timeout | null = null;

  /**
   * `maxBytes`: what may wait for a client that does not read. One that has more waiting and does not read is closed
   * after a few seconds, or at once when much more comes; one large answer alone is no fault. `onClosed` counts them.
   */
  constructor(maxBytes: number, onClosed: () => void = () => undefined) {
    this.#maxBytes = maxBytes;
    this.#onClosed = onClosed;
  }

  send(socket: Socket, frame: Frame): void {
    const conn = engineOf(socket);
    if (!this.#mayWrite(conn)) return;
    const net = directWay(conn);
    if (!net) {
      conn.write(frame.text, { compress: false });
    } else {
      if (!this.#isCorked.has(net)) this.#cork(net);
      net.write(frame.bytes);
    }
  }

  /** Answers an event; `ack` is what Socket.IO gave for it. */
  ack(socket: Socket, ack: Answer, value: unknown): void {
    if (this.#mayWrite(engineOf(socket))) ack(value);
  }

  /** Answers an event with JSON that is encoded already. */
  ackEncoded(socket: Socket, ack: Answer, json: string): void {
    const conn = engineOf(socket);
    if (!this.#mayWrite(conn)) return;
    if (ack.packetId === undefined || conn.readyState !== 'open') return ack(JSON.parse(json));
    const namespace = socket.nsp.name === '/' ? '' : `${socket.nsp.name},`;
    conn.write(`3${namespace}${ack.packetId}[${json}]`, { compress: false });
  }

  /** True while so much waits for this client that it should read before it asks for more. */
  isBehind(socket: Socket): boolean {
    return waitingBytes(engineOf(socket)) > this.#maxBytes;
  }

  stop(): void {
    if (this.#look) clearTimeout(this.#look);
  }

  #mayWrite(conn: EngineSocket): boolean {
    if (this.#closed.has(conn)) return false;
    const waiting = waitingBytes(conn);
    if (waiting <= this.#maxBytes) return true;
    const suspect = this.#suspects.get(conn);
    if (!suspect) this.#suspects.set(conn, { base: waiting, waiting, strikes: 0 });
    else if (waiting > suspect.base + this.#maxBytes * HARD_FACTOR) {
      this.#close(conn);
      return false;
    }
    this.#look ??= setTimeout(() => this.#lookAgain(), LOOK_AFTER).unref();
    return true;
  }

  /** Who is above the limit and has not read since the last looks is closed; who reads, however slowly, is not. */
  #lookAgain(): void {
    this.#look = null;
    for (const [conn, last] of this.#suspects) {
      const waiting = waitingBytes(conn);
      const strikes = waiting < last.waiting ? 0 : last.strikes + 1;
      if (waiting <= this.#maxBytes || conn.readyState !== 'open') this.#suspects.delete(conn);
      else if (strikes >= LOOKS) this.#close(conn);
      else this.#suspects.set(conn, { base: last.base, waiting, strikes });
    }
    if (this.#suspects.size > 0) this.#look = setTimeout(() => this.#lookAgain(), LOOK_AFTER).unref();
  }

  #close(conn: EngineSocket): void {
    this.#suspects.delete(conn);
    this.#closed.add(conn);
    this.#onClosed();
    // Not a polite close: that would wait for a peer that does not read, with all the bytes.
    conn.transport.socket?.terminate?.();
    conn.close(true);
  }

  #cork(net: NetSocket): void {
    net.cork();
    this.#isCorked.add(net);
    this.#corked.push(net);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const corked = this.#corked;
    this.#corked = [];
    for (const net of corked) {
      this.#isCorked.delete(net);
      net.uncork();
    }
  }
}

const engineOf = (socket: Socket): EngineSocket => socket.conn as unknown as EngineSocket;

/** The TCP socket, when a frame may be written to it directly: nothing of engine.io's own is waiting before it. */
function directWay(conn: EngineSocket): NetSocket | null {
  const ws = conn.transport.name === 'websocket' ? conn.transport.socket : undefined;
  const isFree = conn.readyState === 'open' && !conn.upgrading && conn.writeBuffer.length === 0;
  if (!isFree || ws?.readyState !== OPEN || !ws._sender) return null;
  return ws._socket ?? null;
}

/** Bytes that wait for the client: in the TCP socket, and in engine.io's own queue. */
function waitingBytes(conn: EngineSocket): number {
  let bytes = conn.transport.socket?._socket?.writableLength ?? 0;
  for (const { data } of conn.writeBuffer) bytes += typeof data === 'string' ? data.length : 64;
  return bytes;
}

/** Whether frames to this socket take the direct way; a test fails when Socket.IO's inside changes. */
export const takesDirectWay = (socket: Socket): boolean => directWay(engineOf(socket)) !== null;
