import { isFrozen, mayManage, requireManaged, requireThawed } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import {
  ADMIN_ID,
  isAlarm,
  isReservedId,
  type Link,
  type Message,
  type PlatformActor,
  type RoomType,
  type Rules,
} from '../model.ts';
import { ADMIN_AUTHOR, newSyncKey } from '../messages/admin.ts';
import { cleanMeta } from '../messages/content.ts';
import { cleanContent, submitMessage, type SendInput } from '../messages/send.ts';
import type { UserProfile } from '../ports.ts';
import { TEXTS } from '../texts.ts';
import { bannedOf } from '../moderation/ban.ts';
import { addMembers } from '../members/invite.ts';
import { makeRoom, type NewRoom } from './create.ts';
import { roomOfExactly, type ExactRoom } from './exactly.ts';
import { holding, type LiveRoom } from './live.ts';

/** Rooms as partner platforms make and manage them (seed 1, platform API). */

export type ManagedPerson = UserProfile & { master: boolean };

export interface ManagedMessage {
  authorId: string;
  content: SendInput['content'] | { type: 'ADMIN'; text: string };
  syncKey?: string | null;
  meta?: Record<string, unknown> | null;
}

export interface ManagedRoom {
  name: string;
  roomType: RoomType;
  profileUrl?: string | null;
  link?: Link | null;
  rules?: Partial<Rules>;
  meta?: Record<string, unknown> | null;
  opensAt?: Date | null;
  expiresAt?: Date | null;
  joinUsers: readonly ManagedPerson[];
  message?: ManagedMessage | null;
}

/** Types of which there is one room per link and set of members. */
const ONE_PER_MEMBERS: readonly RoomType[] = ['GROUP', 'INQUIRY', 'DIRECT'];

/**
 * Makes a room with its first message, or finds the one of the same link, type, members and masters that is not
 * frozen; a message that was given goes into the found one. Two identical requests make one room.
 * Errors: JOIN_USERS_EMPTY, INVALID_PAYLOAD, ROOM_NO_EXISTS (a link that the key may not touch), ROOM_IS_FULL.
 */
export async function upsertRoom(
  chat: Chat,
  actor: PlatformActor,
  input: ManagedRoom,
  onFound: 'refuse' | 'write',
): Promise<{ live: LiveRoom; exists: boolean }> {
  if (!mayManage(actor, { link: input.link ?? null })) throw new ChatError('ROOM_NO_EXISTS');
  const people = checkPeople(input);
  const message = input.message && checkMessage(chat, input.message, people);
  await chat.stores.users.upsert(people, 'ifAbsent', new Date(chat.clock.now()));
  const known = new Map(
    (await chat.stores.users.byIds(people.map(({ id }) => id))).map(user => [user.id, user]),
  );
  const members = people.map(person => ({ ...(known.get(person.id) ?? person), master: person.master }));
  const { joinUsers: _, message: __, ...settings } = input;
  const make = (id?: string) =>
    makeRoom(chat, 'platform', { ...settings, members, ...(id ? { id } : {}) } satisfies NewRoom);
  const { live, made } = ONE_PER_MEMBERS.includes(input.roomType)
    ? await roomOfExactly(chat, exactly(chat, input, members), make)
    : { live: await make(), made: true };
  if (!made && onFound === 'refuse' && input.roomType === 'GROUP') throw new ChatError('ROOM_ALREADY_EXISTS');
  if (made) chat.bus.publish({ type: 'room.created', roomId: live.id });
  if (message) await submitMessage(chat, live, message);
  else if (made) await submitMessage(chat, live, createdMessage());
  return { live, exists: !made };
}

/** What makes another request mean the same room: link, masters and, for an INQUIRY, the product. */
function exactly(chat: Chat, input: ManagedRoom, members: readonly ManagedPerson[]): ExactRoom {
  const scopeOf = (room: Pick<ManagedRoom, 'link' | 'meta'>, masters: readonly string[]) =>
    JSON.stringify([
      room.link?.sid ?? null,
      [...masters].sort(),
      input.roomType === 'INQUIRY' ? (room.meta?.['productId'] ?? null) : null,
    ]);
  const scope = scopeOf(
    input,
    members.filter(member => member.master).map(member => member.id),
  );
  return {
    members: members.map(member => member.id),
    roomType: input.roomType,
    scope,
    fits: live =>
      !isFrozen(live.room, chat.clock.now()) &&
      scopeOf(
        live.room,
        live.masters().map(master => master.userId),
      ) === scope,
  };
}

function checkPeople(input: ManagedRoom): ManagedPerson[] {
  const people = [...new Map(input.joinUsers.map(person => [person.id, person])).values()];
  if (people.length === 0) throw new ChatError('JOIN_USERS_EMPTY');
  const reserved = people.find(person => isReservedId(person.id));
  if (reserved) throw invalid(`joinUsers must not contain ${reserved.id}`);
  if (input.roomType !== 'DIRECT') return people;
  if (people.length !== 2) throw invalid('joinUsers of a DIRECT room must be exactly two people');
  return people.map(person => ({ ...person, master: false }));
}

interface CheckedMessage {
  author: Message['author'];
  syncKey: string;
  data: Message['data'];
  meta: Message['meta'];
  uncountedFor: string | null;
}

