import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Each connection from now on ends after so many bytes of answer; null: never. */
  cutAfter: number | null;
  /** Counts down: only so many connections are cut. */
  cuts: number;
  /** Takes what comes and passes nothing on, either way, as a server does that hangs. */
  hangs: boolean;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** A TCP proxy on the way to a server, which can break connections in the middle of an answer. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1');
    let left = proxy.cutAfter;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', chunk => {
      if (!proxy.hangs) upstream.write(chunk);
    });
    upstream.on('data', chunk => {
      if (proxy.hangs) return;
      if (left === null || proxy.cuts === 0) return void client.write(chunk);
      if (chunk.length <= left) {
        left -= chunk.length;
        return void client.write(chunk);
      }
      proxy.cuts--;
      client.write(chunk.subarray(0, left), () => client.destroy());
    });
  });
  const proxy: Proxy = {
    port: 0,
    cutAfter: null,
    cuts: Infinity,
    hangs: false,
    cut: () => sockets.forEach(socket => socket.destroy()),
    close: () => {
      proxy.cut();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}
