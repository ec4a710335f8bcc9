import { createServer, type IncomingMessage } from 'node:http';
import { Server, type Namespace, type Socket } from 'socket.io';
import { userOfToken, type User } from './tokens.ts';

/** What bare and naive have in common: HTTP routes for the driver, and Socket.IO with a checked token. */
export interface Parts {
  /** JSON in, JSON out, by path; all are POST. */
  routes: Record<string, (body: never) => unknown>;
  onConnection(socket: Socket, user: User, chat: Namespace): void | Promise<void>;
}

export async function serve(parts: Parts): Promise<void> {
  const http = createServer((request, response) => {
    const route = parts.routes[request.url ?? ''];
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (request.url === '/readyz') answer(200, { ready: true });
    else if (!route || request.method !== 'POST') answer(404, { error: 'unknown route' });
    else {
      readJson(request)
        .then(body => route(body as never))
        .then(
          value => answer(200, value),
          (error: unknown) => answer(500, { error: String(error) }),
        );
    }
  });
  // Stock settings: this is the base line, nothing is tuned.
  const chat = new Server(http).of('/chat');
  chat.use((socket, next) => {
    try {
      socket.data = userOfToken(socket.handshake.auth['token']);
      next();
    } catch {
      next(new Error('not authorized'));
    }
  });
  chat.on('connection', socket => void parts.onConnection(socket, socket.data as User, chat));
  process.on('SIGTERM', () => process.exit(0)); // an exit by itself, so that a CPU profile gets written
  await new Promise<void>(resolve => http.listen(Number(process.env['PORT']), process.env['HOST'], resolve));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
