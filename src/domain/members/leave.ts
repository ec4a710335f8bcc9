import { mayLeave, requireMaster, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Member, MembershipAct, UserActor } from '../model.ts';
import { NAMELESS } from '../texts.ts';
import { newSyncKey } from '../messages/admin.ts';
import { byKey, openLeaves, storeAct } from './half-done.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';

/**
 * Leaves the membership for good; when the last master goes, the oldest member becomes master.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, ROOM_RULES_CAN_NOT_LEAVE, RATE_LIMITED. Seed 1, LeaveOut Room.
 */
export async function leaveOutRoom(chat: Chat, actor: UserActor, roomId: string): Promise<void> {
  const { live, member } = await requireMember(chat, actor, roomId);
  if (!mayLeave(live.room, member)) throw new ChatError('ROOM_RULES_CAN_NOT_LEAVE');
  chat.quotas.send(actor.userId);
  const left = await removeMembers(chat, live, [actor.userId], {
    event: 'member.left',
    actorId: actor.userId,
  });
  if (left.length === 0) throw new ChatError('ROOM_NO_EXISTS');
}

/**
 * A master puts members out; nothing that is stored after it reaches them. Oneself is ignored.
 * Errors: ROOM_NO_EXISTS, YOU_HAVE_NO_AUTHORIZATION, WRONG_TARGET_USER_IDS (nobody of them is present), RATE_LIMITED.
 * Seed 1, KickOutUsers.
 */
export async function kickOutUsers(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; targetUserIds: readonly string[] },
): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  if (live.room.roomType === 'DIRECT') throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
  const targets = [...new Set(input.targetUserIds)].filter(id => id !== actor.userId && live.members.has(id));
  if (targets.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  chat.quotas.send(actor.userId);
  const left = await removeMembers(chat, live, targets, { event: 'member.kicked', actorId: actor.userId });
  if (left.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  chat.audit.note(actor, 'member.kick', { room: live.room, targets: left });
}

export interface Departure {
  event: MembershipAct['event'];
  /** Who puts them out; null: the platform. */
  actorId: string | null;
  /** When no master is left, the oldest member becomes one (by default). */
  inherits?: boolean;
  /** The message that tells of it does not name them: they are being erased. */
  nameless?: boolean;
}

/**
 * Removes members: marked as leaving, then the ADMIN message that is the event, then the memberships go.
 * From the mark on they can do nothing more in the room. Returns the ids of those who went.
 */
export const removeMembers = (
  chat: Chat,
  live: LiveRoom,
  userIds: readonly string[],
  how: Departure,
): Promise<string[]> => holding(live, () => remove(chat, live, userIds, how));

async function remove(
  chat: Chat,
  live: LiveRoom,
  userIds: readonly string[],
  how: Departure,
): Promise<string[]> {
  const syncKey = newSyncKey();
  live.acts.add(syncKey);
  try {
    const marked = await chat.stores.members.markLeaving(live.id, userIds, syncKey);
    const others = userIds.filter(id => !marked.includes(id) && live.members.has(id));
    const groups = byKey(others.length > 0 ? await openLeaves(chat, live, others) : []);
    if (marked.length > 0)
      groups.set(
        syncKey,
        marked.flatMap(id => live.members.get(id) ?? []),
      );
    for (const [key, group] of groups) await storeDeparture(chat, live, group, key, how);
    const going = [...groups.values()].flat().map(member => member.userId);
    if (going.length > 0) await chat.ledger.settle();
    return going;
  } finally {
    live.acts.delete(syncKey);
  }
}

async function storeDeparture(
  chat: Chat,
  live: LiveRoom,
  group: readonly Member[],
  syncKey: string,
  how: Departure,
): Promise<void> {
  const { members } = chat.stores;
  const userIds = group.map(member => member.userId);
  const leaving = userIds.flatMap(id => live.members.get(id) ?? []);
  for (const member of leaving) member.pending = { act: 'leave', syncKey };
  const names = new Map(group.map(member => [member.userId, member.nickName]));
  const nameOf = (id: string) =>
    how.nameless ? NAMELESS : (names.get(id) ?? live.members.get(id)?.nickName ?? id);
  const inherits = (how.inherits ?? true) && live.room.roomType !== 'DIRECT';
  const act = { event: how.event, actorId: how.actorId, userIds, ...(inherits ? { inherits } : {}) };
  try {
    await storeAct(chat, live, act, { syncKey, nameOf });
  } catch (error) {
    // Not known to be stored: the log decides when it is tried again, loaded or swept.
    for (const member of leaving) member.pending = null;
    throw error;
  }
  // Before the memberships go: what a crash leaves here is settled when the room is loaded.
  if (inherits && leaving.some(member => member.master)) {
    for (const master of live.masters()) await members.setMaster(live.id, master.userId);
  }
  await members.remove(live.id, userIds);
}
