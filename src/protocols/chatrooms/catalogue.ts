import type { Schema } from 'joi';
import { MESSAGE_TYPES } from '../../domain/model.ts';
import { MAX_PASSWORD } from '../../domain/rooms/password.ts';
import { defineEvent, type FrameDef } from '../kit/event.ts';
import { defineRoute } from '../kit/route.ts';
import { id, Joi, optional } from '../kit/schema.ts';
import type { WireChat, WireLine, WireListed, WireMine, WireNew } from './present.ts';

/** The contract of the chatrooms module (seed 3, protocols.md 7): each entry declared once. */

export const PREFIX = '/api/chatrooms';
export const NAMESPACE = '/chatrooms';

/** Direct, public, protected by a password, private. */
export const CHAT_TYPES = ['CHTP10', 'CHTP20', 'CHTP30', 'CHTP40'] as const;
export type ChatType = (typeof CHAT_TYPES)[number];

export interface NewBody {
  chatType?: ChatType;
  chatName: string;
  password?: string;
  isDirected?: boolean;
}
interface InRoom {
  roomId: string;
}

const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
const inRoom = object({ roomId: id().max(64).required() });
const seq = Joi.number().integer().min(1).required();
const chatType = Joi.valid(...CHAT_TYPES).required();
const name = Joi.string().allow('').required();
/** What stands in the path is text. */
const pathNumber = () => Joi.number().integer().required().prefs({ convert: true });
const text = Joi.string().allow('').required();
const user = Joi.string().required();
const date = Joi.string().isoDate().required();
const password = optional(Joi.string().allow('').max(MAX_PASSWORD));
const head = { chatSeq: seq, chatName: name, chatType };
const TOKEN_ERRORS = ['TOKEN_INVALID', 'TOKEN_EXPIRED'] as const;
const READING = [...TOKEN_ERRORS, 'ROOM_NO_EXISTS', 'YOU_ARE_NO_JOINED_ROOM'] as const;

export const createRoom = defineRoute<NewBody, { chatSeq: string; chatName: string }>({
  method: 'post',
  path: '/new',
  summary:
    'Make a room: `CHTP10` direct (`chatName` is the id of the other), `CHTP20` public, `CHTP30` with a password, `CHTP40` private.',
  body: object({
    chatType: optional(Joi.valid(...CHAT_TYPES)),
    chatName: id().max(400).required(),
    password,
    isDirected: optional(Joi.boolean()),
  }),
  response: object({ chatSeq: Joi.string().required(), chatName: name }),
  errors: [...TOKEN_ERRORS, 'WRONG_TARGET_USER_IDS', 'TOO_MANY_ROOMS'],
  scope: null,
  example: { chatType: 'CHTP20', chatName: '열린 방', password: '', isDirected: false },
});

export const joinRoom = defineRoute<
  InRoom & { chatSeq?: string; password?: string },
  {
    chatSeq: number;
    chatName: string;
    chatType: ChatType;
    isDirected: boolean;
    users: { id: string; nickname: string }[];
  }
>({
  method: 'put',
  path: '/join/:roomId',
  summary: 'Become a member of a public room, or with its password of a protected one.',
  params: inRoom,
  body: object({ chatSeq: optional(id().max(64)), password }),
  response: object({
    ...head,
    isDirected: Joi.boolean().required(),
    users: Joi.array()
      .items(object({ id: user, nickname: name }))
      .required(),
  }),
  errors: [
    ...TOKEN_ERRORS,
    'ROOM_NO_EXISTS',
    'YOU_HAVE_NO_AUTHORIZATION',
    'JOIN_USER_ALREADY_EXISTS',
    'ROOM_IS_FREEZED',
    'YOU_ARE_BANNED',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
  ],
  scope: null,
  example: { chatSeq: 3 },
});

export const leaveRoom = defineRoute<InRoom, null>({
  method: 'delete',
  path: '/leave/:roomId',
  summary: 'Leave a room.',
  params: inRoom,
  response: Joi.valid(null),
  errors: [...READING, 'ROOM_RULES_CAN_NOT_LEAVE'],
  scope: null,
});

export const listMessages = defineRoute<InRoom & { msgID: number; count: number }, WireLine[]>({
  method: 'get',
  path: '/message/:roomId/:msgID/:count',
  summary: 'The `count` (100 at most) messages before `msgID`, oldest first; -1 for the newest.',
  params: inRoom.append({
    msgID: pathNumber().min(-1).invalid(0),
    count: pathNumber().min(1),
  }),
  response: Joi.array().items(
    object({
      id: seq,
      user,
      nickname: name,
      content: text,
      type: Joi.valid(...MESSAGE_TYPES).required(),
      createdAt: date,
    }),
  ),
  errors: READING,
  scope: null,
});

const listed = object({
  ...head,
  isDirected: Joi.boolean().required(),
  isPassword: Joi.boolean().required(),
  isJoined: Joi.boolean().required(),
});

export const listRooms = defineRoute<{ before?: number; count?: number }, WireListed[]>({
  method: 'get',
  path: '/',
  summary:
    'Public and protected rooms, newest first; 100 by default, 500 at most, below `before` (a `chatSeq`).',
  query: object({
    before: optional(Joi.number().integer().min(1)),
    count: optional(Joi.number().integer().min(1).max(500)),
  }),
  response: Joi.array().items(listed),
  errors: TOKEN_ERRORS,
  scope: null,
});

const line = { at: seq, content: text, user, nickname: name, seq, createdAt: date };

export const chat = defineEvent<{ at: string; content: string; syncKey?: string }, WireChat>({
  name: 'chat',
  summary:
    'Send a text to a room. The same `syncKey` is sent once. Without an ack a refusal comes as `exception`.',
  payload: object({
    at: id().max(64).required(),
    content: Joi.string().allow('').required(),
    syncKey: optional(id().max(200)),
  }).required(),
  data: object(line),
  errors: [
    'ROOM_NO_EXISTS',
    'YOU_ARE_NO_JOINED_ROOM',
    'YOU_HAVE_NO_AUTHORIZATION',
    'ROOM_IS_FREEZED',
    'YOU_ARE_MUTED',
    'MESSAGE_HAS_BANNED_WORDS',
    'RATE_LIMITED',
  ],
  example: { at: 3, content: '안녕하세요' },
});

const frame = (name_: string, summary: string, payload: Schema): FrameDef => ({
  name: name_,
  summary,
  payload,
});

export const FRAMES: readonly FrameDef[] = [
  frame(
    'rooms',
    'On connection: the rooms that I am in.',
    Joi.array().items(listed.append({ isJoined: Joi.valid(true).required() })),
  ),
  frame(
    'new room',
    'A room was made: to all for public and protected ones, else to its members.',
    object(head),
  ),
  frame(
    'join room',
    'People came into a room that I am in, or I did.',
    object({ chatSeq: seq, users: Joi.array().items(user).min(1).required() }),
  ),
  frame('user leave', 'Somebody left, or was put out; to them too.', object({ chatSeq: seq, user })),
  frame(
    'chat',
    'A message, also to who sent it; files and ADMIN messages have a `type`, and the file link or the text as `content`.',
    object({ ...line, type: Joi.valid('PHOTO', 'VIDEO', 'FILE', 'CARD', 'ADMIN') }),
  ),
  frame(
    'exception',
    'An event without an ack was refused.',
    object({
      status: Joi.valid('error').required(),
      code: Joi.string().required(),
      message: Joi.string().required(),
    }),
  ),
  frame('tokenExpired', 'The token ended or was revoked; the connection is closed.', object({})),
];

export type { WireChat, WireLine, WireListed, WireMine, WireNew };
