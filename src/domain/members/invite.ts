import { mayInvite, requireMember, requireThawed, requireVisible } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { Member, MembershipAct, UserActor } from '../model.ts';
import type { UserProfile } from '../ports.ts';
import { newSyncKey } from '../messages/admin.ts';
import { bannedOf, putOutBanned, restrictionsOf } from '../moderation/ban.ts';
import { FOR_GOOD } from '../moderation/mute.ts';
import { byKey, openJoins, storeAct } from './half-done.ts';
import { newMember, requireRoomsLeft } from '../rooms/create.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';

/** People that can be invited at once. */
export const MAX_INVITED = 1_000;

/**
 * A member invites people who are in the directory. Those who are members already are left out.
 * Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED, ROOM_RULES_CAN_NOT_INVITE_MEMBERS, WRONG_TARGET_USER_IDS (nobody known
 * who is not banned and has not blocked the caller),
 * JOIN_USER_ALREADY_EXISTS (all are members), ROOM_IS_FULL, RATE_LIMITED. Seed 1, InviteUsers.
 */
export async function inviteRoom(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; targetUserIds: readonly string[] },
): Promise<void> {
  const { live, member } = await requireMember(chat, actor, input.roomId);
  requireThawed(chat, live.room, 'user');
  if (live.room.roomType === 'DIRECT' || !mayInvite(live.room, member)) {
    throw new ChatError('ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
  }
  const ids = [...new Set(input.targetUserIds)];
  if (ids.length > MAX_INVITED) throw invalid(`targetUserIds must not have more than ${MAX_INVITED} entries`);
  await holding(live, () => invite(chat, actor, live, ids));
}

async function invite(chat: Chat, actor: UserActor, live: LiveRoom, ids: readonly string[]): Promise<void> {
  const people = await chat.stores.users.byIds(ids);
  if (people.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  const strangers = people.filter(person => !live.members.has(person.id));
  if (strangers.length === 0) throw new ChatError('JOIN_USER_ALREADY_EXISTS');
  const fresh = await welcome(chat, actor, live, strangers);
  if (fresh.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS', 'Nobody of them can be invited here.');
  chat.quotas.send(actor.userId);
  chat.quotas.invite(actor.userId, fresh.length);
  const added = await addMembers(chat, live, fresh.map(asMember), 'member.invited', actor.userId);
  if (added.length === 0) throw new ChatError('JOIN_USER_ALREADY_EXISTS');
}

/** Without those who are banned from the room, and those who blocked whoever invites them. */
async function welcome<P extends UserProfile>(
  chat: Chat,
  { userId }: UserActor,
  live: LiveRoom,
  people: readonly P[],
): Promise<P[]> {
  const ids = people.map(({ id }) => id);
  const banned = await bannedOf(chat, live, ids);
  const blockers = await chat.blocks.blockersOf(userId, ids);
  return people.filter(({ id }) => !banned.has(id) && !blockers.has(id));
}

/** A stranger becomes a member of an OPEN room. Errors: YOU_ARE_BANNED, ROOM_NO_EXISTS, ROOM_IS_FREEZED, ROOM_IS_FULL, RATE_LIMITED. */
export async function becomeMember(chat: Chat, actor: UserActor, roomId: string): Promise<void> {
  const { live, member } = await requireVisible(chat, actor, roomId);
  if (!member) await admitStranger(chat, actor, live);
}

/** Somebody who may come in becomes a member. Errors: YOU_ARE_BANNED, ROOM_IS_FREEZED, ROOM_IS_FULL, RATE_LIMITED. */
export async function admitStranger(chat: Chat, actor: UserActor, live: LiveRoom): Promise<void> {
  // Two devices at once: the second comes in with the first.
  const arriving = live.arriving.get(actor.userId) ?? holding(live, () => arrive(chat, actor, live));
  live.arriving.set(actor.userId, arriving);
  await arriving.finally(() => live.arriving.delete(actor.userId));
}

async function arrive(chat: Chat, actor: UserActor, live: LiveRoom): Promise<void> {
  requireThawed(chat, live.room, 'user');
  chat.quotas.send(actor.userId);
  const [known] = await chat.stores.users.byIds([actor.userId]);
  const person = known ?? {
    id: actor.userId,
    nickName: actor.nickName,
    profileUrl: actor.profileUrl,
    meta: null,
  };
  await addMembers(chat, live, [asMember(person)], 'member.joined', actor.userId);
}

const asMember = (person: UserProfile) => ({ ...person, master: false });

/**
 * Adds people: memberships on their way, then the ADMIN message that is the event, then the memberships are settled
 * with the message's place. Returns those who were added; who is a member meanwhile, or banned, is left out.
 * Errors: ROOM_IS_FULL, TOO_MANY_ROOMS, YOU_ARE_BANNED (nobody is left).
 */
export async function addMembers(
  chat: Chat,
  live: LiveRoom,
  people: readonly (UserProfile & { master: boolean })[],
  event: MembershipAct['event'],
  actorId: string | null,
): Promise<Member[]> {
  if (live.members.size + live.coming + people.length > chat.limits.maxRoomMembers)
    throw new ChatError('ROOM_IS_FULL');
  live.coming += people.length;
  try {
    return await holding(live, () => admit(chat, live, people, event, actorId));
  } finally {
    live.coming -= people.length;
  }
}

async function admit(
  chat: Chat,
  live: LiveRoom,
  people: readonly (UserProfile & { master: boolean })[],
  event: MembershipAct['event'],
  actorId: string | null,
): Promise<Member[]> {
  await requireRoomsLeft(
    chat,
    people.map(person => person.id),
  );
  const { members } = chat.stores;
  const now = new Date(chat.clock.now());
  const syncKey = newSyncKey();
  const firstNo = await members.nextNos(people.length);
  const { banned, muted } = await restrictionsOf(
    chat,
    live,
    people.map(person => person.id),
  );
  const welcomed = people.filter(person => !banned.has(person.id));
  if (welcomed.length === 0) throw new ChatError('YOU_ARE_BANNED');
  const coming = welcomed.map((person, i): Member => {
    const mute = muted.get(person.id);
    const mutedUntil = mute ? (mute.until ?? FOR_GOOD) : null;
    return { ...newMember(live.id, person, firstNo + i, now), mutedUntil, pending: { act: 'join', syncKey } };
  });
  live.acts.add(syncKey);
  try {
    const joined = await tellJoined(chat, live, await enter(chat, live, coming), { event, actorId });
    await putOutBanned(
      chat,
      live,
      joined.map(member => member.userId),
    );
    return joined;
  } finally {
    live.acts.delete(syncKey);
  }
}

async function tellJoined(
  chat: Chat,
  live: LiveRoom,
  joined: readonly Member[],
  how: Pick<MembershipAct, 'event' | 'actorId'>,
): Promise<Member[]> {
  const names = new Map(joined.map(member => [member.userId, member.nickName]));
  const nameOf = (id: string) => names.get(id) ?? live.members.get(id)?.nickName ?? id;
  for (const [key, group] of byKey(joined)) {
    const userIds = group.map(member => member.userId);
    // If this is not confirmed, the log decides when it is tried again, loaded or swept.
    const message = await storeAct(chat, live, { ...how, userIds }, { syncKey: key, joined: group, nameOf });
    await chat.stores.members.settleJoin(live.id, userIds, { seq: message.seq, messageId: message.id });
  }
  if (joined.length > 0) await chat.ledger.settle();
  return joined.flatMap(member => live.members.get(member.userId) ?? []);
}

/** Stores memberships on their way; returns those that are to be told, with such as an earlier try left behind. */
async function enter(chat: Chat, live: LiveRoom, coming: readonly Member[]): Promise<Member[]> {
  const inTheWay = new Set(await chat.stores.members.add(coming));
  const entered = coming.filter(member => !inTheWay.has(member.userId));
  if (inTheWay.size === 0) return entered;
  const open = await openJoins(chat, live, [...inTheWay]);
  // Whose leaving is done by now is free to come again.
  const rest = coming.filter(
    ({ userId }) =>
      inTheWay.has(userId) && !live.members.has(userId) && !open.some(other => other.userId === userId),
  );
  const stillThere = new Set(await chat.stores.members.add(rest));
  return [...entered, ...open, ...rest.filter(member => !stillThere.has(member.userId))];
}
