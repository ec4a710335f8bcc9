import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { PostgresError, parseErrorFields } from './pg-error.ts';

/**
 * A small client of PostgreSQL's protocol. The usual client decodes every result as text, which would
 * destroy BSON; this one passes parameters and results as bytes and prepares each statement once.
 */

export type Parameter = Buffer | string | null;
export type Row = (Buffer | null)[];

interface Pending {
  rows: Row[];
  error?: Error;
  resolve(rows: Row[]): void;
  reject(error: Error): void;
}

const statementNames = new Map<string, string>();

function statementName(text: string): string {
  let name = statementNames.get(text);
  if (!name) {
    name = 's' + createHash('sha1').update(text).digest('hex').slice(0, 16);
    statementNames.set(text, name);
  }
  return name;
}

export class PgConnection {
  readonly #socket: Socket;
  readonly #prepared = new Set<string>();
  #chunks: Buffer[] = [];
  #buffered = 0;
  #pending: Pending | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => this.#receive(chunk));
    socket.on('error', error => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection to postgres is closed')));
  }

  get broken(): boolean {
    return this.#failure !== undefined;
  }

  static open(socketPath: string): Promise<PgConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        const connection = new PgConnection(socket);
        connection.#exchange(startupMessage()).then(() => resolve(connection), reject);
      });
    });
  }

  close(): void {
    if (!this.#failure) this.#socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
  }

  query(text: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    const name = statementName(text);
    const parts: Buffer[] = [];
    if (!this.#prepared.has(name)) {
      parts.push(message('P', [cstring(name), cstring(text), int16(0)]));
    }
    parts.push(bindMessage(name, parameters), EXECUTE_AND_SYNC);
    const result = this.#exchange(Buffer.concat(parts));
    // A statement is prepared even when its execution fails, but not when its text is refused.
    return result.then(
      rows => {
        this.#prepared.add(name);
        return rows;
      },
      error => {
        if (!this.#prepared.has(name)) this.#socket.write(message('C', [Buffer.from('S'), cstring(name)]));
        throw error;
      },
    );
  }

  /** Runs a text without parameters through the unnamed statement. */
  queryOnce(text: string): Promise<Row[]> {
    const parse = message('P', [cstring(''), cstring(text), int16(0)]);
    return this.#exchange(Buffer.concat([parse, bindMessage('', []), EXECUTE_AND_SYNC]));
  }

  #exchange(bytes: Buffer): Promise<Row[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#pending) return Promise.reject(new Error('the connection to postgres is busy'));
    return new Promise((resolve, reject) => {
      this.#pending = { rows: [], resolve, reject };
      this.#socket.write(bytes);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(pending.error ?? error);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    // A large row comes in many chunks: they are joined once its whole length is there.
    if (this.#chunks.length > 1) {
      const first = this.#chunks[0] as Buffer;
      if (first.length >= 5 && this.#buffered < 1 + first.readInt32BE(1)) return;
    }
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#buffered);
    while (bytes.length >= 5) {
      const size = 1 + bytes.readInt32BE(1);
      if (bytes.length < size) break;
      this.#handle(bytes[0] ?? 0, bytes.subarray(5, size));
      bytes = bytes.subarray(size);
    }
    this.#chunks = bytes.length ? [bytes] : [];
    this.#buffered = bytes.length;
  }

  #handle(type: number, payload: Buffer): void {
    const pending = this.#pending;
    switch (String.fromCharCode(type)) {
      case 'D':
        pending?.rows.push(parseRow(payload));
        break;
      case 'E': {
        const error = new PostgresError(parseErrorFields(payload));
        if (pending) pending.error = error;
        else this.#failure ??= error;
        break;
      }
      case 'Z':
        this.#pending = undefined;
        if (pending?.error) pending.reject(pending.error);
        else pending?.resolve(pending.rows);
        break;
      default:
    }
  }
}

function parseRow(payload: Buffer): Row {
  const row: Row = new Array<Buffer | null>(payload.readInt16BE(0));
  let at = 2;
  for (let i = 0; i < row.length; i++) {
    const size = payload.readInt32BE(at);
    at += 4;
    row[i] = size < 0 ? null : payload.subarray(at, at + size);
    at += Math.max(size, 0);
  }
  return row;
}

function bindMessage(name: string, parameters: readonly Parameter[]): Buffer {
  const parts = [Buffer.from([0]), cstring(name), int16(parameters.length)];
  for (const parameter of parameters) parts.push(int16(Buffer.isBuffer(parameter) ? 1 : 0));
  parts.push(int16(parameters.length));
  for (const parameter of parameters) {
    if (parameter === null) parts.push(int32(-1));
    else {
      const value = typeof parameter === 'string' ? Buffer.from(parameter) : parameter;
      parts.push(int32(value.length), value);
    }
  }
  parts.push(int16(1), int16(1));
  return message('B', parts);
}

function startupMessage(): Buffer {
  const body = Buffer.from('user\0postgres\0database\0postgres\0application_name\0mongod\0\0');
  return Buffer.concat([int32(8 + body.length), int32(196608), body]);
}

function message(type: string, parts: Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type), int32(size), ...parts], size + 1);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function cstring(text: string): Buffer {
  return Buffer.from(text + '\0');
}

const EXECUTE_AND_SYNC = Buffer.concat([message('E', [Buffer.from([0]), int32(0)]), message('S', [])]);
