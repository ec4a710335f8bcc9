import { io, type Socket } from 'socket.io-client';
import * as catalogue from '../../src/protocols/chat/catalogue.ts';
import type { WireMessage, WireRoom } from '../../src/protocols/chat/catalogue.ts';
import type { EventDef } from '../../src/protocols/kit/event.ts';

/** What travels as JSON: dates are strings on the wire. */
export type OnWire<T> = T extends Date
  ? string
  : T extends (infer U)[]
    ? OnWire<U>[]
    : T extends object
      ? { [K in keyof T]: OnWire<T[K]> }
      : T;

export type Room = OnWire<WireRoom>;
export type Message = OnWire<WireMessage>;

export interface Answer<T = unknown> {
  success: boolean;
  error: string | null;
  message?: string;
  data: T;
}

export interface Frame<T = unknown> {
  name: string;
  data: T;
}

const definitions = Object.values(catalogue as unknown as Record<string, EventDef>).filter(
  value => 'payload' in value,
);
const PATIENCE = 8_000;

/** A stock Socket.IO client that keeps every frame and checks it, and every answer, against the catalogue. */
export class ChatClient {
  readonly socket: Socket;
  readonly userId: string;
  /** Everything that came, in order. */
  readonly frames: Frame[] = [];
  /** Frames and answers that the catalogue does not allow; a test that leaves some fails. */
  readonly faults: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, userId: string) {
    this.socket = socket;
    this.userId = userId;
    socket.onAny((name: string, data: unknown, ...more: unknown[]) => this.#received(name, data, more));
  }

  /** Resolves when connected; rejects with the `connect_error`. */
  static connect(url: string, token: unknown, userId = '', options: object = {}): Promise<ChatClient> {
    const socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { token },
      ...options,
    });
    const client = new ChatClient(socket, userId);
    all.add(client);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(client));
      socket.once('connect_error', reject);
    });
  }

  /** Sends an event and resolves with its answer, whatever it is. */
  async ask<T = any>(event: string, ...args: unknown[]): Promise<Answer<T>> {
    const answer = (await this.socket.timeout(PATIENCE).emitWithAck(event, ...args)) as Answer<T>;
    this.#checkAnswer(event, answer);
    return answer;
  }

  /** Sends an event that has to succeed and resolves with its data. */
  async do<T = any>(event: string, ...args: unknown[]): Promise<T> {
    const answer = await this.ask<T>(event, ...args);
    if (!answer.success) throw new Error(`${event}: ${answer.error} ${answer.message}`);
    return answer.data;
  }

  async send(roomId: string, content: string, syncKey = newKey()): Promise<Message> {
    const { message } = await this.do('sendMessage', { syncKey, roomId, data: { type: 'TEXT', content } });
    return message;
  }

  async rooms(): Promise<Room[]> {
    return (await this.do('listenRooms')).list;
  }

  async room(roomId: string): Promise<Room> {
    return this.do('queryRoom', { roomId });
  }

  /** All messages of a room that this client may see, oldest first, page by page. */
  async history(roomId: string): Promise<Message[]> {
    const messages: Message[] = [];
    for (let lastMessageId: string | null = null; ;) {
      const page: { list: Message[]; hasMore: boolean } = await this.do('listenMessagesByRoom', {
        roomId,
        lastMessageId,
        count: 100,
      });
      messages.push(...page.list);
      if (!page.hasMore || page.list.length === 0) return messages.reverse();
      lastMessageId = page.list.at(-1)!._id;
    }
  }

  /** Frames of this name that came so far. */
  of<T = any>(name: string): T[] {
    return this.frames.filter(frame => frame.name === name).map(frame => frame.data as T);
  }

  /** The first frame of this name, already there or to come, that fits. */
  async frame<T = any>(name: string, fits: (data: T) => boolean = () => true): Promise<T> {
    return this.until(
      () => this.of<T>(name).find(fits),
      () => `a frame ${name}; there were ${this.frames.map(frame => frame.name).join(', ') || 'none'}`,
    );
  }

  /** Resolves when `look` finds something; looks again after each frame. */
  until<T>(look: () => T | undefined, wanted: () => string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`${this.userId} waited in vain for ${wanted()}`));
      }, PATIENCE);
      const check = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Whatever the server had to say so far has come when this resolves: answers travel behind frames. */
  async settled(): Promise<void> {
    await this.ask('leaveRoom', 'nowhere');
  }

  forget(): void {
    this.frames.length = 0;
  }

  close(): void {
    this.socket.close();
  }

  #received(name: string, data: unknown, more: unknown[]): void {
    if (more.length > 0) this.faults.push(`${name} has more than one argument`);
    const def = catalogue.FRAMES.find(
      frame =>
        frame.name === name || (frame.name.includes('$') && name.startsWith(frame.name.split('$')[0]!)),
    );
    const fault = def
      ? def.payload.validate(data, { convert: false }).error?.message
      : 'not in the catalogue';
    if (fault) this.faults.push(`${name}: ${fault}`);
    this.frames.push({ name, data });
    for (const check of [...this.#waiting]) check();
  }

  #checkAnswer(event: string, answer: Answer): void {
    const def = definitions.find(definition => definition.name === event);
    if (!answer.success || !def) return;
    const { error } = def.data.validate(answer.data, { convert: false });
    if (error) this.faults.push(`answer of ${event}: ${error.message}`);
  }
}

const all = new Set<ChatClient>();
let keys = 0;

export const newKey = (): string => `key-${process.pid}-${++keys}`;

/** Faults of all clients since the last call. */
export function takeFaults(): string[] {
  const faults = [...all].flatMap(client => client.faults.splice(0));
  for (const client of all) if (!client.socket.connected) all.delete(client);
  return faults;
}
