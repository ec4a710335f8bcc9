import type { Schema } from 'joi';
import type { ErrorCode } from '../../domain/errors.ts';
import { MAX_FILE_URL } from '../../domain/messages/files.ts';
import type { FrameDef } from '../kit/event.ts';
import { defineRoute } from '../kit/route.ts';
import { id, Joi, optional } from '../kit/schema.ts';
import type { WireBrief, WireMember, WireMessage, WireRoom } from './present.ts';

/** The contract of REST v1 and of the stream `/ws/chat/:roomId` (seed 2, protocols.md 6): each entry declared once. */

export const PREFIX = '/api/v1/chat';
export const STREAM = '/ws/chat/';

/** What a client writes as the type of a message -> what it is here. */
export const SENT_TYPES = { text: 'TEXT', image: 'PHOTO', video: 'VIDEO', file: 'FILE' } as const;
export const WIRE_TYPES = [...Object.keys(SENT_TYPES), 'system'] as const;
export const SENT_ROOM_TYPES = { group: 'GROUP', direct: 'DIRECT', open: 'OPEN' } as const;

interface InRoom {
  roomId: string;
}
interface ByUser {
  user_id?: string;
}
interface Done {
  success: true;
  message: string;
}
interface Data<T> extends Done {
  data: T;
}

const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
const userId = id().max(128);
const limit = (max: number) => optional(Joi.number().integer().min(1).max(max));
const inRoom = object({ roomId: id().max(64).required() });
const asUser = { user_id: optional(userId) };
const wireId = Joi.alternatives(Joi.number().integer().min(0), Joi.string()).required();
const date = Joi.string().isoDate();
const person = object({
  id: wireId,
  email: Joi.string().allow('').required(),
  name: Joi.string().allow('').required(),
}).required();
const number = Joi.number().integer().min(0).required();
const brief = {
  id: number,
  user_id: wireId,
  message: Joi.string().allow('').required(),
  message_type: Joi.valid(...WIRE_TYPES).required(),
  created_at: date.required(),
};

export const wireMessage = object({
  ...brief,
  chat_room_id: number,
  file_url: Joi.string().allow(null).required(),
  is_read: Joi.boolean().required(),
  updated_at: date.required(),
  user: person,
});

export const wireMember = object({
  id: number,
  chat_room_id: number,
  user_id: wireId,
  role: Joi.valid('admin', 'member').required(),
  joined_at: date.required(),
  last_read_at: date.allow(null).required(),
  unread_count: number,
  created_at: date.required(),
  user: person,
});

export const wireRoom = object({
  id: number,
  room_id: Joi.string().hex().length(24).required(),
  name: Joi.string().allow('').required(),
  room_type: Joi.string().lowercase().required(),
  member_count: number,
  unread_count: number,
  last_message: object(brief).allow(null).required(),
  created_at: date.required(),
  updated_at: date.required(),
});

const done = { success: Joi.valid(true).required(), message: Joi.string().required() };
const doneWith = (data: Schema, more: object = {}) => object({ ...done, data: data.required(), ...more });
const listOf = (item: Schema) => Joi.array().items(item);
const more = { has_more: Joi.boolean().required() };
const next = { next_cursor: Joi.string().allow(null).required() };

const SEEING: readonly ErrorCode[] = [
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'YOU_HAVE_NO_AUTHORIZATION',
  'ROOM_NO_EXISTS',
];
const READING: readonly ErrorCode[] = [...SEEING, 'YOU_ARE_NO_JOINED_ROOM'];

export const sendMessage = defineRoute<
  InRoom &
    ByUser & {
      message: string;
      message_type?: keyof typeof SENT_TYPES;
      file_url?: string;
      sync_key?: string;
    },
  Data<WireMessage>
>({
  method: 'post',
  path: '/rooms/:roomId/messages',
  summary:
    'Send a message as `user_id`; `file_url` goes with an image, video or file. The same `sync_key` is sent once.',
  params: inRoom,
  body: object({
    ...asUser,
    message: optional(Joi.string().allow('')).default(''),
    message_type: optional(Joi.valid(...Object.keys(SENT_TYPES))),
    file_url: optional(Joi.string().allow('').max(MAX_FILE_URL)),
    sync_key: optional(id().max(200)),
  }),
  response: doneWith(wireMessage),
  errors: [
    ...READING,
    'ROOM_IS_FREEZED',
    'YOU_ARE_MUTED',
    'YOU_HAVE_NO_AUTHORIZATION',
    'MESSAGE_HAS_BANNED_WORDS',
    'SYNC_KEY_CONFLICT',
  ],
  scope: 'act-as-user',
  example: { user_id: 123, message: '안녕하세요!', message_type: 'text', file_url: null },
});

export const readMessages = defineRoute<InRoom & ByUser, Done>({
  method: 'post',
  path: '/rooms/:roomId/read',
  summary: 'Mark everything in the room as read by `user_id`.',
  params: inRoom,
  body: object(asUser),
  response: object(done),
  errors: READING,
  scope: 'act-as-user',
  example: { user_id: 123 },
});

