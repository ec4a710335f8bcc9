import { requireManaged, requireThawed } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Member, PlatformActor } from '../model.ts';
import { addMembers } from './invite.ts';
import { removeMembers } from './leave.ts';

/** Members as a platform adds and removes them, in nobody's name (seed 2, POST and DELETE members). */

/**
 * Adds a person of the directory. Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED, ROOM_RULES_CAN_NOT_INVITE_MEMBERS (a
 * DIRECT room), YOU_ARE_BANNED, USER_NO_EXISTS, JOIN_USER_ALREADY_EXISTS, ROOM_IS_FULL, TOO_MANY_ROOMS.
 */
export async function addManaged(
  chat: Chat,
  actor: PlatformActor,
  input: { roomId: string; userId: string },
): Promise<Member> {
  const live = await requireManaged(chat, actor, input.roomId);
  requireThawed(chat, live.room, 'platform');
  if (live.room.roomType === 'DIRECT') throw new ChatError('ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
  if (live.members.has(input.userId)) throw new ChatError('JOIN_USER_ALREADY_EXISTS');
  const [person] = await chat.stores.users.byIds([input.userId]);
  if (!person) throw new ChatError('USER_NO_EXISTS');
  const [added] = await addMembers(chat, live, [{ ...person, master: false }], 'member.joined', null);
  if (!added) throw new ChatError('JOIN_USER_ALREADY_EXISTS');
  chat.audit.note(actor, 'member.add', { room: live.room, targets: [input.userId] });
  return added;
}

/** Puts a member out. Errors: ROOM_NO_EXISTS, USER_NO_EXISTS (no member). */
export async function removeManaged(
  chat: Chat,
  actor: PlatformActor,
  input: { roomId: string; userId: string },
): Promise<void> {
  const live = await requireManaged(chat, actor, input.roomId);
  const left = await removeMembers(chat, live, [input.userId], { event: 'member.removed', actorId: null });
  if (left.length === 0) throw new ChatError('USER_NO_EXISTS', 'This user is not a member of the room.');
  chat.audit.note(actor, 'member.remove', { room: live.room, targets: [input.userId] });
}
