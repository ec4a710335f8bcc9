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

export class Outbox {
  readonly #maxBytes: number;
  readonly #onClosed: () => void;
  #corked: NetSocket[] = [];
  readonly #isCorked = new WeakSet<NetSocket>();
  #scheduled = false;

  /** `maxBytes`: what may wait for a client that does not read before it is closed. `onClosed` counts those. */
  constructor(maxBytes: number, onClosed: () => void = () => undefined) {
    this.#maxBytes = maxBytes;
    this.#onClosed = onClosed;
  }

  send(socket: Socket, frame: Frame): void {
    const conn = socket.conn as unknown as EngineSocket;
    const net = directWay(conn);
    if (!net) {
      conn.write(frame.text, { compress: false });
    } else {
      if (!this.#isCorked.has(net)) this.#cork(net);
      net.write(frame.bytes);
    }
    this.closeIfClogged(socket);
  }

  /** Answers an event with JSON that is encoded already; `ack` is what Socket.IO gave for it. */
  answer(socket: Socket, ack: Answer, json: string): void {
    const conn = socket.conn as unknown as EngineSocket;
    if (ack.packetId === undefined || conn.readyState !== 'open') return ack(JSON.parse(json));
    const namespace = socket.nsp.name === '/' ? '' : `${socket.nsp.name},`;
    conn.write(`3${namespace}${ack.packetId}[${json}]`, { compress: false });
  }

  /**
   * Closes the transport of a client that does not read what it is sent (it may come back by itself).
   * Returns true when it was closed.
   */
  closeIfClogged(socket: Socket): boolean {
    const conn = socket.conn as unknown as EngineSocket;
    if (waitingBytes(conn) <= this.#maxBytes) return false;
    this.#onClosed();
    // Not a polite close: that would wait for a peer that does not read, with all the bytes.
    conn.transport.socket?.terminate?.();
    conn.close(true);
    return true;
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
export const takesDirectWay = (socket: Socket): boolean =>
  directWay(socket.conn as unknown as EngineSocket) !== null;
