import type { Request } from 'express';
import { requireManaged } from '../../domain/access.ts';
import type { Chat } from '../../domain/chat.ts';
import { ChatError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { PlatformActor } from '../../domain/model.ts';
import type { ApiKey } from '../../domain/ports.ts';
import { removeMembers } from '../../domain/members/leave.ts';
import { pageOfMembers } from '../../domain/members/list.ts';
import { deleteManaged, editManaged } from '../../domain/messages/change.ts';
import { inviteManaged, sendManaged, upsertRoom, type ManagedRoom } from '../../domain/rooms/managed.ts';
import { changeSettings, removeRoom, type ManagedSettings } from '../../domain/rooms/settings.ts';
import { deleteUser, getUser, putUsers, revokeTokens } from '../../domain/users/manage.ts';
import { readContent } from '../kit/content.ts';
import { requireScope } from '../kit/keys.ts';
import { presentJoinUser, presentMessage, readRules } from '../kit/present.ts';
import type { RouteDef } from '../kit/route.ts';
import { handlePush } from './handlers/push.ts';
import * as catalogue from './catalogue.ts';
import { handleModeration } from './handlers/moderation.ts';
import { handleBroadcasts } from './handlers/broadcasts.ts';
import { handleWebhooks } from './handlers/webhooks.ts';
import { handleExports } from './handlers/exports.ts';
import { handleImports } from './handlers/imports.ts';
import {
  isInSomeonesName,
  presentManaged,
  presentUser,
  readDate,
  readMessage,
  readPerson,
  type NodeFigures,
} from './present.ts';

export interface Call {
  chat: Chat;
  actor: PlatformActor;
  key: ApiKey;
  node: () => NodeFigures;
  /** For a body that is read as it comes. */
  request: Request;
}

/** Binds a use-case to a route: no status, no try. */
export type Bind = <I, O>(def: RouteDef<I, O>, handle: (call: Call, input: I) => Promise<O>) => void;

const LIMIT = 50;
const done = { result: true } as const;

export function handlePlatform(bind: Bind): void {
  handleRooms(bind);
  handleMessages(bind);
  handlePeople(bind);
  handleModeration(bind);
  handleWebhooks(bind);
  handleBroadcasts(bind);
  handleExports(bind);
  handlePush(bind);
  handleImports(bind);
}

function handleRooms(bind: Bind): void {
  const show = ({ chat }: Call, live: Parameters<typeof presentManaged>[0]) =>
    presentManaged(live, chat.limits.joinUsersInlineMax);

  bind(catalogue.createRoom, async (call, body) => {
    const { live } = await upsertRoom(call.chat, call.actor, readRoom(call, body), 'refuse');
    return show(call, live);
  });
  bind(catalogue.upsertRoom, async (call, body) => {
    const { live, exists } = await upsertRoom(call.chat, call.actor, readRoom(call, body), 'write');
    return { roomExists: exists, room: show(call, live) };
  });
  bind(catalogue.inviteUsers, async (call, { joinUsers, ...body }) => {
    const live = await inviteManaged(call.chat, call.actor, {
      ...body,
      joinUsers: joinUsers.map(readPerson),
    });
    return show(call, live);
  });
  bind(catalogue.listRooms, async (call, { cursor, limit = LIMIT, ...filter }) => {
    const after = cursor && isId(cursor) ? cursor : null;
    const query = { ...filter, links: call.actor.links, after, limit: limit + 1 };
    const rooms = await call.chat.stores.rooms.find(query);
    const lives = await call.chat.registry.many(rooms.slice(0, limit).map(room => room.id));
    return {
      list: lives.map(live => show(call, live)),
      nextCursor: rooms.length > limit ? rooms[limit - 1]!.id : null,
    };
  });
  bind(catalogue.getRoom, async (call, { id }) =>
    show(call, await requireManaged(call.chat, call.actor, id)),
  );
  bind(catalogue.patchRoom, async (call, { id, ...patch }) => {
    const live = await requireManaged(call.chat, call.actor, id);
    await changeSettings(call.chat, live, readPatch(call, patch));
    return show(call, live);
  });
  bind(catalogue.deleteRoom, async (call, { id }) => {
    await removeRoom(call.chat, await requireManaged(call.chat, call.actor, id));
    return done;
  });
}

function handleMessages(bind: Bind): void {
  bind(catalogue.listMessages, async ({ chat, actor }, { id, before, limit = LIMIT }) => {
    const live = await requireManaged(chat, actor, id);
    await chat.sequencer.ensureHead(live);
    const to = Math.min(before === undefined ? Infinity : before - 1, live.room.lastSeq);
    const from = Math.max(0, to - limit);
    const messages = to > from ? await chat.stores.log.range(id, from, to) : [];
    return { list: messages.reverse().map(presentMessage), hasMore: from > 0 };
  });
  bind(catalogue.sendMessage, async ({ chat, actor, key }, { id, ...body }) => {
    if (isInSomeonesName(body)) requireScope(key, 'act-as-user');
    return presentMessage(await sendManaged(chat, actor, id, readMessage(body)));
  });
  bind(catalogue.patchMessage, async ({ chat, actor }, { id, data }) =>
    presentMessage(await editManaged(chat, actor, id, readContent(data.type, data.content))),
  );
  bind(catalogue.deleteMessage, async ({ chat, actor }, { id }) =>
    presentMessage(await deleteManaged(chat, actor, id)),
  );
}

function handlePeople(bind: Bind): void {
  bind(catalogue.listMembers, async ({ chat, actor }, { id, cursor, limit = LIMIT }) => {
    const live = await requireManaged(chat, actor, id);
    const { list, nextCursor } = pageOfMembers(live, { cursor: cursor ?? null, count: limit });
    return { list: list.map(member => presentJoinUser(member, true)), nextCursor };
  });
  bind(catalogue.removeMember, async ({ chat, actor }, { id, userId }) => {
    const live = await requireManaged(chat, actor, id);
    const left = await removeMembers(chat, live, [userId], { event: 'member.removed', actorId: null });
    if (left.length === 0) throw new ChatError('USER_NO_EXISTS', 'This user is not a member of the room.');
    return done;
  });
  bind(catalogue.putUsers, async ({ chat }, { users }) => ({
    upserted: await putUsers(chat, users.map(readPerson)),
  }));
  bind(catalogue.getUser, async ({ chat }, { id }) => presentUser(await getUser(chat, id)));
  bind(catalogue.deleteUser, async ({ chat }, { id }) => {
    await deleteUser(chat, id);
    return done;
  });
  bind(catalogue.revokeTokens, async ({ chat }, { id }) => {
    await revokeTokens(chat, id);
    return done;
  });
}

function readRoom({ key }: Call, body: catalogue.RoomBody): ManagedRoom {
  if (isInSomeonesName(body.message)) requireScope(key, 'act-as-user');
  return {
    name: body.name,
    roomType: body.roomType,
    profileUrl: body.profileUrl ?? null,
    link: body.link ?? null,
    meta: body.meta ?? null,
    rules: readRules(body.rules),
    opensAt: readDate(body.opensAt),
    expiresAt: readDate(body.expiresAt),
    joinUsers: body.joinUsers.map(readPerson),
    message: body.message ? readMessage(body.message) : null,
  };
}

/** A key that is bound to links cannot move a room out of their reach. */
function readPatch(
  { actor }: Call,
  { rules, opensAt, expiresAt, ...rest }: catalogue.RoomPatch,
): ManagedSettings {
  const isOutOfReach =
    rest.link !== undefined && actor.links !== null && !actor.links.includes(rest.link?.sid ?? '');
  if (isOutOfReach)
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This chat-api-key may not use that link.');
  return {
    ...rest,
    ...(rules ? { rules: readRules(rules) } : {}),
    ...(opensAt === undefined ? {} : { opensAt: readDate(opensAt) }),
    ...(expiresAt === undefined ? {} : { expiresAt: readDate(expiresAt) }),
  };
}
