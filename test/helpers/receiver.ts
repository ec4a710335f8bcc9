import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { wireEvent } from '../../src/protocols/platform/catalogue/webhooks.ts';
import { eventually } from './processes.ts';

export interface Received {
  id: string;
  event: string;
  at: string;
  data: any;
  headers: Record<string, string>;
  raw: string;
}

export type Answer = number | ((response: ServerResponse, received: Received) => void);

/** A partner's server: keeps what it is sent, and answers as the test wants. */
export class Receiver {
  /** Everything that came, in the order of coming, repeats included. */
  readonly received: Received[] = [];
  /** What was answered with 2xx. */
  readonly taken: Received[] = [];
  /** What is wrong with what came: a wrong shape, a wrong signature. */
  readonly faults: string[] = [];
  secret: string | null = null;
  answer: (received: Received) => Answer = () => 200;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/events`;
  }

  /** Ids of what was taken of one room, repeats left out. */
  ids(roomId: string): string[] {
    return [...new Set(this.of(roomId).map(({ id }) => id))];
  }

  of(roomId: string): Received[] {
    return this.taken.filter(({ data }) => roomOf(data) === roomId);
  }

  texts(roomId: string): string[] {
    return this.of(roomId)
      .filter(({ event }) => event === 'message.created')
      .map(({ data }) => data.data.content.text);
  }

  /** Resolves when this is so. */
  async until(what: string, look: () => boolean | Promise<boolean>, patience = 15_000): Promise<void> {
    await eventually(what, look, patience);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const headers = request.headers as Record<string, string>;
    const received: Received = { ...JSON.parse(raw), headers, raw };
    this.#check(received);
    this.received.push(received);
    const answer = this.answer(received);
    if (typeof answer === 'function') return answer(response, received);
    if (answer >= 200 && answer < 300) this.taken.push(received);
    response.writeHead(answer).end();
  }

  #check({ raw, headers }: Received): void {
    const { error } = wireEvent.validate(JSON.parse(raw), { convert: false, allowUnknown: false });
    if (error) this.faults.push(`${error.message}: ${raw.slice(0, 500)}`);
    if (this.secret === null) return;
    const timestamp = headers['x-chat-webhook-timestamp']!;
    const wanted = createHmac('sha256', this.secret).update(`${timestamp}.${raw}`).digest('hex');
    if (headers['x-chat-webhook-signature'] !== `sha256=${wanted}`) this.faults.push('wrong signature');
  }
}

const roomOf = (data: any): string => data.roomId ?? data._id;

/** Time that tests move: it runs on by itself, too. */
export class MovingClock {
  #ahead = 0;
  now(): number {
    return Date.now() + this.#ahead;
  }
  forward(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
