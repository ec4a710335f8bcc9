import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const MASKED = 0x80;

/**
 * One buffer for the reads of all connections of this process: each read is looked at before the next one
 * happens. A fresh buffer per read, as sockets have by default, makes the collector take a quarter of the CPU
 * that belongs to the server under test.
 */
const shared = Buffer.allocUnsafe(256 * 1024);

export interface Handlers {
  /** A text frame. The buffer is overwritten after the call: copy what must last. */
  onText(text: Buffer): void;
  onClose(): void;
}

/** As much of a WebSocket client as the bench needs: text both ways, no extensions, no fragments. */
export class LeanWebSocket {
  private readonly socket: Socket;
  private readonly handlers: Handlers;
  private isOpen = false;
  private closed = false;
  /** Bytes of a header, or of the answer to the upgrade, that has not come whole yet. */
  private rest: Buffer | undefined;
  /** A frame that comes in several reads. */
  private partial: { opcode: number; payload: Buffer; filled: number } | undefined;

  constructor(url: string, handlers: Handlers) {
    const { hostname, port, pathname, search } = new URL(url);
    this.handlers = handlers;
    this.socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: {
        buffer: shared,
        callback: length => {
          this.read(shared.subarray(0, length));
          return true;
        },
      },
    });
    this.socket.once('connect', () => {
      this.socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      );
    });
    this.socket.on('error', () => this.terminate());
    this.socket.on('end', () => this.terminate());
    this.socket.on('close', () => this.end());
  }

  send(text: string): void {
    this.write(TEXT, Buffer.from(text));
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.socket.destroy();
    this.end();
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.handlers.onClose();
  }

  /** Frames of a client must be masked; a mask of zeros leaves the payload as it is. */
  private write(opcode: number, payload: Buffer): void {
    const { length } = payload;
    const isShort = length < 126;
    if (length > 0xffff) throw new Error('too long for a client of the bench');
    const frame = Buffer.alloc((isShort ? 6 : 8) + length);
    frame[0] = 0x80 | opcode;
    frame[1] = MASKED | (isShort ? length : 126);
    if (!isShort) frame.writeUInt16BE(length, 2);
    payload.copy(frame, frame.length - length);
    this.socket.write(frame);
  }

  private read(bytes: Buffer): void {
    const all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    this.rest = undefined;
    let at = this.isOpen ? 0 : this.readUpgrade(all);
    while (at < all.length && !this.closed) {
      const next = this.partial ? this.readMore(all, at) : this.readFrame(all, at);
      if (next === at) {
        this.rest = Buffer.from(all.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Where the frames begin after the answer to the upgrade. */
  private readUpgrade(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      this.rest = Buffer.from(bytes);
      return bytes.length;
    }
    if (!bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) this.terminate();
    this.isOpen = true;
    return end + 4;
  }

  /** Reads one frame from `at`; returns where the next one begins, or `at` when its header is not whole. */
  private readFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return at;
    const opcode = (bytes[at] as number) & 0x0f;
    const short = (bytes[at + 1] as number) & 0x7f;
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (bytes.length < from) return at;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (from + length <= bytes.length) {
      this.take(opcode, bytes.subarray(from, from + length));
      return from + length;
    }
    const payload = Buffer.allocUnsafe(length);
    this.partial = { opcode, payload, filled: bytes.copy(payload, 0, from) };
    return bytes.length;
  }

  private readMore(bytes: Buffer, at: number): number {
    const partial = this.partial as NonNullable<typeof this.partial>;
    const copied = bytes.copy(partial.payload, partial.filled, at);
    partial.filled += copied;
    if (partial.filled === partial.payload.length) {
      this.partial = undefined;
      this.take(partial.opcode, partial.payload);
    }
    return at + copied;
  }

  private take(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.handlers.onText(payload);
    else if (opcode === PING) this.write(PONG, payload);
    else if (opcode === CLOSE) this.terminate();
  }
}
