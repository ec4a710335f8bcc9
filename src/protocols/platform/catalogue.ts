import { ROOM_TYPES, type Card, type Link, type RoomType } from '../../domain/model.ts';
import type { Scope } from '../../domain/ports.ts';
import { cardSchema } from '../kit/card.ts';
import { rulesInput, wireJoinUser, wireMessage, wireRoom } from '../kit/objects.ts';
import type { presentJoinUser, presentMessage, presentRoom, presentRules } from '../kit/present.ts';
import { defineRoute, type RouteDef } from '../kit/route.ts';
import { freeForm, id, Joi, optional } from '../kit/schema.ts';

/** The contract of the platform API (seed 1, protocols.md 5): each route declared once. */

export type WireRoom = ReturnType<typeof presentRoom>;
export type WireMessage = ReturnType<typeof presentMessage>;
export type WireJoinUser = ReturnType<typeof presentJoinUser>;
type WireRules = Partial<ReturnType<typeof presentRules>>;

export interface PersonBody {
  _id: string;
  nickName: string;
  profileUrl?: string;
  master?: boolean;
  meta?: Record<string, unknown>;
}

export interface MessageBody {
  author: { authorId: string; nickName?: string; profileUrl?: string };
  data: { type: 'TEXT' | 'ADMIN' | 'CARD'; content: string | { text?: string; rawData?: Card } };
  syncKey?: string;
  meta?: Record<string, unknown>;
}

export interface RoomBody {
  name: string;
  profileUrl?: string;
  roomType: RoomType;
  joinUsers: PersonBody[];
  link?: Link;
  message?: MessageBody;
  meta?: Record<string, unknown>;
  rules?: WireRules;
  opensAt?: string;
  expiresAt?: string;
}

export interface RoomPatch {
  name?: string;
  profileUrl?: string | null;
  rules?: WireRules;
  link?: Link | null;
  meta?: Record<string, unknown> | null;
  freezingReasonCode?: string | null;
  opensAt?: string | null;
  expiresAt?: string | null;
}

export interface UserView {
  _id: string;
  nickName: string;
  profileUrl: string | null;
  meta: Record<string, unknown> | null;
  lastSeenAt: Date | null;
}

const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
const profileUrl = Joi.string().allow('').max(2_048);
const name = Joi.string().allow('').max(400);
const date = Joi.string().isoDate();
const link = object({ sid: id().required(), name: Joi.string().allow('').max(200).required() });
const rules = rulesInput;
const result = object({ result: Joi.valid(true).required() });
const inRoom = object({ id: id().required() });
const cursorQuery = { cursor: Joi.string().max(64), limit: Joi.number().integer().min(1).max(500) };

const person = object({
  // What no token can hold (auth.ts) must not be provisioned either.
  _id: id()
    .max(128)
    .pattern(/^[^\0\p{Cs}]*$/u, 'text')
    .required(),
  nickName: Joi.string().allow('').max(100).required(),
  profileUrl: optional(profileUrl),
  master: optional(Joi.boolean()),
  meta: optional(freeForm()),
});
const content = Joi.alternatives(
  Joi.string().allow(''),
  object({ text: optional(Joi.string().allow('')), rawData: optional(cardSchema) }),
);
const message = object({
  author: object({
    authorId: id().required(),
    nickName: optional(Joi.string().allow('').max(100)),
    profileUrl: optional(profileUrl),
  }).required(),
  data: object({
    type: Joi.valid('TEXT', 'ADMIN', 'CARD').required(),
    content: content.required(),
  }).required(),
  syncKey: optional(id().max(200)),
  meta: optional(freeForm()),
});
const room = object({
  name: name.required(),
  profileUrl: optional(profileUrl),
  roomType: Joi.valid(...ROOM_TYPES).required(),
  joinUsers: Joi.array().items(person).max(10_000).required(),
  link: optional(link),
  message: optional(message),
  meta: optional(freeForm()),
  rules: optional(rules),
  opensAt: optional(date),
  expiresAt: optional(date),
});
const roomExample = {
  name: '상담방',
  roomType: 'GROUP',
  joinUsers: [
    { _id: '1', nickName: '홍길동', master: true },
    { _id: '2', nickName: '김철수', master: false },
  ],
  link: { sid: 'shop-1', name: '가게' },
  message: {
    author: { authorId: '1', nickName: '홍길동' },
    data: { type: 'TEXT', content: { text: '안녕하세요' } },
  },
};
const user = object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: Joi.string().allow(null).required(),
  meta: Joi.object().allow(null).required(),
  lastSeenAt: date.allow(null).required(),
});

