import { loadRoom, requireThawed } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { UserActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { requireNotBanned } from '../moderation/ban.ts';
import { isPassword } from '../rooms/password.ts';
import { admitStranger } from './invite.ts';

/**
 * A stranger joins by themselves: an OPEN room just so, one with a password by knowing it. Each try counts, right or
 * wrong. Errors: ROOM_NO_EXISTS, JOIN_USER_ALREADY_EXISTS, YOU_HAVE_NO_AUTHORIZATION (private, or a wrong password),
 * YOU_ARE_BANNED, * ROOM_IS_FREEZED, ROOM_IS_FULL, RATE_LIMITED. Seed 3, PUT join.
 */
export async function joinByThemselves(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; password?: string | null },
): Promise<LiveRoom> {
  const live = await loadRoom(chat, input.roomId);
  const isIn = () => live.members.has(actor.userId);
  if (isIn()) throw new ChatError('JOIN_USER_ALREADY_EXISTS', 'You are a member of this room already.');
  await holding(live, async () => {
    // Who is banned is to guess no password.
    if (live.room.access) await requireNotBanned(chat, live, actor.userId);
    if (live.room.roomType !== 'OPEN') await requirePassword(chat, actor, live, input.password);
    requireThawed(chat, live.room, 'user');
    await admitStranger(chat, actor, live);
  });
  if (!isIn()) throw new ChatError('TEMPORARILY_UNAVAILABLE');
  return live;
}

async function requirePassword(
  chat: Chat,
  { userId }: UserActor,
  live: LiveRoom,
  password: string | null | undefined,
): Promise<void> {
  const { access } = live.room;
  if (!access) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This room is private: its members invite.');
  chat.quotas.password(userId, live.id);
  if (password == null || password === '' || !(await isPassword(access, password)))
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'The password is wrong.');
}
