import type { Chat } from '../../domain/chat.ts';
import { ChatError, invalid } from '../../domain/errors.ts';
import { sharedRooms, showsNow } from '../../domain/presence/sharing.ts';
import type { ChatSocket } from '../kit/namespace.ts';
import { MAX_FOLLOWED, type WirePresence } from './catalogue/presence.ts';

/**
 * Which sockets of this node follow whose presence, and the room by which each may: it is looked at again before
 * anything is told, in memory as a rule. Whoever shares no room any more follows no more.
 */
export class Followers {
  readonly #chat: Chat;
  readonly #socketOf: (connectionId: string) => ChatSocket | undefined;
  readonly #send: (sockets: ChatSocket[], presence: WirePresence) => void;
  /** User id -> sockets that follow them -> the id of a room that they share. */
  readonly #byUser = new Map<string, Map<ChatSocket, string>>();
  readonly #bySocket = new Map<ChatSocket, Set<string>>();

  constructor(
    chat: Chat,
    socketOf: (connectionId: string) => ChatSocket | undefined,
    send: (sockets: ChatSocket[], presence: WirePresence) => void,
  ) {
    this.#chat = chat;
    this.#socketOf = socketOf;
    this.#send = send;
    chat.events.on('presence.changed', event => this.#changed(event));
  }

  /** Begins to follow those of them whom the user may know of; what is returned is how all of them are now. */
  async follow(connectionId: string, userIds: readonly string[]): Promise<WirePresence[]> {
    const socket = this.#require(connectionId);
    this.#requireRoom(socket, userIds);
    const shared = await sharedRooms(this.#chat, socket.data.actor.userId, userIds);
    if (!socket.connected) throw new ChatError('CLIENT_ID_NO_EXISTS');
    this.#requireRoom(socket, [...shared.keys()]);
    for (const [userId, roomId] of shared) this.#add(socket, userId, roomId);
    const { presence, clock } = this.#chat;
    const seen = await presence.lastSeen([...shared.keys()].filter(userId => !presence.isOnline(userId)));
    const now = new Date(clock.now());
    return [...new Set(userIds)].map(userId => {
      const online = shared.has(userId) && presence.isOnline(userId);
      return { userId, online, lastSeenAt: online ? now : (seen.get(userId) ?? null) };
    });
  }

  unfollow(connectionId: string, userIds: readonly string[]): void {
    const socket = this.#socketOf(connectionId);
    if (socket) for (const userId of userIds) this.#remove(socket, userId);
  }

  gone(socket: ChatSocket): void {
    for (const userId of this.#bySocket.get(socket) ?? []) this.#remove(socket, userId);
  }

  #require(connectionId: string): ChatSocket {
    const socket = this.#socketOf(connectionId);
    if (!socket) throw new ChatError('CLIENT_ID_NO_EXISTS');
    return socket;
  }

  #requireRoom(socket: ChatSocket, userIds: readonly string[]): void {
    const followed = new Set(this.#bySocket.get(socket));
    for (const userId of userIds) followed.add(userId);
    if (followed.size > MAX_FOLLOWED)
      throw invalid(`a connection follows ${MAX_FOLLOWED} people at most: unsubscribe from others first`);
  }

  #add(socket: ChatSocket, userId: string, roomId: string): void {
    const sockets = this.#byUser.get(userId) ?? new Map<ChatSocket, string>();
    this.#byUser.set(userId, sockets.set(socket, roomId));
    const followed = this.#bySocket.get(socket) ?? new Set();
    this.#bySocket.set(socket, followed.add(userId));
  }

  #remove(socket: ChatSocket, userId: string): void {
    const sockets = this.#byUser.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byUser.delete(userId);
    const followed = this.#bySocket.get(socket);
    followed?.delete(userId);
    if (followed?.size === 0) this.#bySocket.delete(socket);
  }

  #changed({ userId, online, at }: { userId: string; online: boolean; at: Date }): void {
    const told: ChatSocket[] = [];
    const unsure: ChatSocket[] = [];
    for (const [socket, roomId] of this.#byUser.get(userId) ?? []) {
      const shows = showsNow(this.#chat, roomId, socket.data.actor.userId, userId);
      (shows ? told : unsure).push(socket);
    }
    if (told.length > 0) this.#send(told, { userId, online, lastSeenAt: at });
    if (unsure.length > 0) void this.#lookAgain(unsure, userId, at);
  }

  /** The room by which they may know of each other is not at hand, or not one any more. */
  async #lookAgain(sockets: readonly ChatSocket[], userId: string, at: Date): Promise<void> {
    try {
      for (const socket of sockets) {
        const roomId = (await sharedRooms(this.#chat, socket.data.actor.userId, [userId])).get(userId);
        if (!this.#byUser.get(userId)?.has(socket)) continue;
        if (roomId === undefined) this.#remove(socket, userId);
        else {
          this.#add(socket, userId, roomId);
          // As it is now: it may have changed while the rooms were looked up.
          this.#send([socket], { userId, online: this.#chat.presence.isOnline(userId), lastSeenAt: at });
        }
      }
    } catch (error) {
      this.#chat.reporter.problem('telling who is online', error);
    }
  }
}