type PlatformRoute<I, O> = RouteDef<I, O> & { scope: Scope };
const route = <I, O>(def: Omit<PlatformRoute<I, O>, 'types'>) =>
  defineRoute<I, O>(def) as PlatformRoute<I, O>;

export const createRoom = route<RoomBody, WireRoom>({
  method: 'post',
  path: '/room',
  summary:
    'Make a room with its first message. The same GROUP again is ROOM_ALREADY_EXISTS; a message for the same INQUIRY goes into it.',
  scope: 'rooms:write',
  body: room,
  response: wireRoom,
  errors: [
    'ROOM_ALREADY_EXISTS',
    'JOIN_USERS_EMPTY',
    'INVALID_PAYLOAD',
    'ROOM_NO_EXISTS',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
  ],
  seedErrors: ['ROOM_ALREADY_EXISTS'],
  example: roomExample,
});

export const inviteUsers = route<{ roomId: string; inviterId: string; joinUsers: PersonBody[] }, WireRoom>({
  method: 'post',
  path: '/inviteUsers',
  summary: 'Invite people in the name of a master; who is a member already is left out.',
  scope: 'rooms:write',
  body: object({
    roomId: id().required(),
    inviterId: id().required(),
    joinUsers: Joi.array().items(person).max(10_000).required(),
  }),
  response: wireRoom,
  errors: [
    'ROOM_NO_EXISTS',
    'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
    'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
    'INVITER_ID_IS_NOT_MASTER',
    'JOIN_USERS_EMPTY',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
  ],
  seedErrors: [
    'ROOM_NO_EXISTS',
    'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
    'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
    'INVITER_ID_IS_NOT_MASTER',
    'JOIN_USERS_EMPTY',
  ],
  example: {
    roomId: '6740a1b2c3d4e5f601234567',
    inviterId: '1',
    joinUsers: [{ _id: '3', nickName: '이영희' }],
  },
});

export const upsertRoom = route<RoomBody, { roomExists: boolean; room: WireRoom }>({
  method: 'post',
  path: '/upsertRoom',
  summary: 'Find or make the room of exactly these members; a message that is given goes into it.',
  scope: 'rooms:write',
  body: room,
  response: object({ roomExists: Joi.boolean().required(), room: wireRoom.required() }),
  errors: ['JOIN_USERS_EMPTY', 'INVALID_PAYLOAD', 'ROOM_NO_EXISTS', 'ROOM_IS_FULL', 'TOO_MANY_ROOMS'],
  example: roomExample,
});

export const listRooms = route<
  { roomType?: RoomType; linkSid?: string; memberId?: string; cursor?: string; limit?: number },
  { list: WireRoom[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/rooms',
  summary: 'Rooms, newest first; by type, link or member.',
  scope: 'rooms:read',
  query: object({
    roomType: Joi.valid(...ROOM_TYPES),
    linkSid: Joi.string().max(256),
    memberId: Joi.string().max(256),
    ...cursorQuery,
  }),
  response: object({
    list: Joi.array().items(wireRoom).required(),
    nextCursor: Joi.string().allow(null).required(),
  }),
  errors: ['INVALID_PAYLOAD'],
});

export const getRoom = route<{ id: string }, WireRoom>({
  method: 'get',
  path: '/rooms/:id',
  summary: 'One room.',
  scope: 'rooms:read',
  params: inRoom,
  response: wireRoom,
  errors: ['ROOM_NO_EXISTS'],
});

export const patchRoom = route<{ id: string } & RoomPatch, WireRoom>({
  method: 'patch',
  path: '/rooms/:id',
  summary:
    'Change name, picture, rules, link, meta, freezing reason, opening or expiry; what is not sent stays.',
  scope: 'rooms:write',
  params: inRoom,
  body: object({
    name: optional(name),
    profileUrl: profileUrl.allow(null),
    rules: optional(rules),
    link: link.allow(null),
    meta: freeForm().allow(null),
    freezingReasonCode: Joi.string().max(64).allow(null),
    opensAt: date.allow(null),
    expiresAt: date.allow(null),
  }),
  response: wireRoom,
  errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED', 'INVALID_PAYLOAD'],
  example: { rules: { isFreezed: true }, freezingReasonCode: 'CLOSED' },
});

export const deleteRoom = route<{ id: string }, { result: true }>({
  method: 'delete',
  path: '/rooms/:id',
  summary: 'Remove a room with all that is in it.',
  scope: 'rooms:write',
  params: inRoom,
  response: result,
  errors: ['ROOM_NO_EXISTS'],
});

export const listMessages = route<
  { id: string; before?: number; limit?: number },
  { list: WireMessage[]; hasMore: boolean }
