import { EventTable } from '../kit/event.ts';
import { AddressCounter } from '../kit/connections.ts';
import { UserNamespace, type ChatSocket } from '../kit/namespace.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { Fanout } from './fanout.ts';
import { Followers } from './followers.ts';
import { handleChat } from './handlers.ts';
import { Heads } from './heads.ts';
import { Viewers } from './viewers.ts';

export interface ChatOptions {
  namespace: string;
  addresses: AddressCounter;
  joinUsersInlineMax: number;
  /** Milliseconds between two `roomHeads` of a connection; 0: none. */
  headsInterval: number;
}

/** Mounts the chat catalogue (seed 1) on its namespace. */
export function mountChat(parts: ProtocolParts, options: ChatOptions): { events: EventTable; stop(): void } {
  const { chat, io, log, metrics, limits } = parts;
  const namespace = io.of(options.namespace);
  const socketOf = (id: string) => namespace.sockets.get(id) as ChatSocket | undefined;
  const viewers = new Viewers(chat, socketOf);
  const followers = new Followers(chat, socketOf, (sockets, presence) =>
    fanout.tellPresence(sockets, presence),
  );
  const events = new EventTable(log, metrics, limits.eventBytes, limits.sliceBytes);
  handleChat(events, viewers, followers);
  const users = new UserNamespace(namespace, {
    parts,
    addresses: options.addresses,
    events,
    onConnect: socket => void chat.exports.recall(socket.data.actor.userId),
    onDisconnect: (socket, lostSince) => {
      viewers.gone(socket, lostSince);
      followers.gone(socket);
      chat.typing.connectionEnded(socket.data.actor.userId, socket.id);
    },
  });
  const fanout = new Fanout(parts, {
    namespace: options.namespace,
    users,
    viewers,
    inlineMax: options.joinUsersInlineMax,
  });
  const heads = new Heads({
    chat,
    outbox: parts.outbox,
    metrics,
    namespace: options.namespace,
    sockets: () => namespace.sockets.values() as Iterable<ChatSocket>,
    interval: options.headsInterval,
  });
  metrics.gauge('madang_chat_connections', 'Connections of the chat catalogue', () => namespace.sockets.size);
  return {
    events,
    stop: () => {
      users.stop();
      fanout.stop();
      heads.stop();
    },
  };
}
