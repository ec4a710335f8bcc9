import type { Socket } from 'socket.io';

const LAST = Symbol('last packet');

/** The inside of an engine.io connection: it tells of every packet that comes in, answers to its pings included. */
interface Connection {
  on(event: 'packet', listener: (this: Connection) => void): void;
  [LAST]?: number;
}

/** One function for all connections: an own one for each would be memory that idle ones pay for. */
function touched(this: Connection): void {
  this[LAST] = Date.now();
}

/** From now on it is known when the client of this connection was last heard. */
export function watchLife(socket: Socket): void {
  const connection = socket.conn as unknown as Connection;
  if (connection[LAST] === undefined) connection.on('packet', touched);
  connection[LAST] = Date.now();
}

/** Ways in which a connection ends without the client's doing: what was sent last did not arrive. */
const LOST = ['ping timeout', 'transport error'];

/** When a client that was lost gave its last sign of life, in milliseconds; null: it was not lost, it went. */
export const lostSince = (socket: Socket, reason: string): number | null =>
  LOST.includes(reason) ? ((socket.conn as unknown as Connection)[LAST] ?? null) : null;
