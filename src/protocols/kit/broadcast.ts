import type { Socket } from 'socket.io';
import type { Metrics } from '../../ops/metrics.ts';
import { encodeFrame, type Frame, type Outbox } from './outbox.ts';

/** Sends one event to sockets of several namespaces: encoded once for each of these. */
export class Broadcast {
  readonly #outbox: Outbox;
  readonly #metrics: Metrics;

  constructor(outbox: Outbox, metrics: Metrics) {
    this.#outbox = outbox;
    this.#metrics = metrics;
  }

  send(sockets: Iterable<Socket>, event: string, data: unknown): void {
    const frames = new Map<string, Frame>();
    let json: string | undefined;
    let count = 0;
    for (const socket of sockets) {
      const namespace = socket.nsp.name;
      let frame = frames.get(namespace);
      if (!frame) {
        json ??= JSON.stringify(data);
        frames.set(namespace, (frame = encodeFrame(namespace, event, json)));
      }
      this.#outbox.send(socket, frame);
      count++;
    }
    this.#metrics.framesSent(event, count);
  }
}
