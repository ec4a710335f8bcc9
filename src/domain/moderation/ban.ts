import { requireMaster } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isId } from '../ids.ts';
import { isReservedId, type UserActor } from '../model.ts';
import { removeMembers } from '../members/leave.ts';
import type { Restriction } from '../ports.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';
import { endOf, targetsOf, type Sentence } from './mute.ts';

/** People that a room can keep out. */
export const MAX_BANS = 10_000;

/**
 * Masters put people out who cannot come back in any way until they are unbanned or the ban ends; people of the
 * directory who are no members are kept out beforehand. The ban is stored before anybody is put out: a crash between
 * the two is made good by banning again.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION, WRONG_TARGET_USER_IDS (unknown people,
 * masters and oneself are left out, and nobody is left), INVALID_PAYLOAD, RATE_LIMITED.
 */
export async function banUsers(chat: Chat, actor: UserActor, input: Sentence): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  const targets = await bannable(chat, live, targetsOf(input));
  if (targets.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  chat.quotas.send(actor.userId);
  await ban(chat, live, { targets, by: actor.userId, until: endOf(chat, input) });
  const details = { until: endOf(chat, input)?.toISOString() ?? null };
  chat.audit.note(actor, 'member.ban', { room: live.room, targets, details });
}

/** The same by the platform, of whoever it is but masters. Errors: WRONG_TARGET_USER_IDS. */
export async function banManaged(
  chat: Chat,
  live: LiveRoom,
  userId: string,
  minutes: number | null,
): Promise<void> {
  const targets = await bannable(chat, live, [userId]);
  if (targets.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  const until = endOf(chat, { roomId: live.id, targetUserIds: targets, minutes });
  await ban(chat, live, { targets, by: null, until });
}

async function bannable(chat: Chat, live: LiveRoom, ids: readonly string[]): Promise<string[]> {
  if (live.room.roomType === 'DIRECT') throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
  const mayBe = ids.filter(id => live.members.get(id)?.master !== true && !isReservedId(id));
  const strangers = mayBe.filter(id => !live.members.has(id));
  const known = strangers.length > 0 ? await chat.stores.users.byIds(strangers) : [];
  const people = new Set(known.map(({ id }) => id));
  return mayBe.filter(id => live.members.has(id) || people.has(id));
}

async function ban(
  chat: Chat,
  live: LiveRoom,
  { targets, by, until }: { targets: string[]; by: string | null; until: Date | null },
): Promise<void> {
  const { restrictions } = chat.stores;
  await holding(live, async () => {
    if ((await restrictions.count(live.id, 'ban')) + targets.length > MAX_BANS)
      throw invalid(`a room cannot keep out more than ${MAX_BANS} people`);
    const at = new Date(chat.clock.now());
    await restrictions.put(targets.map(userId => ({ roomId: live.id, userId, kind: 'ban', by, at, until })));
    // Who came in on another node a moment ago is to be put out too.
    await chat.sequencer.catchUp(live);
    await putOut(chat, live, targets, by);
  });
}

/** Those of them who are in the room go. */
async function putOut(chat: Chat, live: LiveRoom, ids: readonly string[], by: string | null): Promise<void> {
  const present = ids.filter(id => live.members.has(id));
  if (present.length > 0) await removeMembers(chat, live, present, { event: 'member.banned', actorId: by });
}

/** They may come back. Errors: as `banUsers`; WRONG_TARGET_USER_IDS where nobody of them was banned. */
export async function unbanUsers(chat: Chat, actor: UserActor, input: Sentence): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  const targets = await unban(chat, live, targetsOf(input));
  chat.audit.note(actor, 'member.unban', { room: live.room, targets });
}

/** Errors: WRONG_TARGET_USER_IDS. */
export async function unban(chat: Chat, live: LiveRoom, userIds: readonly string[]): Promise<string[]> {
  const lifted = await chat.stores.restrictions.lift(live.id, 'ban', userIds);
  if (lifted.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  return lifted;
}

/** Somebody who is kept out, as they are shown. */
export interface BannedUser {
  userId: string;
  nickName: string;
  profileUrl: string | null;
  at: Date;
  until: Date | null;
}

export interface BannedPage {
  list: BannedUser[];
  nextCursor: string | null;
}

/** Who is kept out, the latest first. Errors: ROOM_NO_EXISTS, YOU_HAVE_NO_AUTHORIZATION (masters only). */
export async function listBannedUsers(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; cursor?: string | null; count: number },
): Promise<BannedPage> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  return bannedPage(chat, live, input);
}

export async function bannedPage(
  chat: Chat,
  live: LiveRoom,
  { cursor, count }: { cursor?: string | null; count: number },
): Promise<BannedPage> {
  const before = cursor && isId(cursor) ? cursor : null;
  const page = { before, limit: count + 1, now: new Date(chat.clock.now()) };
  const found = await chat.stores.restrictions.list(live.id, 'ban', page);
  const shown = found.slice(0, count);
  const people = await chat.stores.users.byIds(shown.map(({ userId }) => userId));
  const known = new Map(people.map(person => [person.id, person]));
  return {
    list: shown.map(({ userId, at, until }) => ({
      userId,
      nickName: known.get(userId)?.nickName ?? '',
      profileUrl: known.get(userId)?.profileUrl ?? null,
      at,
      until,
    })),
    nextCursor: found.length > count ? shown.at(-1)!.id : null,
  };
}

/** Errors: YOU_ARE_BANNED. */
export async function requireNotBanned(chat: Chat, live: LiveRoom, userId: string): Promise<void> {
  if ((await bannedOf(chat, live, [userId])).has(userId)) throw new ChatError('YOU_ARE_BANNED');
}

/** Those of these people who are kept out. */
export async function bannedOf(
  chat: Chat,
  live: LiveRoom,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { banned } = await restrictionsOf(chat, live, userIds);
  return banned;
}

/** What waits for these people when they come in. */
export async function restrictionsOf(
  chat: Chat,
  live: LiveRoom,
  userIds: readonly string[],
): Promise<{ banned: Set<string>; muted: Map<string, Restriction> }> {
  const found = await chat.stores.restrictions.of(live.id, userIds, new Date(chat.clock.now()));
  return {
    banned: new Set(found.filter(({ kind }) => kind === 'ban').map(({ userId }) => userId)),
    muted: new Map(found.filter(({ kind }) => kind === 'mute').map(entry => [entry.userId, entry])),
  };
}

/**
 * Who came in while they were being banned goes again: the ban looks for members after it was stored, a joining looks
 * for bans after it was, so one of the two sees the other.
 */
export async function putOutBanned(chat: Chat, live: LiveRoom, userIds: readonly string[]): Promise<void> {
  const banned = await bannedOf(chat, live, userIds);
  if (banned.size > 0) await putOut(chat, live, [...banned], null);
}
