import type { Chat } from '../chat.ts';
import { membersKeyOf, newId } from '../ids.ts';
import {
  startingRules,
  type Actor,
  type Link,
  type Member,
  type Room,
  type RoomType,
  type Rules,
  type UserActor,
} from '../model.ts';
import { ChatError, invalid } from '../errors.ts';
import { isBlockedEitherWay, refusal } from '../moderation/blocks.ts';
import type { UserProfile } from '../ports.ts';
import { cleanMeta, cleanText, cleanUrl } from '../messages/content.ts';
import { roomOfExactly } from './exactly.ts';
import { LiveRoom } from './live.ts';
import { passwordAccess } from './password.ts';

export const MAX_NAME = 200;
/** People that a room can start with, over the socket. */
export const MAX_FIRST_MEMBERS = 1_000;

export interface NewRoom {
  id?: string;
  name: string;
  roomType: RoomType;
  profileUrl?: string | null;
  link?: Link | null;
  rules?: Partial<Rules>;
  access?: Room['access'];
  meta?: Record<string, unknown> | null;
  opensAt?: Date | null;
  expiresAt?: Date | null;
  members: (UserProfile & { master: boolean })[];
}

/**
 * Makes a room with its first members. It is found by nobody before it is whole: room in the making, members,
 * then the mark that it exists; what a crash leaves unfinished is swept away.
 * Errors: ROOM_IS_FULL, TOO_MANY_ROOMS.
 */
export async function makeRoom(chat: Chat, by: Actor['kind'], input: NewRoom): Promise<LiveRoom> {
  if (input.members.length > chat.limits.maxRoomMembers) throw new ChatError('ROOM_IS_FULL');
  await requireRoomsLeft(
    chat,
    input.members.map(member => member.id),
  );
  const now = new Date(chat.clock.now());
  const { rooms, members } = chat.stores;
  const [no, firstNo] = await Promise.all([rooms.nextNo(), members.nextNos(input.members.length)]);
  const room = newRoom(input, by, no, now);
  const first = input.members.map((person, i) => newMember(room.id, person, firstNo + i, now));
  await rooms.begin(room);
  await members.add(first);
  await rooms.finish(room.id);
  const live = new LiveRoom(room, first, []);
  live.headKnown = true;
  chat.registry.add(live);
  return live;
}

/** What a room starts with; `now` is when it was made. */
export function newRoom(input: NewRoom, by: Actor['kind'], no: number, now: Date): Room {
  return {
    id: input.id ?? newId(now.getTime()),
    no,
    roomType: input.roomType,
    name: cleanName(input.name),
    profileUrl: cleanUrl(input.profileUrl, 'profileUrl'),
    link: input.link ?? null,
    rules: startingRules(input.roomType, by, input.rules),
    access: input.access ?? null,
    lastSeq: 0,
    lastMessage: null,
    lastUncountedSeq: 0,
    lastMentionSeq: 0,
    lastAnnouncement: null,
    memberCount: input.members.length,
    membersKey: membersKeyOf(input.members.map(member => member.id)),
    meta: cleanMeta(input.meta),
    freezingReasonCode: null,
    opensAt: input.opensAt ?? null,
    expiresAt: input.expiresAt ?? null,
    createdAt: now,
    updatedAt: now,
  };
}

export function newMember(
  roomId: string,
  person: UserProfile & { master: boolean },
  no: number,
  now: Date,
): Member {
  return {
    roomId,
    userId: person.id,
    no,
    nickName: person.nickName,
    profileUrl: person.profileUrl,
    master: person.master,
    alarmOn: true,
    meta: person.meta,
    joinedSeq: 0,
    lastReadSeq: 0,
    lastReadMessageId: null,
    lastReadAt: null,
    unreadFromSeq: null,
    lastHiddenSeq: 0,
    mutedUntil: null,
    createdAt: now,
    updatedAt: now,
    pending: null,
  };
}

export function cleanName(name: string): string {
  const clean = name.toWellFormed().trim();
  return clean === '' ? '' : cleanText(clean, MAX_NAME, 'name');
}

/** Refuses when one of these people is in as many rooms as allowed. */
export async function requireRoomsLeft(chat: Chat, userIds: readonly string[]): Promise<void> {
  const counts = await chat.stores.members.countOf(userIds);
  for (const count of counts.values())
    if (count >= chat.limits.maxUserRooms) throw new ChatError('TOO_MANY_ROOMS');
}

export interface CreateInput {
  users: readonly string[];
  name: string;
  roomType: RoomType;
  profileUrl?: string | null;
  link?: Link | null;
  rules?: Partial<Rules>;
  /** By which strangers may join; empty or null: none. */
  password?: string | null;
  meta?: Record<string, unknown> | null;
}

const OPEN_TO_USERS: readonly RoomType[] = ['GROUP', 'INQUIRY', 'OPEN', 'DIRECT'];

/**
 * A user makes a room and is its master; a DIRECT one has no master and is the one room that the two have.
 * Unknown ids are dropped. Errors: YOU_HAVE_NO_AUTHORIZATION (a type that is the platform's; a
 * DIRECT room where one blocked the other), WRONG_TARGET_USER_IDS, INVALID_PAYLOAD, RATE_LIMITED, TOO_MANY_ROOMS. Seed 1, CreateRoom.
 */
export async function createRoom(chat: Chat, actor: UserActor, input: CreateInput): Promise<LiveRoom> {
  if (!OPEN_TO_USERS.includes(input.roomType)) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
  const others = [...new Set(input.users)].filter(id => id !== actor.userId);
  if (others.length > MAX_FIRST_MEMBERS)
    throw invalid(`users must not have more than ${MAX_FIRST_MEMBERS} entries`);
  const isDirect = input.roomType === 'DIRECT';
  if (isDirect && others.length !== 1)
    throw invalid('users of a DIRECT room must be exactly one other person');
  if (isDirect && (await isBlockedEitherWay(chat, actor.userId, others[0]!))) throw refusal();
  chat.quotas.newRoom(actor.userId);
  // A slow hash: only for those who may make rooms.
  const access = await passwordAccess(input.password);
  const people = await chat.stores.users.byIds([actor.userId, ...others]);
  const known = new Map(people.map(person => [person.id, person]));
  const present = others.flatMap(id => known.get(id) ?? []);
  if (present.length === 0 && others.length > 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  const blockers = await chat.blocks.blockersOf(
    actor.userId,
    present.map(({ id }) => id),
  );
  const willing = present.filter(({ id }) => !blockers.has(id));
  if (willing.length === 0 && others.length > 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  chat.quotas.invite(actor.userId, willing.length);
  const me = known.get(actor.userId) ?? { id: actor.userId, ...actor, meta: null };
  const members = [{ ...me, master: !isDirect }, ...willing.map(person => ({ ...person, master: false }))];
  const make = (id?: string) => makeRoom(chat, 'user', { ...input, access, members, ...(id ? { id } : {}) });
  const { live, made } = isDirect
    ? await roomOfExactly(chat, directKey(members), make)
    : { live: await make(), made: true };
  if (made) chat.bus.publish({ type: 'room.created', roomId: live.id });
  return live;
}

const directKey = (members: readonly UserProfile[]) => ({
  members: members.map(member => member.id),
  roomType: 'DIRECT' as const,
  scope: '',
  fits: (live: LiveRoom) => live.room.roomType === 'DIRECT',
});