/** The author is one of these people, or ADMIN. */
function checkMessage(chat: Chat, message: ManagedMessage, people: readonly UserProfile[]): CheckedMessage {
  const { authorId, content } = message;
  const data = cleanContent(chat, content);
  const meta = cleanMeta(message.meta);
  const syncKey = message.syncKey ?? newSyncKey();
  if (authorId === ADMIN_ID) return { author: ADMIN_AUTHOR, syncKey, data, meta, uncountedFor: null };
  if (content.type === 'ADMIN') throw invalid('an ADMIN message has the author ADMIN');
  const author = people.find(person => person.id === authorId);
  if (!author) throw invalid('message.author must be one of joinUsers, or ADMIN');
  const { nickName, profileUrl } = author;
  // The message is that user's own but reads nothing for them.
  return { author: { authorId, nickName, profileUrl }, syncKey, data, meta, uncountedFor: authorId };
}

const createdMessage = (): CheckedMessage => ({
  author: ADMIN_AUTHOR,
  syncKey: newSyncKey(),
  data: { type: 'ADMIN', content: { text: TEXTS['room.created']() } },
  meta: { event: 'room.created' },
  uncountedFor: null,
});

/**
 * The platform writes into a room, as ADMIN or in a member's name.
 * Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED (but for the ALARM types), USER_NO_EXISTS (the author is no member).
 */
export async function sendManaged(
  chat: Chat,
  actor: PlatformActor,
  roomId: string,
  message: ManagedMessage,
): Promise<Message> {
  const live = await requireManaged(chat, actor, roomId);
  requireThawed(chat, live.room, 'platform');
  const member = live.members.get(message.authorId);
  if (!member && message.authorId !== ADMIN_ID)
    throw new ChatError('USER_NO_EXISTS', 'The author is not a member.');
  const people = member ? [{ ...member, id: member.userId }] : [];
  return submitMessage(chat, live, checkMessage(chat, message, people));
}

/** The same with a content that was checked before; the syncKey makes a retry the same message. */
export async function writeManaged(
  chat: Chat,
  actor: PlatformActor,
  roomId: string,
  message: Pick<Message, 'data' | 'meta' | 'syncKey'> & { authorId: string },
): Promise<Message> {
  const live = await requireManaged(chat, actor, roomId);
  return holding(live, async () => {
    const { authorId, syncKey, data, meta } = message;
    const first = await chat.stores.log.bySyncKey(roomId, authorId, syncKey);
    if (first) return first;
    requireThawed(chat, live.room, 'platform');
    if (authorId === ADMIN_ID)
      return submitMessage(chat, live, { author: ADMIN_AUTHOR, syncKey, data, meta, uncountedFor: null });
    const member = live.members.get(authorId);
    if (!member) throw new ChatError('USER_NO_EXISTS', 'The author is not a member.');
    const { nickName, profileUrl } = member;
    const author = { authorId, nickName, profileUrl };
    return submitMessage(chat, live, { author, syncKey, data, meta, uncountedFor: authorId });
  });
}

/**
 * The platform invites in the name of a master. The checks come in this order: room, frozen, rule, master, nobody
 * left (who is banned is left out). Errors: ROOM_NO_EXISTS, ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED, ROOM_RULES_CAN_NOT_INVITE_MEMBERS,
 * INVITER_ID_IS_NOT_MASTER, JOIN_USERS_EMPTY, ROOM_IS_FULL. Seed 1, InviteUsersToRoom.
 */
export async function inviteManaged(
  chat: Chat,
  actor: PlatformActor,
  input: { roomId: string; inviterId: string; joinUsers: readonly ManagedPerson[] },
): Promise<LiveRoom> {
  const live = await requireManaged(chat, actor, input.roomId);
  const { room } = live;
  if (isFrozen(room, chat.clock.now()) && !isAlarm(room.roomType))
    throw new ChatError('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED');
  if (!room.rules.canInviteMembers || room.roomType === 'DIRECT')
    throw new ChatError('ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
  if (live.members.get(input.inviterId)?.master !== true) throw new ChatError('INVITER_ID_IS_NOT_MASTER');
  const people = [...new Map(input.joinUsers.map(person => [person.id, person])).values()];
  const strangers = people.filter(person => !live.members.has(person.id) && !isReservedId(person.id));
  const banned = await bannedOf(
    chat,
    live,
    strangers.map(({ id }) => id),
  );
  const fresh = strangers.filter(person => !banned.has(person.id));
  if (fresh.length === 0) throw new ChatError('JOIN_USERS_EMPTY');
  await holding(live, () => admitManaged(chat, live, fresh, input.inviterId));
  return live;
}

async function admitManaged(
  chat: Chat,
  live: LiveRoom,
  fresh: readonly ManagedPerson[],
  inviterId: string,
): Promise<void> {
  await chat.stores.users.upsert(fresh, 'ifAbsent', new Date(chat.clock.now()));
  const known = new Map(
    (await chat.stores.users.byIds(fresh.map(({ id }) => id))).map(user => [user.id, user]),
  );
  const newcomers = fresh.map(person => ({ ...(known.get(person.id) ?? person), master: person.master }));
  const added = await addMembers(chat, live, newcomers, 'member.invited', inviterId);
  if (added.length === 0) throw new ChatError('JOIN_USERS_EMPTY');
}
