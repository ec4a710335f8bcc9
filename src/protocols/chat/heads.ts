import type { Chat } from '../../domain/chat.ts';
import type { Metrics } from '../../ops/metrics.ts';
import type { ChatSocket } from '../kit/namespace.ts';
import { encodeFrame, type Frame, type Outbox } from '../kit/outbox.ts';

export interface HeadsOptions {
  chat: Chat;
  outbox: Outbox;
  metrics: Metrics;
  namespace: string;
  sockets: () => Iterable<ChatSocket>;
  /** Milliseconds between two frames of a socket; 0: none are sent. */
  interval: number;
}

/** A turn is this long where the interval allows it, in milliseconds: few sockets have theirs at the same moment. */
const TURN = 1_000;

/**
 * `roomHeads`: tells each socket, now and then, how far the rooms are that it views. A client that has less has lost
 * something on a connection that looks healthy, and asks `sync`. One timer for all; sockets take turns by their ids,
 * and those that view the same rooms share one encoding.
 */
export class Heads {
  readonly #options: HeadsOptions;
  readonly #turns: number;
  readonly #timer: NodeJS.Timeout | null;
  #turn = 0;

  constructor(options: HeadsOptions) {
    const { interval } = options;
    this.#options = options;
    this.#turns = Math.max(1, Math.floor(interval / TURN));
    this.#timer = interval > 0 ? setInterval(() => this.#tell(), interval / this.#turns).unref() : null;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  #tell(): void {
    const { sockets, outbox, metrics } = this.#options;
    const turn = this.#turn++ % this.#turns;
    const frames = new Map<string, Frame | null>();
    let count = 0;
    for (const socket of sockets()) {
      const { viewing } = socket.data;
      if (!viewing || viewing.size === 0 || turnOf(socket.id) % this.#turns !== turn) continue;
      const frame = this.#frameOf([...viewing], frames);
      if (!frame) continue;
      outbox.send(socket, frame);
      count++;
    }
    metrics.framesSent('roomHeads', count);
  }

  #frameOf(roomIds: readonly string[], frames: Map<string, Frame | null>): Frame | null {
    const key = roomIds.join();
    let frame = frames.get(key);
    if (frame === undefined) frames.set(key, (frame = this.#encode(roomIds)));
    return frame;
  }

  #encode(roomIds: readonly string[]): Frame | null {
    const { chat, namespace } = this.#options;
    const heads = roomIds.flatMap(roomId => {
      const live = chat.registry.peek(roomId);
      return live ? [{ roomId, lastSeq: live.room.lastSeq }] : [];
    });
    return heads.length > 0 ? encodeFrame(namespace, 'roomHeads', JSON.stringify({ heads })) : null;
  }
}

/** Ids are random: their first letters spread sockets over the turns. */
const turnOf = (id: string): number => id.charCodeAt(0) * 64 + id.charCodeAt(1);