export const addMember = defineRoute<InRoom & { user_id: string }, Data<WireMember>>({
  method: 'post',
  path: '/rooms/:roomId/members',
  summary:
    'Add `user_id` to the room. With a token one must be allowed to invite; oneself may join an OPEN room.',
  params: inRoom,
  body: object({ user_id: userId.required() }),
  response: doneWith(wireMember),
  errors: [
    ...READING,
    'ROOM_IS_FREEZED',
    'YOU_ARE_BANNED',
    'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
    'USER_NO_EXISTS',
    'WRONG_TARGET_USER_IDS',
    'JOIN_USER_ALREADY_EXISTS',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
  ],
  scope: 'rooms:write',
  example: { user_id: 456 },
});

export const removeMember = defineRoute<InRoom & { userId: string }, Done>({
  method: 'delete',
  path: '/rooms/:roomId/members/:userId',
  summary: 'Remove a member: with a token oneself (by rule), or as a master anybody.',
  params: inRoom.append({ userId: userId.required() }),
  response: object(done),
  errors: [...READING, 'ROOM_RULES_CAN_NOT_LEAVE', 'USER_NO_EXISTS'],
  scope: 'rooms:write',
});

export const createRoom = defineRoute<
  ByUser & { name: string; members?: string[]; room_type?: keyof typeof SENT_ROOM_TYPES },
  Data<WireRoom>
>({
  method: 'post',
  path: '/rooms',
  summary: 'Make a room with `user_id` as its admin; `direct` is the one room that two people have.',
  body: object({
    ...asUser,
    name: optional(Joi.string().allow('').max(400)).default(''),
    members: optional(Joi.array().items(userId).max(1_000)),
    room_type: optional(Joi.valid(...Object.keys(SENT_ROOM_TYPES))),
  }),
  response: doneWith(wireRoom),
  errors: [
    'TOKEN_INVALID',
    'TOKEN_EXPIRED',
    'YOU_HAVE_NO_AUTHORIZATION',
    'WRONG_TARGET_USER_IDS',
    'TOO_MANY_ROOMS',
  ],
  scope: 'act-as-user',
  example: { user_id: 1, name: '점심 모임', members: [2, 3], room_type: 'group' },
});

export const listRooms = defineRoute<
  ByUser & { limit?: number; cursor?: string },
  Data<WireRoom[]> & { next_cursor: string | null }
>({
  method: 'get',
  path: '/rooms',
  summary: 'Rooms of `user_id`, last message first.',
  query: object({ ...asUser, limit: limit(500), cursor: Joi.string().pattern(/^\d{1,16}-\d{1,16}$/) }),
  response: doneWith(listOf(wireRoom), next),
  errors: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'YOU_HAVE_NO_AUTHORIZATION'],
  scope: 'act-as-user',
});

export const getRoom = defineRoute<InRoom & ByUser, Data<WireRoom>>({
  method: 'get',
  path: '/rooms/:roomId',
  summary: 'One room.',
  params: inRoom,
  query: object(asUser),
  response: doneWith(wireRoom),
  errors: READING,
  scope: 'rooms:read',
});

export const listMessages = defineRoute<
  InRoom & ByUser & { before_id?: number; limit?: number },
  Data<WireMessage[]> & { has_more: boolean }
>({
  method: 'get',
  path: '/rooms/:roomId/messages',
  summary: 'Messages before `before_id` (the newest without it), oldest first; 50 by default, 100 at most.',
  params: inRoom,
  query: object({ ...asUser, before_id: optional(Joi.number().integer().min(1)), limit: limit(100) }),
  response: doneWith(listOf(wireMessage), more),
  errors: READING,
  scope: 'messages:read',
});

export const listMembers = defineRoute<
  InRoom & ByUser & { limit?: number; cursor?: string },
  Data<WireMember[]> & { next_cursor: string | null }
>({
  method: 'get',
  path: '/rooms/:roomId/members',
  summary: 'Members in the order of joining, as far as the caller may see them.',
  params: inRoom,
  query: object({ ...asUser, limit: limit(500), cursor: Joi.string().pattern(/^\d{1,16}$/) }),
  response: doneWith(listOf(wireMember), next),
  errors: READING,
  scope: 'rooms:read',
});

const frame = (name: string, summary: string, data: Schema): FrameDef => ({
  name,
  summary,
  payload: object({
    type: Joi.valid(name).required(),
    room_id: number,
    user_id: wireId,
    data: data.required(),
  }),
});
const presence = (status: 'online' | 'offline') =>
  object({ user_id: wireId, status: Joi.valid(status).required() });

/** Server to client, each a JSON text. */
export const FRAMES: readonly FrameDef[] = [
  frame(
    'message',
    'Somebody sent a message; system messages (of user 0) tell of joining and leaving.',
    wireMessage,
  ),
  frame(
    'read',
    'Somebody has read the room up to now.',
    object({ user_id: wireId, last_read_at: date.required() }),
  ),
  frame('member_join', 'Somebody was added to the room.', wireMember),
  frame(
    'member_leave',
    'Somebody left, or was removed; who is removed gets it too, and is closed.',
    object({ user_id: wireId }),
  ),
  frame('member_online', "A member's first connection began.", presence('online')),
  frame('member_offline', "A member's last connection ended.", presence('offline')),
];

export type { WireBrief, WireMember, WireMessage, WireRoom };
