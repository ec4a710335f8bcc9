import { requireMember, requireThawed, requireUnmuted } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Member, UserActor } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** Who says nothing more is not typing any more, in milliseconds. */
const LASTS = 6_000;
/** In larger rooms nobody is told who types. */
const MAX_MEMBERS = 100;

interface Typist {
  live: LiveRoom;
  userId: string;
  nickName: string;
  until: number;
  /** The connection that types; null when it is one of another node. */
  connectionId: string | null;
}

/**
 * Who is typing in which room, on every node, stored nowhere. It ends by itself after six seconds, with the message,
 * with the view, and with the connection; a repeat within that time prolongs it and is not told again.
 */
export class Typing {
  readonly #chat: Chat;
  /** In the order of ending, for all last equally long. */
  readonly #typists = new Map<string, Typist>();
  #timer: NodeJS.Timeout | null = null;

  constructor(chat: Chat) {
    this.#chat = chat;
    chat.events.on('messages.created', ({ live, messages, left }) => {
      if (this.#typists.size === 0) return;
      for (const { author } of messages) this.#end(keyOf(live.id, author.authorId));
      for (const { userId } of left) this.#end(keyOf(live.id, userId));
    });
  }

  /** A member of this node types; the other nodes are told. */
  begin(live: LiveRoom, { userId, nickName }: Member, connectionId: string): void {
    const key = keyOf(live.id, userId);
    this.#put(key, { live, userId, nickName, until: performance.now() + LASTS, connectionId });
    this.#chat.bus.publish({ type: 'typing', roomId: live.id, userId, nickName, isTyping: true });
  }

  /** A user of this node types no more, if they did on this connection. */
  end(roomId: string, userId: string, connectionId: string): void {
    const typist = this.#typists.get(keyOf(roomId, userId));
    if (typist?.connectionId !== connectionId) return;
    this.#chat.bus.publish({ type: 'typing', roomId, userId, nickName: typist.nickName, isTyping: false });
  }

  /** A connection of this node is gone: nobody types on it any more. */
  connectionEnded(userId: string, connectionId: string): void {
    for (const typist of [...this.#typists.values()])
      if (typist.connectionId === connectionId) this.end(typist.live.id, userId, connectionId);
  }

  /** What a node was told; the acting one too. */
  apply(live: LiveRoom, userId: string, nickName: string, isTyping: boolean): void {
    const key = keyOf(live.id, userId);
    if (!isTyping) return this.#end(key);
    const connectionId = this.#typists.get(key)?.connectionId ?? null;
    this.#put(key, { live, userId, nickName, until: performance.now() + LASTS, connectionId });
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#typists.clear();
  }

  #put(key: string, typist: Typist): void {
    const isNew = !this.#typists.delete(key);
    this.#typists.set(key, typist);
    this.#wake();
    if (isNew) this.#tell(typist, true);
  }

  #end(key: string): void {
    const typist = this.#typists.get(key);
    if (!typist) return;
    this.#typists.delete(key);
    this.#tell(typist, false);
  }

  /** One timer for all: it waits for the one that ends next. */
  #wake(): void {
    const [next] = this.#typists.values();
    if (!next || this.#timer) return;
    const wait = Math.max(1, Math.ceil(next.until - performance.now()));
    this.#timer = setTimeout(() => this.#endDue(), wait).unref();
  }

  #endDue(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [key, { until }] of this.#typists) {
      if (until > now) break;
      this.#end(key);
    }
    this.#wake();
  }

  #tell({ live, userId, nickName }: Typist, isTyping: boolean): void {
    this.#chat.events.emit('typing', { live, userId, nickName, isTyping });
  }
}

const keyOf = (roomId: string, userId: string): string => `${roomId}${userId}`;

/**
 * A member says that they are typing, or not any more. Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, and, for a
 * beginning, YOU_HAVE_NO_AUTHORIZATION (the rule `showTyping` is off, or more than 100 members), ROOM_IS_FREEZED,
 * YOU_ARE_MUTED. Protocols.md 4.
 */
export async function sayTyping(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; isTyping: boolean; connectionId: string; isConnected: () => boolean },
): Promise<void> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  if (!input.isTyping) return chat.typing.end(live.id, actor.userId, input.connectionId);
  if (!live.room.rules.showTyping || live.members.size > MAX_MEMBERS)
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This room does not show who is typing.');
  requireThawed(chat, live.room, 'user');
  requireUnmuted(chat, member);
  if (input.isConnected()) chat.typing.begin(live, member, input.connectionId);
}
