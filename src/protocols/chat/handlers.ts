import { requireMember } from '../../domain/access.ts';
import type { Chat } from '../../domain/chat.ts';
import { ChatError } from '../../domain/errors.ts';
import { switchAlarm } from '../../domain/members/alarm.ts';
import { inviteRoom } from '../../domain/members/invite.ts';
import { kickOutUsers, leaveOutRoom } from '../../domain/members/leave.ts';
import { getInvitableUsers, listRoomMembers } from '../../domain/members/list.ts';
import { pageOfMessages } from '../../domain/messages/page.ts';
import { sendMessage, type SendInput } from '../../domain/messages/send.ts';
import { readUpTo, stopViewing } from '../../domain/reads/reads.ts';
import { createRoom } from '../../domain/rooms/create.ts';
import { countedViewOf, listRooms, viewOf } from '../../domain/rooms/list.ts';
import { updateRoomSetting } from '../../domain/rooms/settings.ts';
import { sync } from '../../domain/sync/sync.ts';
import { readContent } from '../kit/content.ts';
import { Encoded, type EventTable } from '../kit/event.ts';
import { mayShowMeta, presentJoinUser, presentPerson, presentRead, readRules } from '../kit/present.ts';
import * as catalogue from './catalogue.ts';
import { handleAnnouncements } from './handlers/announcements.ts';
import { handleMarks } from './handlers/marks.ts';
import { handleTalk } from './handlers/talk.ts';
import { handleSearch } from './handlers/search.ts';
import { encodeList, encodeView } from './present.ts';
import { handleExports } from './handlers/exports.ts';
import { handleFiles } from './handlers/files.ts';
import { handleModeration } from './handlers/moderation.ts';
import type { Followers } from './followers.ts';
import { handlePush } from './handlers/push.ts';
import { handlePresence } from './handlers/presence.ts';
import type { Viewers } from './viewers.ts';

const done = { result: true } as const;
const PAGE = 10;
const MAX_PAGE = 100;
const MEMBERS = 100;
const MAX_MEMBERS = 500;
const PEOPLE = 20;

const cut = (count: number | undefined, fallback: number, max: number): number =>
  Math.min(count ?? fallback, max);

const filterOf = ({ roomType, roomTypes, ...rest }: catalogue.RoomFilter = {}) => ({
  ...rest,
  ...((roomTypes ?? roomType) ? { roomTypes: roomTypes ?? [roomType!] } : {}),
});

async function rooms(
  chat: Chat,
  caller: { actor: Parameters<typeof listRooms>[1] },
  filter: Parameters<typeof listRooms>[2],
) {
  const { list, nextCursor } = await listRooms(chat, caller.actor, filter);
  return encodeList(list, nextCursor);
}

/** The use-case of each event: no ack, no try. */
export function handleChat(events: EventTable, viewers: Viewers, followers: Followers): void {
  events.add(catalogue.listenRooms, (chat, caller, filter) => rooms(chat, caller, filterOf(filter)));
  events.add(catalogue.queryRooms, (chat, caller, filter) =>
    rooms(chat, caller, { ...filterOf(filter), keyword: filter?.keyword ?? null }),
  );
  events.add(catalogue.queryRoom, async (chat, { actor }, { roomId }) => {
    const { live } = await requireMember(chat, actor, roomId);
    await chat.sequencer.ensureHead(live);
    const view = await countedViewOf(chat, live, actor.userId);
    // Put out while the store was asked.
    if (!view) throw new ChatError('ROOM_NO_EXISTS');
    return new Encoded(encodeView(view));
  });
  events.add(catalogue.joinRoom, async (_chat, { connectionId }, roomId) => {
    const { lastReadMessageId, lastSeq } = await viewers.enter(connectionId, roomId);
    return { ...done, lastReadMessageId, lastSeq };
  });
  events.add(catalogue.leaveRoom, (chat, { actor, connectionId }, roomId) => {
    viewers.leave(connectionId, roomId);
    stopViewing(chat, actor.userId, roomId, connectionId);
    chat.typing.end(roomId, actor.userId, connectionId);
    return done;
  });
  events.add(catalogue.leaveOutRoom, async (chat, { actor }, roomId) => {
    await leaveOutRoom(chat, actor, roomId);
    return done;
  });
  events.add(catalogue.listenMessagesByRoom, async (chat, { actor }, { count, direction, ...input }) => {
    const page = { ...input, count: cut(count, PAGE, MAX_PAGE), direction: direction ?? ('before' as const) };
    const { live, messages, hasMore } = await pageOfMessages(chat, actor, page);
    return { list: messages.map(message => presentRead(live, message)), hasMore };
  });
  events.add(catalogue.sendMessage, async (chat, { actor }, given) => {
    const { roomId, syncKey, meta, mentions, replyTo, ...rest } = given;
    const message = await sendMessage(chat, actor, {
      roomId,
      syncKey,
      content: contentOf(rest),
      meta: meta ?? null,
      mentions: mentions ?? null,
      replyTo: replyTo ?? null,
    });
    return { ...done, message: presentRead(chat.registry.peek(roomId), message) };
  });
  events.add(catalogue.updateReadMessage, async (chat, { actor, connectionId }, input) => {
    await readUpTo(chat, actor, { ...input, connectionId });
    return done;
  });
  handleMarks(events);
  handleMembership(events);
  handlePeople(events);
  handleFiles(events);
  handleTalk(events);
  handleAnnouncements(events);
  handleModeration(events);
  handleSearch(events);
  handleExports(events);
  handlePresence(events, viewers, followers);
  handlePush(events);
}

