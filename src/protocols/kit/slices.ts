import type { Socket } from 'socket.io';

/** Bytes of slices that one connection may have under way; beyond it, its socket is not read for a while. */
const MAX_WAITING = 4 * 1024 * 1024;

interface Readable {
  pause(): void;
  resume(): void;
}

/**
 * Keeps a sender of slices who does not wait for answers from filling the memory: their connection is not read while
 * too much of it waits for the store. Nothing is refused and nothing is lost.
 */
export class SliceGate {
  readonly #waiting = new Map<Socket, number>();

  /** The work on a slice of so many bytes. */
  async through<T>(socket: Socket, bytes: number, work: () => Promise<T>): Promise<T> {
    this.#add(socket, bytes);
    try {
      return await work();
    } finally {
      this.#add(socket, -bytes);
    }
  }

  #add(socket: Socket, bytes: number): void {
    const before = this.#waiting.get(socket) ?? 0;
    const after = before + bytes;
    if (after > 0) this.#waiting.set(socket, after);
    else this.#waiting.delete(socket);
    if (before <= MAX_WAITING && after > MAX_WAITING) transportOf(socket)?.pause();
    if (before > MAX_WAITING && after <= MAX_WAITING) transportOf(socket)?.resume();
  }
}

/** The WebSocket, which can be paused; a polling client waits for its own requests anyway. */
function transportOf(socket: Socket): Readable | undefined {
  const { transport } = socket.conn as unknown as { transport: { name: string; socket?: Readable } };
  return transport.name === 'websocket' ? transport.socket : undefined;
}

/** Bytes of the slice that an event carries. */
export const sliceBytes = (payload: unknown): number => {
  const data = (payload as { data?: unknown } | null | undefined)?.data;
  return Buffer.isBuffer(data) ? data.length : 0;
};
