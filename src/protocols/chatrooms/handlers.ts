import { randomUUID } from 'node:crypto';
import { requireMember } from '../../domain/access.ts';
import type { Chat } from '../../domain/chat.ts';
import { invalid } from '../../domain/errors.ts';
import { joinByThemselves } from '../../domain/members/join.ts';
import { leaveOutRoom } from '../../domain/members/leave.ts';
import type { UserActor } from '../../domain/model.ts';
import { pageBefore } from '../../domain/messages/page.ts';
import { sendMessage } from '../../domain/messages/send.ts';
import { createRoom, type CreateInput } from '../../domain/rooms/create.ts';
import { listRooms, membershipsOf } from '../../domain/rooms/list.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { EventTable } from '../kit/event.ts';
import type { FileLink } from '../kit/files.ts';
import type { RouteDef } from '../kit/route.ts';
import * as catalogue from './catalogue.ts';
import {
  chatNameOf,
  presentChat,
  presentJoined,
  presentLine,
  presentListed,
  presentMine,
} from './present.ts';

export interface Call {
  chat: Chat;
  actor: UserActor;
  linkOf: FileLink;
}

/** Binds a use-case to a route: no status, no try. */
export type Bind = <I, O>(def: RouteDef<I, O>, handle: (call: Call, input: I) => Promise<O>) => void;

const MAX_MESSAGES = 100;
const ROOMS = 100;

export function handleChatrooms(bind: Bind): void {
  bind(catalogue.createRoom, async ({ chat, actor }, body) => {
    const live = await createRoom(chat, actor, newRoom(body));
    return { chatSeq: String(live.room.no), chatName: nameFor(live, actor) };
  });
  bind(catalogue.joinRoom, async ({ chat, actor }, { roomId: no, chatSeq, password }) => {
    if (chatSeq !== undefined && chatSeq !== no) throw invalid('chatSeq must be the room of the address');
    const roomId = await chat.numbers.idOf(no);
    const live = await joinByThemselves(chat, actor, { roomId, password: password ?? null });
    const { member } = await requireMember(chat, actor, roomId);
    return presentJoined(live, member);
  });
  bind(catalogue.leaveRoom, async ({ chat, actor }, { roomId }) => {
    await leaveOutRoom(chat, actor, await chat.numbers.idOf(roomId));
    return null;
  });
  bind(catalogue.listMessages, async ({ chat, actor, linkOf }, { roomId, msgID, count }) => {
    const { live, member } = await requireMember(chat, actor, await chat.numbers.idOf(roomId));
    const page = { before: msgID === -1 ? null : msgID, count: Math.min(count, MAX_MESSAGES) };
    const { messages } = await pageBefore(chat, live, page, live.hiddenUpTo(member), member);
    return messages.map(message => presentLine(message, linkOf));
  });
  bind(catalogue.listRooms, async ({ chat, actor }, { before, count = ROOMS }) => {
    const [rooms, mine] = await Promise.all([
      chat.stores.rooms.listed(before ?? null, count),
      membershipsOf(chat, actor.userId),
    ]);
    const joined = new Set(mine.map(member => member.roomId));
    return rooms.map(room => presentListed(room, room.name, joined.has(room.id)));
  });
}

export function handleEvents(events: EventTable, linkOf: FileLink): void {
  events.add(catalogue.chat, async (chat, { actor }, { at, content, syncKey }) => {
    if (content.trim() === '') throw invalid('content must not be empty');
    const roomId = await chat.numbers.idOf(at);
    const { live } = await requireMember(chat, actor, roomId);
    const message = await sendMessage(chat, actor, {
      roomId,
      syncKey: syncKey ?? `chatrooms-${randomUUID()}`,
      content: { type: 'TEXT', text: content },
    });
    return presentChat(live.room, message, linkOf);
  });
}

/** The rooms that a user finds themselves in when they connect. */
export async function roomsOf(chat: Chat, actor: UserActor): Promise<catalogue.WireMine[]> {
  const { list } = await listRooms(chat, actor, {});
  // Long lists come without members, but a direct room is named after one.
  await chat.registry.many(list.flatMap(({ room }) => (room.roomType === 'DIRECT' ? room.id : [])));
  return list.map(({ room, shown, me }) => {
    const members = chat.registry.peek(room.id)?.members.values() ?? shown;
    return presentMine(room, chatNameOf(room, me.userId, members));
  });
}

const nameFor = ({ room, members }: LiveRoom, { userId }: UserActor): string =>
  chatNameOf(room, userId, members.values());

/** What is asked for -> the room that it is here. Errors: INVALID_PAYLOAD. */
function newRoom(body: catalogue.NewBody): CreateInput {
  const { chatName, isDirected = false } = body;
  const chatType = isDirected ? 'CHTP10' : body.chatType;
  const password = body.password ?? '';
  if (chatType === undefined) throw invalid('chatType is required');
  if (chatType === 'CHTP10') {
    if (password !== '') throw invalid('a direct room has no password');
    return { users: [chatName], name: '', roomType: 'DIRECT', rules: { canLeaveOutRoom: true } };
  }
  if (chatName.trim() === '') throw invalid('chatName must not be empty');
  if (chatType === 'CHTP30' && password === '') throw invalid('password is required for CHTP30');
  if (chatType !== 'CHTP30' && password !== '') throw invalid('a password goes with CHTP30');
  return {
    users: [],
    name: chatName,
    roomType: chatType === 'CHTP20' ? 'OPEN' : 'GROUP',
    rules: { canLeaveOutRoom: true },
    password,
  };
}
