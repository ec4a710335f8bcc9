import { requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { hiddenOf } from '../messages/hide.ts';
import type { Member, Message, Room, UserActor } from '../model.ts';
import { membershipsOf, viewRooms } from '../rooms/list.ts';

/** What somebody may look at in one room: messages with `floor < seq <= head`. */
export interface Scope {
  roomId: string;
  floor: number;
  head: number;
  /** The membership by which they may. */
  me: Member;
}

const scopeOf = (room: Room, member: Member): Scope => ({
  roomId: room.id,
  floor: room.rules.canSeeHistory ? 0 : member.joinedSeq,
  head: room.lastSeq,
  me: member,
});

/**
 * The rooms that a user may search: the given one, or all that they are in.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM.
 */
export async function scopesOf(chat: Chat, actor: UserActor, roomId: string | null): Promise<Scope[]> {
  if (roomId !== null) {
    const { live, member } = await requireMember(chat, actor, roomId);
    await chat.sequencer.ensureHead(live);
    return [scopeOf(live.room, member)];
  }
  const mine = await membershipsOf(chat, actor.userId);
  const views = await viewRooms(chat, actor.userId, mine);
  return views.filter(({ me }) => !me.pending).map(({ room, me }) => scopeOf(room, me));
}

/** Those of these messages that the user did not hide for themselves. */
export async function notHidden(
  chat: Chat,
  actor: UserActor,
  scopeOfRoom: (roomId: string) => Scope | undefined,
  messages: readonly Message[],
): Promise<Message[]> {
  const hidden = await hiddenOf(chat, actor.userId, messages, roomId => scopeOfRoom(roomId)?.me);
  return messages.filter(({ id }) => !hidden.has(id));
}

/**
 * Whether a message that was read from the log may be shown to this user in what they look for. Here, and nowhere
 * else, it is decided what searches and galleries leave out (and by `notHidden`).
 */
export function isFindable(chat: Chat, actor: UserActor, { floor, head }: Scope, message: Message): boolean {
  const { roomId, seq, deleted, data } = message;
  if (deleted || data.type === 'ADMIN' || seq <= floor || seq > head) return false;
  // Somebody may have been put out, or have come back, while the log was read.
  const live = chat.registry.peek(roomId);
  if (!live) return true;
  const member = live.members.get(actor.userId);
  return member !== undefined && !member.pending && seq > live.hiddenUpTo(member);
}
