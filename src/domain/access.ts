import { ChatError } from './errors.ts';
import { isId } from './ids.ts';
import type { Chat } from './chat.ts';
import {
  isAlarm,
  type Actor,
  type Member,
  type Message,
  type PlatformActor,
  type Room,
  type UserActor,
} from './model.ts';
import { requireUnblocked } from './moderation/blocks.ts';
import { holding, type LiveRoom } from './rooms/live.ts';

/** The rules in one place. Loading a room for an actor is the only way for a use-case to get one. */

export interface MemberAccess {
  live: LiveRoom;
  member: Member;
}

/**
 * The room for one of its members. A room that the actor may not see does not exist for them
 * (ROOM_NO_EXISTS); an OPEN one they are not in is YOU_ARE_NO_JOINED_ROOM.
 */
export async function requireMember(chat: Chat, actor: UserActor, roomId: string): Promise<MemberAccess> {
  const { live, member } = await requireVisible(chat, actor, roomId);
  if (!member || member.pending) throw new ChatError('YOU_ARE_NO_JOINED_ROOM');
  return { live, member };
}

/** The room for whoever may see it: its members, and anyone if it is OPEN. */
export async function requireVisible(
  chat: Chat,
  actor: UserActor,
  roomId: string,
): Promise<{ live: LiveRoom; member: Member | null }> {
  const live = await loadRoom(chat, roomId);
  const member = live.members.get(actor.userId) ?? null;
  if ((!member || member.pending) && live.room.roomType !== 'OPEN') throw new ChatError('ROOM_NO_EXISTS');
  return { live, member };
}

export async function requireMaster(chat: Chat, actor: UserActor, roomId: string): Promise<MemberAccess> {
  const access = await requireMember(chat, actor, roomId);
  if (!access.member.master) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
  return access;
}

export interface MessageAccess extends MemberAccess {
  message: Message;
}

/**
 * A message that is not deleted, for a member of its room who may see it; the room stays in memory until the work is
 * done. Errors: MESSAGE_NO_EXISTS (unknown, deleted, from before the member joined, or of a room that they are not in).
 */
export async function withMessage<T>(
  chat: Chat,
  actor: UserActor,
  messageId: string,
  work: (access: MessageAccess) => Promise<T>,
  deleted: 'refused' | 'welcome' = 'refused',
): Promise<T> {
  const message = isId(messageId) ? await chat.stores.log.byId(messageId) : null;
  const live = message ? await chat.registry.get(message.roomId) : undefined;
  if (!message || !live || (message.deleted && deleted === 'refused'))
    throw new ChatError('MESSAGE_NO_EXISTS');
  return holding(live, async () => {
    await chat.sequencer.ensureHead(live);
    const member = live.members.get(actor.userId);
    const isThere = !live.removed && member !== undefined && !member.pending;
    if (!isThere || message.seq <= live.hiddenUpTo(member)) throw new ChatError('MESSAGE_NO_EXISTS');
    return work({ live, member, message });
  });
}

/** The room for a platform key: one of a link that the key may not touch does not exist for it. */
export async function requireManaged(chat: Chat, actor: PlatformActor, roomId: string): Promise<LiveRoom> {
  const live = await loadRoom(chat, roomId);
  if (!mayManage(actor, live.room)) throw new ChatError('ROOM_NO_EXISTS');
  return live;
}

export const mayManage = (actor: PlatformActor, room: Pick<Room, 'link'>): boolean =>
  actor.links === null || (room.link !== null && actor.links.includes(room.link.sid));

/** The room for whoever has a reason of their own to look: callers check what they may do. */
export async function loadRoom(chat: Chat, roomId: string): Promise<LiveRoom> {
  const live = isId(roomId) ? await chat.registry.get(roomId) : undefined;
  if (!live || live.removed) throw new ChatError('ROOM_NO_EXISTS');
  return live;
}

/** Frozen by its master or for good, not open yet, or past its end. */
export const isFrozen = (room: Room, now: number): boolean =>
  room.rules.isFreezed ||
  (room.opensAt !== null && room.opensAt.getTime() > now) ||
  (room.expiresAt !== null && room.expiresAt.getTime() <= now);

/**
 * Whoever writes in whatever way (sends, edits, reacts, shares, announces, uploads, types) passes here: the room is
 * not frozen, the member is not muted (masters cannot be), and in a DIRECT room neither blocked the other.
 * Errors: ROOM_IS_FREEZED, YOU_ARE_MUTED (with `until`), YOU_HAVE_NO_AUTHORIZATION, ROOM_NO_EXISTS (out meanwhile).
 */
export async function requireSpeaking(chat: Chat, live: LiveRoom, member: Member): Promise<void> {
  requireThawed(chat, live.room, 'user');
  await requireUnblocked(chat, live);
  const isIn = !live.removed && live.members.get(member.userId) === member && !member.pending;
  if (!isIn) throw new ChatError('ROOM_NO_EXISTS');
  requireThawed(chat, live.room, 'user');
  requireUnmuted(chat, member);
}

/** The part of it that is known without asking anybody. Errors: YOU_ARE_MUTED (with `until`). */
export function requireUnmuted(chat: Chat, { mutedUntil, master }: Member): void {
  if (!master && mutedUntil !== null && mutedUntil.getTime() > chat.clock.now())
    throw new ChatError('YOU_ARE_MUTED', undefined, { until: mutedUntil.toISOString() });
}

/** Frozen stops sends, edits, invitations and joining; the platform writes into the two ALARM types all the same. */
export function requireThawed(chat: Chat, room: Room, actor: Actor['kind']): void {
  if (actor === 'platform' && isAlarm(room.roomType)) return;
  if (isFrozen(room, chat.clock.now())) throw new ChatError('ROOM_IS_FREEZED');
}

export const mayInvite = (room: Room, member: Member): boolean =>
  member.master || room.rules.canInviteMembers;

export const mayLeave = (room: Room, member: Member): boolean => member.master || room.rules.canLeaveOutRoom;

/** Masters see everybody; others only themselves and the masters where the list is closed. */
export const maySeeMember = (room: Room, viewer: Member | null, member: Member): boolean =>
  room.rules.canShowMemberList ||
  member.master ||
  viewer?.master === true ||
  viewer?.userId === member.userId;
