import { ChatError } from '../../domain/errors.ts';
import { defineEvent, type FrameDef } from '../kit/event.ts';
import { Joi, optional } from '../kit/schema.ts';

/** The contract of the rooms with nicknames (seed 4, protocols.md 8): each event, frame and refusal declared once. */

/** What a handshake is refused with: the message of `connect_error`, and the `content` of its data. */
export const HANDSHAKE_REFUSALS = {
  E01: 'refresh required',
  E02: 'login required',
  E03: 'wrong',
  E04: 'nickname required',
} as const;

/** What an event is refused with, in the frames `alert` and `chat_error`: what people read. */
export const ALERTS = {
  E11: '채팅방 번호가 올바르지 않습니다.',
  E12: '존재하지 않는 채팅방입니다.',
  E13: '아직 열리지 않은 채팅방입니다.',
  E14: '종료된 채팅방입니다.',
  E15: '이미 이 채팅방에 들어와 있습니다.',
  E16: '보낼 수 없는 형식의 메시지입니다.',
  E17: '들어와 있는 채팅방이 없습니다.',
  E18: '이 채팅방에서 할 수 없는 일입니다.',
  E19: '지금은 보낼 수 없습니다. 잠시 후 다시 시도해 주세요.',
} as const;
export type AlertType = keyof typeof ALERTS;

/** System lines of this protocol's own; joinings and leavings of members bring theirs with them. */
export const LINES = {
  came: (nickname: string) => `${nickname}님이 입장했습니다.`,
  went: (nickname: string) => `${nickname}님이 퇴장했습니다.`,
  expired: 'expired',
} as const;

/** A refusal that knows its own type; others get theirs from their code. */
export const refused = (type: AlertType): ChatError =>
  new ChatError(
    type === 'E11' || type === 'E16' ? 'INVALID_PAYLOAD' : 'YOU_HAVE_NO_AUTHORIZATION',
    ALERTS[type],
    {
      type,
    },
  );

const nothing = Joi.any();
const done = Joi.valid(null).required();

export const joinRoom = defineEvent<{ room: string | number }, null>({
  name: 'joinRoom',
  summary: 'Enter a room by its number; the one that the socket is in is left.',
  payload: Joi.object({
    room: Joi.alternatives(Joi.string().max(64), Joi.number().unsafe()).required(),
  }).required(),
  data: done,
  errors: [
    'INVALID_PAYLOAD',
    'ROOM_NO_EXISTS',
    'YOU_ARE_BANNED',
    'ROOM_IS_FREEZED',
    'ROOM_IS_FULL',
    'RATE_LIMITED',
  ],
  example: { room: '1' },
});

export interface ChatMessage {
  type: 'text' | 'image';
  text?: string;
  imageUrl?: string;
}

/** The message itself, out of its JSON string. */
export const chatMessageObject = Joi.object<ChatMessage>({
  type: Joi.valid('text', 'image').required(),
  text: optional(Joi.string().allow('')),
  imageUrl: optional(Joi.string()),
}).required();

export const chatMessage = defineEvent<string | ChatMessage, null>({
  name: 'chatMessage',
  summary: 'Write into the room: a JSON string of `{type, text, imageUrl?}`, or the object itself.',
  payload: Joi.alternatives(Joi.string(), chatMessageObject).required(),
  data: done,
  errors: [
    'INVALID_PAYLOAD',
    'ROOM_IS_FREEZED',
    'YOU_ARE_MUTED',
    'YOU_HAVE_NO_AUTHORIZATION',
    'MESSAGE_HAS_BANNED_WORDS',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: '{"type":"text","text":"안녕하세요"}',
});

export const history = defineEvent<unknown, null>({
  name: 'history',
  summary: 'Ask for the newest messages once more.',
  payload: nothing,
  data: done,
  errors: ['RATE_LIMITED'],
  example: null,
});

export const leaveRoom = defineEvent<unknown, null>({
  name: 'leaveRoom',
  summary: 'Leave the room and its list; the membership stays.',
  payload: nothing,
  data: done,
  errors: [],
  example: null,
});

export const offRoom = defineEvent<unknown, null>({
  name: 'offRoom',
  summary: 'Leave the room but stay on its list.',
  payload: nothing,
  data: done,
  errors: [],
  example: null,
});

export const refreshToken = defineEvent<{ token: string }, null>({
  name: 'refreshToken',
  summary: 'Replace the token of this connection before it expires; one of another user is refused.',
  payload: Joi.object({ token: Joi.string().required() }).required(),
  data: done,
  errors: ['TOKEN_EXPIRED', 'TOKEN_INVALID', 'CLIENT_ID_NO_EXISTS'],
  example: { token: 'eyJhbGciOi…' },
});

/** A user id on this wire: a number when it is a decimal one. */
const userId = Joi.alternatives(Joi.number(), Joi.string()).required();
const line = {
  text: Joi.string().allow('').required(),
  time: Joi.string()
    .pattern(/^\d{1,2}:\d\d [ap]m$/)
    .required(),
};
const said = { ...line, id: userId, nickname: Joi.string().allow('').required() };
export const wireMessage = Joi.alternatives(
  Joi.object({ type: Joi.valid('system').required(), ...line }),
  Joi.object({ type: Joi.valid('text').required(), ...said }),
  Joi.object({ type: Joi.valid('image').required(), ...said, imageUrl: Joi.string().required() }),
);
const alert = Joi.object({
  type: Joi.valid(...Object.keys(ALERTS)).required(),
  text: Joi.string().required(),
});

/** Server to client, one argument each. */
export const FRAMES: readonly FrameDef[] = [
  {
    name: 'message',
    summary: 'A line of the room, one’s own included: system, text or image.',
    payload: wireMessage,
  },
  {
    name: 'history',
    summary: 'The newest 100 lines, oldest first, as a JSON string.',
    payload: Joi.string(),
  },
  {
    name: 'timeout',
    summary: 'Milliseconds until the room expires.',
    payload: Joi.number().integer().min(0),
  },
  {
    name: 'roomUsers',
    summary: 'Who has entered the room through this protocol.',
    payload: Joi.object({
      room: Joi.string().required(),
      users: Joi.array()
        .items(
          Joi.object({
            id: userId,
            nickname: Joi.string().required(),
            cType: Joi.string().allow(null).required(),
          }),
        )
        .required(),
    }),
  },
  { name: 'alert', summary: 'An event was refused, or one is out of the room.', payload: alert },
  { name: 'chat_error', summary: 'The same as `alert`.', payload: alert },
  {
    name: 'expired',
    summary: 'The end of the room has come; everybody is out.',
    payload: Joi.object({ room: Joi.string().required() }),
  },
  {
    name: 'tokenExpired',
    summary: 'The token ended or was revoked; the connection is closed.',
    payload: Joi.object({}),
  },
];
