import type { IncomingMessage } from 'node:http';
import type { Socket as EngineSocket } from 'engine.io';
import type { Server as SocketServer } from 'socket.io';
import type { AddressOf } from './address.ts';

/** Beyond this many times the limit a connection is closed before it could ask for anything. */
const HARD_FACTOR = 2;

/** Counts the connections of each address, from the first byte on. */
export class AddressCounter {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;
  readonly #addressOf: AddressOf;

  /** `limit` 0 is no limit. */
  constructor(limit: number, addressOf: AddressOf) {
    this.#limit = limit;
    this.#addressOf = addressOf;
  }

  watch(io: SocketServer): void {
    if (this.#limit === 0) return;
    io.engine.on('connection', (connection: EngineSocket) => {
      const address = this.#addressOf(connection.request);
      const count = (this.#counts.get(address) ?? 0) + 1;
      this.#counts.set(address, count);
      connection.once('close', () => this.#gone(address));
      if (count > this.#limit * HARD_FACTOR) connection.close(true);
    });
  }

  isTooMany(request: IncomingMessage): boolean {
    return this.#limit > 0 && (this.#counts.get(this.#addressOf(request)) ?? 0) > this.#limit;
  }

  #gone(address: string): void {
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left <= 0) this.#counts.delete(address);
    else this.#counts.set(address, left);
  }
}
