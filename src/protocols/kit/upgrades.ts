import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Takes over the connection: completes the handshake or ends the socket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Gives each WebSocket handshake to whom its path belongs: Socket.IO takes its own by itself, raw WebSocket protocols
 * register a prefix, and what nobody takes is refused here (engine.io would cut every foreign one after a second).
 */
export class Upgrades {
  readonly #handlers: [prefix: string, handle: UpgradeHandler][] = [];

  constructor(server: Server, socketIoPath: string, mayConnect: (origin: string | undefined) => boolean) {
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      const path = pathOf(request);
      if (path === socketIoPath || path.startsWith(`${socketIoPath}/`)) return;
      socket.on('error', () => undefined);
      const [, handle] = this.#handlers.find(([prefix]) => path.startsWith(prefix)) ?? [];
      if (!handle) return refuseUpgrade(socket, '404 Not Found');
      // CORS does not hold for WebSockets: a foreign page is kept out here.
      if (!mayConnect(request.headers.origin)) return refuseUpgrade(socket, '403 Forbidden');
      handle(request, socket, head);
    });
  }

  /** `prefix` is the beginning of a path, such as `/ws/chat/`. */
  register(prefix: string, handle: UpgradeHandler): void {
    this.#handlers.push([prefix, handle]);
  }
}

export const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0]!;

/** Answers the handshake with a status instead of a connection. */
export const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};