>({
  method: 'get',
  path: '/rooms/:id/messages',
  summary: 'Messages of a room, newest first, with a `seq` below `before`.',
  scope: 'messages:read',
  params: inRoom,
  query: object({ before: Joi.number().integer().min(1), limit: Joi.number().integer().min(1).max(500) }),
  response: object({ list: Joi.array().items(wireMessage).required(), hasMore: Joi.boolean().required() }),
  errors: ['ROOM_NO_EXISTS', 'INVALID_PAYLOAD'],
});

export const sendMessage = route<{ id: string } & MessageBody, WireMessage>({
  method: 'post',
  path: '/rooms/:id/messages',
  summary:
    'Write into a room as ADMIN, or (scope `act-as-user`) in the name of a member; it reads nothing for them.',
  scope: 'messages:write',
  params: inRoom,
  body: message,
  response: wireMessage,
  errors: [
    'ROOM_NO_EXISTS',
    'ROOM_IS_FREEZED',
    'USER_NO_EXISTS',
    'YOU_HAVE_NO_AUTHORIZATION',
    'SYNC_KEY_CONFLICT',
    'INVALID_PAYLOAD',
  ],
  example: { author: { authorId: 'ADMIN' }, data: { type: 'ADMIN', content: { text: '공지입니다.' } } },
});

export const patchMessage = route<{ id: string; data: MessageBody['data'] }, WireMessage>({
  method: 'patch',
  path: '/messages/:id',
  summary: 'Edit a message; its type stays.',
  scope: 'messages:write',
  params: inRoom,
  body: object({
    data: object({
      type: Joi.valid('TEXT', 'ADMIN', 'CARD').required(),
      content: content.required(),
    }).required(),
  }),
  response: wireMessage,
  errors: ['MESSAGE_NO_EXISTS', 'ROOM_IS_FREEZED', 'INVALID_PAYLOAD'],
  example: { data: { type: 'TEXT', content: { text: '고친 글' } } },
});

export const deleteMessage = route<{ id: string }, WireMessage>({
  method: 'delete',
  path: '/messages/:id',
  summary: 'Delete a message for all: it keeps its place with an empty content and does not count as unread.',
  scope: 'messages:write',
  params: inRoom,
  response: wireMessage,
  errors: ['MESSAGE_NO_EXISTS'],
});

export const listMembers = route<
  { id: string; cursor?: string; limit?: number },
  { list: WireJoinUser[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/rooms/:id/members',
  summary: 'Members of a room in the order of joining.',
  scope: 'rooms:read',
  params: inRoom,
  query: object({ cursor: Joi.string().pattern(/^\d{1,15}$/), limit: cursorQuery.limit }),
  response: object({
    list: Joi.array().items(wireJoinUser).required(),
    nextCursor: Joi.string().allow(null).required(),
  }),
  errors: ['ROOM_NO_EXISTS'],
});

export const removeMember = route<{ id: string; userId: string }, { result: true }>({
  method: 'delete',
  path: '/rooms/:id/members/:userId',
  summary: 'Put a member out.',
  scope: 'rooms:write',
  params: object({ id: id().required(), userId: id().required() }),
  response: result,
  errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS'],
});

export const putUsers = route<{ users: PersonBody[] }, { upserted: number }>({
  method: 'put',
  path: '/users',
  summary: 'Enter or update people (1,000 at most), so that they can be invited before they ever connect.',
  scope: 'users:write',
  body: object({ users: Joi.array().items(person).min(1).max(1_000).required() }),
  response: object({ upserted: Joi.number().integer().required() }),
  errors: ['INVALID_PAYLOAD'],
  example: { users: [{ _id: '7', nickName: '이영희', meta: { email: 'user7@example.com' } }] },
});

export const getUser = route<{ id: string }, UserView>({
  method: 'get',
  path: '/users/:id',
  summary: 'One person.',
  scope: 'users:read',
  params: inRoom,
  response: user,
  errors: ['USER_NO_EXISTS'],
});

export const deleteUser = route<{ id: string }, { result: true }>({
  method: 'delete',
  path: '/users/:id',
  summary: 'Remove a person from all rooms, void their tokens and erase their personal data.',
  scope: 'users:write',
  params: inRoom,
  response: result,
  errors: ['USER_NO_EXISTS'],
});

export const revokeTokens = route<{ id: string }, { result: true }>({
  method: 'post',
  path: '/users/:id/revokeTokens',
  summary: 'Refuse tokens issued until now, and close the connections made with them.',
  scope: 'users:write',
  params: inRoom,
  response: result,
  errors: [],
});
