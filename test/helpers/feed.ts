import WebSocket from 'ws';
import { FRAMES } from '../../src/protocols/feed/catalogue.ts';
import type { Engine } from './engine.ts';

export interface FeedFrame {
  type: string;
  room_id: number;
  user_id: number | string;
  data: any;
}

const PATIENCE = 8_000;

/** A browser-style WebSocket that keeps every frame and checks it against the catalogue. */
export class FeedClient {
  readonly socket: WebSocket;
  readonly frames: FeedFrame[] = [];
  readonly faults: string[] = [];
  readonly #waiting = new Set<() => void>();
  closed: { code: number; reason: string } | null = null;

  constructor(url: string, options: WebSocket.ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    all.add(this);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer, isBinary) => this.#received(data, isBinary));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#look();
    });
  }

  /** Resolves once the stream is open for good: what happens from now on arrives. */
  static async open(engine: Engine, room: { no: number }, token: string): Promise<FeedClient> {
    const client = new FeedClient(streamUrl(engine, room.no, { token }));
    await client.ready();
    return client;
  }

  /** An open stream misses nothing: resolves when it is (or when it was closed). */
  async ready(): Promise<void> {
    await this.until(
      () => (this.socket.readyState === WebSocket.OPEN || this.closed ? true : undefined),
      () => 'an open socket',
    );
  }

  of<T = any>(type: string): T[] {
    return this.frames.filter(frame => frame.type === type).map(frame => frame.data as T);
  }

  /** The first frame of this type, already there or to come, that fits. */
  frame(type: string, fits: (frame: FeedFrame) => boolean = () => true): Promise<FeedFrame> {
    return this.until(
      () => this.frames.find(frame => frame.type === type && fits(frame)),
      () => `a frame ${type}; there were ${this.frames.map(frame => frame.type).join(', ') || 'none'}`,
    );
  }

  /** The code with which the server closed. */
  async code(): Promise<number> {
    return this.until(
      () => this.closed?.code,
      () => 'the end of the stream',
    );
  }

  until<T>(look: () => T | undefined, wanted: () => string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`a stream waited in vain for ${wanted()}`));
      }, PATIENCE);
      const check = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      this.socket.once('open', check);
      check();
    });
  }

  close(): void {
    this.socket.close();
  }

  #received(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.faults.push('a binary frame');
    const frame = JSON.parse(data.toString()) as FeedFrame;
    const def = FRAMES.find(({ name }) => name === frame.type);
    const fault = def
      ? def.payload.validate(frame, { convert: false }).error?.message
      : 'not in the catalogue';
    if (fault) this.faults.push(`${frame.type}: ${fault}`);
    this.frames.push(frame);
    this.#look();
  }

  #look(): void {
    for (const check of [...this.#waiting]) check();
  }
}

export const streamUrl = (
  engine: Engine,
  room: string | number,
  query: Record<string, string> = {},
): string => `${engine.url.replace('http', 'ws')}/ws/chat/${room}?${new URLSearchParams(query).toString()}`;

const all = new Set<FeedClient>();

/** Closes every stream of these tests; returns the frames that the catalogue does not allow. */
export function endStreams(): string[] {
  const faults = [...all].flatMap(client => client.faults.splice(0));
  for (const client of all) client.socket.terminate();
  all.clear();
  return faults;
}

export interface RestAnswer<T = any> {
  status: number;
  body: T;
}

/** REST v1 with a token, a key, or nothing. */
export class Rest {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(engine: Engine, headers: Record<string, string> = {}) {
    this.#url = `${engine.url}/api/v1/chat`;
    this.#headers = headers;
  }

  static of(engine: Engine, userId: string): Rest {
    return new Rest(engine, { authorization: `Bearer ${engine.token(userId)}` });
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RestAnswer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** A call that has to succeed; its `data`. */
  async do(method: string, path: string, body?: unknown): Promise<any> {
    const { status, body: answer } = await this.call(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer.data;
  }
}
