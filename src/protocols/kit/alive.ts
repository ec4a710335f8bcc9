import type { Socket } from 'socket.io';

/** The inside of an engine.io connection, as far as a ping of our own needs it. */
interface Connection {
  readyState: string;
  transport: { socket?: { terminate?(): void } };
  sendPacket(type: 'ping'): void;
  close(discard: boolean): void;
  once(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

/**
 * Whether the client at the other end answers a ping within `patience` milliseconds. Every stock client does, for it
 * is the ping of the transport; one whose network is gone does not, long before its connection times out.
 */
export function answersPing(socket: Socket, patience: number): Promise<boolean> {
  const connection = socket.conn as unknown as Connection;
  if (!socket.connected || connection.readyState !== 'open') return Promise.resolve(false);
  return new Promise(resolve => {
    const end = (isAlive: boolean) => {
      clearTimeout(timer);
      connection.off('heartbeat', answered);
      connection.off('close', closed);
      resolve(isAlive);
    };
    const answered = () => end(true);
    const closed = () => end(false);
    const timer = setTimeout(closed, patience);
    connection.once('heartbeat', answered);
    connection.once('close', closed);
    connection.sendPacket('ping');
  });
}

/** Ends the transport of a client that does not answer: a polite close would wait for it. */
export function cutOff(socket: Socket): void {
  const connection = socket.conn as unknown as Connection;
  connection.transport.socket?.terminate?.();
  connection.close(true);
}
