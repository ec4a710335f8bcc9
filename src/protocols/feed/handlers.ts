import { randomUUID } from 'node:crypto';
import { maySeeMember, requireManaged, requireMember, requireVisible } from '../../domain/access.ts';
import type { Chat } from '../../domain/chat.ts';
import { ChatError, invalid } from '../../domain/errors.ts';
import { inviteRoom } from '../../domain/members/invite.ts';
import { joinByThemselves } from '../../domain/members/join.ts';
import { kickOutUsers, leaveOutRoom } from '../../domain/members/leave.ts';
import { pageOfMembers } from '../../domain/members/list.ts';
import { addManaged, removeManaged } from '../../domain/members/manage.ts';
import type { Member, UserActor } from '../../domain/model.ts';
import { pageBefore } from '../../domain/messages/page.ts';
import { sendMessage, type SendInput } from '../../domain/messages/send.ts';
import { readEverything } from '../../domain/reads/reads.ts';
import { createRoom } from '../../domain/rooms/create.ts';
import { countsReady } from '../../domain/rooms/counts.ts';
import { listRooms } from '../../domain/rooms/list.ts';
import type { FileLink } from '../kit/files.ts';
import { mayShowMeta } from '../kit/present.ts';
import type { RouteDef } from '../kit/route.ts';
import * as catalogue from './catalogue.ts';
import {
  actingAs,
  managerOf,
  requireKeyScope,
  roomIdOf,
  seeRoom,
  type Caller,
  type Sight,
} from './identity.ts';
import { presentMember, presentMessage, presentRoom, type MayShow } from './present.ts';

export interface Call {
  chat: Chat;
  caller: Caller;
  linkOf: FileLink;
}

/** Binds a use-case to a route: no status, no try. */
export type Bind = <I, O>(def: RouteDef<I, O>, handle: (call: Call, input: I) => Promise<O>) => void;

const MESSAGES = 50;
const MEMBERS = 100;
const ROOMS = 100;

const done = (message: string) => ({ success: true as const, message });

/** A platform sees every e-mail address, a member those that they may. */
const shownTo = ({ live, me }: Sight): MayShow => (me ? mayShowMeta(live.room, me) : () => true);

export function handleFeed(bind: Bind): void {
  handleMessages(bind);
  handleMembers(bind);
  handleRooms(bind);
}

function handleMessages(bind: Bind): void {
  bind(catalogue.sendMessage, async ({ chat, caller, linkOf }, { sync_key, user_id, ...body }) => {
    const { actor, roomId } = await actorIn(chat, caller, { ...body, user_id });
    const content = contentOf(body);
    const sight = await memberSight(chat, actor, roomId);
    const message = await sendMessage(chat, actor, {
      roomId,
      syncKey: sync_key ?? `feed-${randomUUID()}`,
      content,
    });
    return {
      ...done('Message sent successfully'),
      data: presentMessage(sight.live, message, shownTo(sight), linkOf),
    };
  });
  bind(catalogue.readMessages, async ({ chat, caller }, input) => {
    const { actor, roomId } = await actorIn(chat, caller, input);
    await readEverything(chat, actor, roomId);
    return done('Messages marked as read');
  });
  bind(
    catalogue.listMessages,
    async ({ chat, caller, linkOf }, { before_id, limit = MESSAGES, ...input }) => {
      requireKeyScope(caller, 'messages:read');
      const sight = await seeRoom(chat, caller, input);
      const { live, me } = sight;
      const page = { before: before_id ?? null, count: limit };
      const floor = me ? live.hiddenUpTo(me) : 0;
      const { messages, hasMore } = await pageBefore(chat, live, page, floor, me);
      const data = messages.map(message => presentMessage(live, message, shownTo(sight), linkOf));
      return { ...done('Messages of the room'), data, has_more: hasMore };
    },
  );
}

function handleMembers(bind: Bind): void {
  bind(catalogue.addMember, async ({ chat, caller }, { roomId: given, user_id }) => {
    requireKeyScope(caller, 'rooms:write');
    const roomId = await roomIdOf(chat, given);
    const manager = managerOf(caller);
    if (manager) {
      const member = await addManaged(chat, manager, { roomId, userId: user_id });
      const live = await requireManaged(chat, manager, roomId);
      return { ...done('Member added successfully'), data: presentMember(live, member, () => true) };
    }
    const actor = actingAs(caller, undefined);
    if (user_id === actor.userId) await joinOpen(chat, actor, roomId);
    else await inviteRoom(chat, actor, { roomId, targetUserIds: [user_id] });
    const sight = await memberSight(chat, actor, roomId);
    const member = present(sight, user_id);
    return { ...done('Member added successfully'), data: presentMember(sight.live, member, shownTo(sight)) };
  });
  bind(catalogue.removeMember, async ({ chat, caller }, { roomId: given, userId }) => {
    requireKeyScope(caller, 'rooms:write');
    const roomId = await roomIdOf(chat, given);
    const manager = managerOf(caller);
    if (manager) await removeManaged(chat, manager, { roomId, userId });
    else await removeAs(chat, actingAs(caller, undefined), { roomId, userId });
    return done('Member removed successfully');
  });
  bind(catalogue.listMembers, async ({ chat, caller }, { limit = MEMBERS, cursor, ...input }) => {
    requireKeyScope(caller, 'rooms:read');
    const sight = await seeRoom(chat, caller, input);
    const { live, me } = sight;
    await chat.sequencer.ensureHead(live);
    const page = { count: limit, cursor: cursor ?? null };
    const visible = (member: Member) => me === null || maySeeMember(live.room, me, member);
    const { list, nextCursor } = pageOfMembers(live, page, visible);
    await countsReady(chat, live, list);
    const data = list.map(member => presentMember(live, member, shownTo(sight)));
    return { ...done('Members of the room'), data, next_cursor: nextCursor };
  });
}

