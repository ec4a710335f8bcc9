import { io, type Socket } from 'socket.io-client';
import { FRAMES } from '../../src/protocols/chatrooms/catalogue.ts';
import type { Engine } from './engine.ts';

const PATIENCE = 8_000;

/** A user of the chatrooms module: the REST API by Bearer token and a stock Socket.IO client on the gateway. */
export class ChatroomsUser {
  readonly id: string;
  readonly socket: Socket;
  readonly frames: { name: string; data: any }[] = [];
  readonly faults: string[] = [];
  readonly #engine: Engine;
  readonly #waiting = new Set<() => void>();

  constructor(engine: Engine, id: string, token = engine.token(id)) {
    this.id = id;
    this.#engine = engine;
    this.socket = io(`${engine.url}/chatrooms`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { token },
    });
    all.add(this);
    this.socket.onAny((name: string, data: unknown) => {
      const def = FRAMES.find(frame => frame.name === name);
      const fault = def
        ? def.payload.validate(data, { convert: false }).error?.message
        : 'not in the catalogue';
      if (fault) this.faults.push(`${name}: ${fault}`);
      this.frames.push({ name, data });
      for (const check of [...this.#waiting]) check();
    });
  }

  /** Connected, and told of its rooms. */
  static async connect(engine: Engine, id: string): Promise<ChatroomsUser> {
    const user = new ChatroomsUser(engine, id);
    await user.frame('rooms');
    return user;
  }

  of(name: string): any[] {
    return this.frames.filter(frame => frame.name === name).map(({ data }) => data);
  }

  frame(name: string, fits: (data: any) => boolean = () => true): Promise<any> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(
          new Error(`${this.id} waited in vain for ${name}; had ${this.frames.map(f => f.name).join(', ')}`),
        );
      }, PATIENCE);
      const check = () => {
        const found = this.of(name).find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** The answer to an event `chat`. */
  async chat(payload: unknown): Promise<any> {
    return this.socket.timeout(PATIENCE).emitWithAck('chat', payload);
  }

  /** Whatever the server had to say so far has come when this resolves: answers travel behind frames. */
  async settled(): Promise<void> {
    await this.chat({ at: 'nowhere', content: 'x' });
  }

  async call(method: string, path: string, body?: unknown, token = this.#engine.token(this.id)) {
    const response = await fetch(`${this.#engine.url}/api/chatrooms${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Makes a room; its number. */
  async make(body: Record<string, unknown>): Promise<number> {
    const { status, body: answer } = await this.call('POST', '/new', body);
    if (status !== 201) throw new Error(`new: ${status} ${JSON.stringify(answer)}`);
    return Number(answer.chatSeq);
  }
}

const all = new Set<ChatroomsUser>();

/** Closes all clients of these tests; returns the frames that the catalogue does not allow. */
export function endClients(): string[] {
  const faults = [...all].flatMap(user => user.faults.splice(0));
  for (const user of all) user.socket.close();
  all.clear();
  return faults;
}
