import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Socket.IO takes the upgrades of its own path; each raw WebSocket protocol takes those of its own; what nobody
 * takes is refused here (engine.io would cut every foreign one after a second).
 */
export function refuseUnknownUpgrades(server: Server, socketIoPath: string): void {
  server.on('upgrade', (request, socket: Duplex) => {
    const path = (request.url ?? '').split('?', 1)[0]!;
    if (path === socketIoPath || path.startsWith(`${socketIoPath}/`)) return;
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}