function handleMembership(events: EventTable): void {
  events.add(catalogue.createNewRoom, async (chat, { actor }, { rules, roomType, ...input }) => {
    const live = await createRoom(chat, actor, {
      ...input,
      roomType: roomType ?? 'GROUP',
      rules: readRules(rules),
    });
    return new Encoded(encodeView(viewOf(chat, live, actor.userId)!));
  });
  events.add(catalogue.inviteRoom, async (chat, { actor }, { roomId, targetUserIds, joinUsers }) => {
    await inviteRoom(chat, actor, {
      roomId,
      targetUserIds: targetUserIds ?? joinUsers!.map(({ _id }) => _id),
    });
    return done;
  });
  events.add(catalogue.kickOutUsers, async (chat, { actor }, input) => {
    await kickOutUsers(chat, actor, input);
    return done;
  });
  events.add(catalogue.roomAlarmTurnOnOff, async (chat, { actor, connectionId }, input) => {
    return { ...done, alarmOn: await switchAlarm(chat, actor, { ...input, connectionId }) };
  });
  events.add(catalogue.updateRoomSetting, async (chat, { actor }, { roomId, updateData }) => {
    const { rules, ...rest } = updateData;
    await updateRoomSetting(chat, actor, roomId, { ...rest, ...(rules ? { rules: readRules(rules) } : {}) });
    return done;
  });
}

function handlePeople(events: EventTable): void {
  events.add(catalogue.listRoomMembers, async (chat, { actor }, { count, ...input }) => {
    const page = await listRoomMembers(chat, actor, { ...input, count: cut(count, MEMBERS, MAX_MEMBERS) });
    const showMeta = mayShowMeta(page.live.room, page.me);
    return {
      list: page.list.map(member => presentJoinUser(member, showMeta(member))),
      nextCursor: page.nextCursor,
    };
  });
  events.add(catalogue.getInvitableUsers, async (chat, { actor }, input = {}) => {
    const { page = 0, count, ...rest } = input;
    const found = await getInvitableUsers(chat, actor, {
      ...rest,
      page,
      count: cut(count, PEOPLE, MAX_PAGE),
    });
    return { list: found.list.map(presentPerson), nextCursor: found.nextCursor };
  });
  events.add(catalogue.sync, async (chat, { actor }, { since, ...input }) => {
    const found = await sync(chat, actor, { ...input, since: since === undefined ? null : new Date(since) });
    const { rooms, messages, ...rest } = found;
    const shown = messages.map(({ live, message }) => presentRead(live, message));
    const tail = JSON.stringify({ messages: shown, ...rest }).slice(1);
    return new Encoded(`{"rooms":[${rooms.map(encodeView).join(',')}],${tail}`);
  });
  events.add(catalogue.refreshToken, async (_chat, caller, { token }) => {
    await caller.renew(token);
    return done;
  });
}

/** The content of a send, wherever the client put it. */
const contentOf = ({
  data,
  type,
  content,
}: Pick<catalogue.SendPayload, 'data' | 'type' | 'content'>): SendInput['content'] =>
  readContent(data?.type ?? type ?? 'TEXT', data?.content ?? content);
