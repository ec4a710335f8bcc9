import { io, type Socket } from 'socket.io-client';
import type { FrameDef } from '../../src/protocols/kit/event.ts';

export interface Refusal extends Error {
  data?: { content?: string; code?: string };
}

const PATIENCE = 8_000;
const open = new Set<WireClient>();

/** A stock Socket.IO client of a protocol that shares the root namespace; it checks every frame against the catalogue. */
export class WireClient {
  readonly socket: Socket;
  readonly frames: { name: string; data: any }[] = [];
  readonly #defs: readonly FrameDef[];
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, defs: readonly FrameDef[]) {
    this.socket = socket;
    this.#defs = defs;
    socket.onAny((name: string, ...data: unknown[]) => this.#received(name, data));
    socket.on('disconnect', () => this.#look());
  }

  /** Resolves when connected; rejects with the `connect_error`. */
  static connect(
    url: string,
    defs: readonly FrameDef[],
    auth?: Record<string, unknown>,
  ): Promise<WireClient> {
    const socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      ...(auth ? { auth } : {}),
    });
    const client = new WireClient(socket, defs);
    open.add(client);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(client));
      socket.once('connect_error', reject);
    });
  }

  /** What came under this name so far. */
  of(name: string): any[] {
    return this.frames.filter(frame => frame.name === name).map(({ data }) => data as unknown);
  }

  /** The first of this name that fits, already there or to come. */
  frame(name: string, fits: (data: any) => boolean = () => true): Promise<any> {
    return this.until(
      `${name}; there were ${JSON.stringify(this.frames)}`,
      () => this.of(name).find(fits) as unknown,
    );
  }

  /** Resolves when `look` finds something; looks again after each frame. */
  until<T>(wanted: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`waited in vain for ${wanted}`));
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

  ask(event: string, ...args: unknown[]): Promise<any> {
    return this.socket.timeout(PATIENCE).emitWithAck(event, ...args);
  }

  /** Resolves when the server has closed this connection. */
  async closed(): Promise<void> {
    await this.until('the end of the connection', () => this.socket.disconnected || undefined);
  }

  /** All that the server had to say so far has come. */
  async settled(): Promise<void> {
    await this.ask('ping');
  }

  forget(): void {
    this.frames.length = 0;
  }

  close(): void {
    this.socket.close();
  }

  #received(name: string, args: unknown[]): void {
    const def = this.#defs.find(frame => frame.name === name);
    const fault = def
      ? def.payload.validate(args[0], { convert: false }).error?.message
      : 'not in the catalogue';
    if (fault) faults.push(`${name}: ${fault} ${JSON.stringify(args)}`);
    if (args.length !== 1) faults.push(`${name} has ${args.length} arguments`);
    this.frames.push({ name, data: args[0] });
    this.#look();
  }

  #look(): void {
    for (const check of [...this.#waiting]) check();
  }
}

const faults: string[] = [];

/** After each test: closes what was opened, and throws when a frame was not as the catalogue says. */
export function closeWires(): void {
  for (const client of open) client.close();
  open.clear();
  const found = faults.splice(0);
  if (found.length > 0) throw new Error(`frames that the catalogue does not allow:\n${found.join('\n')}`);
}
