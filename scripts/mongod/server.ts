import { createServer, type Server, type Socket } from 'node:net';
import { admin } from './commands/admin.ts';
import { modifies } from './commands/find-and-modify.ts';
import { reads } from './commands/reads.ts';
import { session } from './commands/session.ts';
import { writes } from './commands/writes.ts';
import { CommandError, errorReply } from './errors.ts';
import type { Command, Gateway } from './gateway.ts';
import { encodeReply, HEADER_SIZE, MAX_MESSAGE_SIZE, parseRequest, type Request } from './wire.ts';

/** Listens for MongoDB clients; each connection's commands are run one after the other, as mongod does. */

const commands = new Map<string, Command>(
  Object.entries({ ...session, ...reads, ...writes, ...modifies, ...admin }),
);

export function serve(gateway: Gateway): Server {
  return createServer({ noDelay: true }, socket => {
    let chunks: Buffer[] = [];
    let buffered = 0;
    let turn = Promise.resolve();
    socket.on('error', () => socket.destroy());
    socket.on('data', chunk => {
      chunks.push(chunk);
      buffered += chunk.length;
      // A large message comes in many chunks: they are joined once it is whole.
      const first = chunks[0] as Buffer;
      if (first.length >= 4 && buffered < first.readInt32LE(0)) return;
      let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, buffered);
      while (bytes.length >= HEADER_SIZE) {
        const size = bytes.readInt32LE(0);
        if (size < HEADER_SIZE || size > MAX_MESSAGE_SIZE) return socket.destroy();
        if (bytes.length < size) break;
        const message = bytes.subarray(0, size);
        turn = turn.then(() => answer(message, socket, gateway));
        bytes = bytes.subarray(size);
      }
      chunks = bytes.length ? [bytes] : [];
      buffered = bytes.length;
    });
  });
}

async function answer(message: Buffer, socket: Socket, gateway: Gateway): Promise<void> {
  let request: Request;
  try {
    request = parseRequest(message);
  } catch {
    socket.destroy();
    return;
  }
  let reply: Buffer;
  try {
    reply = encodeReply(request, await dispatch(request, gateway));
  } catch (error) {
    reply = encodeReply(request, errorReply(error));
  }
  if (request.wantsReply && socket.writable) socket.write(reply);
}

function dispatch(request: Request, gateway: Gateway): ReturnType<Command> {
  const command = commands.get(request.name);
  if (!command) throw new CommandError(59, `no such command: '${request.name}'`);
  if (request.fields.has('txnNumber') || request.fields.has('startTransaction')) {
    throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos');
  }
  return command(request, gateway);
}
