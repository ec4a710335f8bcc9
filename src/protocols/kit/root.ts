import type { Socket } from 'socket.io';
import { ERROR_SENTENCES, type ErrorCode } from '../../domain/errors.ts';
import type { AddressCounter } from './connections.ts';
import type { ProtocolParts } from './parts.ts';

/** A protocol that shares the root namespace with another, and has one for itself beside it. */
export interface RootProtocol {
  namespace: string;
  /** Lets a socket in, or throws what becomes the client's `connect_error`. */
  admit(socket: Socket): Promise<void>;
  connected(socket: Socket): void;
}

export interface Root {
  /** Who names somebody in the handshake: `auth` has a key `token` or `nickname`, be it null. */
  named: RootProtocol | null;
  /** Who does not. */
  unnamed: RootProtocol | null;
}

/**
 * Hands each socket of the root namespace to the protocol that its handshake is of; neither knows the other. A
 * protocol that is switched off is not there, as any other namespace that there is not.
 */
export function mountRoot(parts: ProtocolParts, addresses: AddressCounter, { named, unnamed }: Root): void {
  const mount = (namespace: string, protocolOf: (socket: Socket) => RootProtocol | null) => {
    const space = parts.io.of(namespace);
    space.use((socket, next) => {
      const protocol = protocolOf(socket);
      if (!protocol) return next(new Error('Invalid namespace'));
      const code = busy(parts, addresses, socket);
      if (code) {
        parts.metrics.connectionRefused(code);
        return next(refusal(code));
      }
      protocol.admit(socket).then(
        () => next(),
        (error: unknown) => next(error as Error),
      );
    });
    space.on('connection', socket => protocolOf(socket)?.connected(socket));
  };
  mount('/', socket => (namesSomebody(socket) ? named : unnamed));
  for (const protocol of [named, unnamed]) if (protocol) mount(protocol.namespace, () => protocol);
}

const namesSomebody = ({ handshake: { auth } }: Socket): boolean =>
  Object.hasOwn(auth, 'token') || Object.hasOwn(auth, 'nickname');

function busy(parts: ProtocolParts, addresses: AddressCounter, socket: Socket): ErrorCode | null {
  if (parts.isDraining()) return 'TEMPORARILY_UNAVAILABLE';
  return addresses.isTooMany(socket.request) ? 'TOO_MANY_CONNECTIONS' : null;
}

/** A refusal of the server as such, which says nothing of who connects. */
export const refusal = (code: ErrorCode): Error =>
  Object.assign(new Error(code === 'TOO_MANY_CONNECTIONS' ? 'not authorized' : ERROR_SENTENCES[code]), {
    data: { code, content: ERROR_SENTENCES[code] },
  });
