import type { Chat } from '../../domain/chat.ts';
import { ChatError } from '../../domain/errors.ts';
import { viewerLost } from '../../domain/reads/lost.ts';
import { stopViewing, viewRoom, type Viewing } from '../../domain/reads/reads.ts';
import type { ChatSocket } from '../kit/namespace.ts';

/** Which sockets of this node view which room. */
export class Viewers {
  readonly #chat: Chat;
  readonly #byRoom = new Map<string, Set<ChatSocket>>();
  readonly #socketOf: (connectionId: string) => ChatSocket | undefined;

  constructor(chat: Chat, socketOf: (connectionId: string) => ChatSocket | undefined) {
    this.#chat = chat;
    this.#socketOf = socketOf;
  }

  of(roomId: string): Iterable<ChatSocket> {
    return this.#byRoom.get(roomId) ?? [];
  }

  isConnected(connectionId: string): boolean {
    return this.#socketOf(connectionId)?.connected === true;
  }

  async enter(connectionId: string, roomId: string): Promise<Viewing> {
    const socket = this.#socketOf(connectionId);
    if (!socket) throw new ChatError('CLIENT_ID_NO_EXISTS');
    const viewing = await viewRoom(this.#chat, socket.data.actor, roomId, connectionId);
    const { userId } = socket.data.actor;
    if (!socket.connected) {
      stopViewing(this.#chat, userId, roomId, connectionId);
      throw new ChatError('CLIENT_ID_NO_EXISTS');
    }
    // Put out between being let in and being answered.
    if (!viewing.live.viewers.get(userId)?.has(connectionId)) throw new ChatError('ROOM_NO_EXISTS');
    (socket.data.viewing ??= new Set()).add(roomId);
    const sockets = this.#byRoom.get(roomId);
    if (sockets) sockets.add(socket);
    else this.#byRoom.set(roomId, new Set([socket]));
    return viewing;
  }

  leave(connectionId: string, roomId: string): void {
    const socket = this.#socketOf(connectionId);
    if (socket) this.remove(socket, roomId);
  }

  /** The socket is told nothing more of what viewers of the room are told. */
  remove(socket: ChatSocket, roomId: string): void {
    if (!socket.data.viewing?.delete(roomId)) return;
    const sockets = this.#byRoom.get(roomId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byRoom.delete(roomId);
  }

  /** The socket is gone: what it viewed is left; what a lost one did not see any more is unread. */
  gone(socket: ChatSocket, lostSince: number | null): void {
    const { userId } = socket.data.actor;
    for (const roomId of socket.data.viewing ?? []) {
      stopViewing(this.#chat, userId, roomId, socket.id);
      this.remove(socket, roomId);
      if (lostSince === null) continue;
      viewerLost(this.#chat, userId, roomId, lostSince).catch((error: unknown) =>
        this.#chat.reporter.problem('marking what a lost viewer did not see', error),
      );
    }
  }
}
