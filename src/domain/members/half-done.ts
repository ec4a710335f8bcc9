import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { ADMIN_ID, type Member, type Message, type MembershipAct } from '../model.ts';
import { submitAct } from '../messages/admin.ts';
import { settleOne } from '../rooms/load.ts';
import type { LiveRoom } from '../rooms/live.ts';

/**
 * A joining or leaving whose message was not confirmed leaves its mark on the membership. Who tries again goes on
 * with that act, under its own syncKey: if the first message lands after all, the two are one.
 */

/** Members by the syncKey of their pending act. */
export function byKey(members: readonly Member[]): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = member.pending!.syncKey;
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return groups;
}

/** Those of these people whose membership in the store waits for such an act, which nobody is doing here. */
async function pendingOf(chat: Chat, live: LiveRoom, userIds: readonly string[]): Promise<Member[]> {
  const stored = await chat.stores.members.ofRooms([live.id]);
  return stored.filter(
    member => member.pending && !live.acts.has(member.pending.syncKey) && userIds.includes(member.userId),
  );
}

/**
 * Settles what the log knows of these people's half-done acts: who has left is out of the way, who has joined is in.
 * Returns the joinings that it does not know yet.
 */
export async function openJoins(chat: Chat, live: LiveRoom, userIds: readonly string[]): Promise<Member[]> {
  const open: Member[] = [];
  for (const member of await pendingOf(chat, live, userIds)) {
    const settled = await settleOne(chat.stores, chat.clock, member);
    if (settled?.pending?.act === 'join') open.push(settled);
  }
  return open;
}

/** The leavings of these people that were begun before and are not done. */
export const openLeaves = async (chat: Chat, live: LiveRoom, userIds: readonly string[]): Promise<Member[]> =>
  (await pendingOf(chat, live, userIds)).filter(member => member.pending!.act === 'leave');

/** Stores the message of an act; one that was stored under this syncKey before is that act. */
export async function storeAct(
  chat: Chat,
  live: LiveRoom,
  act: MembershipAct,
  options: Parameters<typeof submitAct>[3],
): Promise<Message> {
  try {
    return await submitAct(chat, live, act, options);
  } catch (error) {
    if (!(error instanceof ChatError) || error.code !== 'SYNC_KEY_CONFLICT') throw error;
    return (await chat.stores.log.bySyncKey(live.id, ADMIN_ID, options.syncKey))!;
  }
}