function handleRooms(bind: Bind): void {
  bind(
    catalogue.createRoom,
    async ({ chat, caller }, { user_id, members = [], room_type = 'group', name }) => {
      requireKeyScope(caller, 'rooms:write');
      const actor = actingAs(caller, user_id);
      const live = await createRoom(chat, actor, {
        users: members,
        name,
        roomType: catalogue.SENT_ROOM_TYPES[room_type],
        rules: { canLeaveOutRoom: true },
      });
      return {
        ...done('Room created successfully'),
        data: showRoom({ live, me: live.members.get(actor.userId)! }),
      };
    },
  );
  bind(catalogue.listRooms, async ({ chat, caller }, { user_id, limit = ROOMS, cursor }) => {
    requireKeyScope(caller, 'rooms:read');
    const links = caller.kind === 'key' ? caller.actor.links : null;
    const { list, nextCursor } = await listRooms(chat, actingAs(caller, user_id), {
      count: limit,
      cursor: cursor ?? null,
    });
    const seen = list.filter(({ room }) => links === null || links.includes(room.link?.sid ?? ''));
    return {
      ...done('Rooms of the user'),
      data: seen.map(view => presentRoom(view.room, view)),
      next_cursor: nextCursor,
    };
  });
  bind(catalogue.getRoom, async ({ chat, caller }, input) => {
    requireKeyScope(caller, 'rooms:read');
    const sight = await seeRoom(chat, caller, input);
    await chat.sequencer.ensureHead(sight.live);
    if (sight.me) await countsReady(chat, sight.live, [sight.me]);
    return { ...done('The room'), data: showRoom(sight) };
  });
}

const showRoom = ({ live, me }: Sight) =>
  presentRoom(live.room, {
    memberCount: live.members.size,
    unread: me ? live.unreadOf(me) : 0,
    lastMessage: me ? live.lastMessageFor(me) : live.room.lastMessage,
  });

/** Who acts, and where; a key must be allowed to touch the room. */
async function actorIn(
  chat: Chat,
  caller: Caller,
  input: { roomId: string; user_id?: string | undefined },
): Promise<{ actor: UserActor; roomId: string }> {
  const actor = actingAs(caller, input.user_id);
  requireKeyScope(caller, 'messages:write');
  const roomId = await roomIdOf(chat, input.roomId);
  if (caller.kind === 'key') await requireManaged(chat, caller.actor, roomId);
  return { actor, roomId };
}

async function memberSight(chat: Chat, actor: UserActor, roomId: string): Promise<Sight> {
  const { live, member } = await requireMember(chat, actor, roomId);
  return { live, me: member };
}

function present({ live }: Sight, userId: string): Member {
  const member = live.members.get(userId);
  if (!member) throw new ChatError('USER_NO_EXISTS', 'This user is not a member of the room.');
  return member;
}

/** Only rooms that a stranger may see exist for one. */
async function joinOpen(chat: Chat, actor: UserActor, roomId: string): Promise<void> {
  await requireVisible(chat, actor, roomId);
  await joinByThemselves(chat, actor, { roomId });
}

/** Oneself by rule, others as a master. */
async function removeAs(
  chat: Chat,
  actor: UserActor,
  { roomId, userId }: { roomId: string; userId: string },
): Promise<void> {
  if (userId === actor.userId) return leaveOutRoom(chat, actor, roomId);
  const sight = await memberSight(chat, actor, roomId);
  if (!sight.me?.master) throw new ChatError('YOU_HAVE_NO_AUTHORIZATION');
  present(sight, userId);
  await kickOutUsers(chat, actor, { roomId, targetUserIds: [userId] });
}

/** A text, or a link to a file with its text (image) or name (video, file). */
function contentOf({
  message,
  message_type = 'text',
  file_url,
}: {
  message: string;
  message_type?: keyof typeof catalogue.SENT_TYPES;
  file_url?: string;
}): SendInput['content'] {
  const type = catalogue.SENT_TYPES[message_type];
  if (type === 'TEXT') {
    if (file_url !== undefined && file_url !== '')
      throw invalid('file_url goes with a message_type of image, video or file');
    if (message.trim() === '') throw invalid('message must not be empty');
    return { type, text: message };
  }
  if (file_url === undefined || file_url === '') throw invalid(`file_url is required for ${message_type}`);
  return type === 'PHOTO' ? { type, url: file_url, text: message } : { type, url: file_url, name: message };
}
