import { MESSAGE_TYPES, ROOM_TYPES, type Link, type MessageType, type RoomType } from '../../domain/model.ts';
import { cardSchema } from '../kit/card.ts';
import type { GivenContent } from '../kit/content.ts';
import { defineEvent } from '../kit/event.ts';
import { rulesInput, wireJoinUser, wireMessage, wirePerson, wireRoom } from '../kit/objects.ts';
import type {
  presentJoinUser,
  presentMessage,
  presentPerson,
  presentRoom,
  presentRules,
} from '../kit/present.ts';
import { freeForm, id, Joi, optional } from '../kit/schema.ts';

/** The contract of `/chat` (seed 1, protocols.md 4): each event declared once. */

export type WireRoom = ReturnType<typeof presentRoom>;
export type WireMessage = ReturnType<typeof presentMessage>;
export type WireJoinUser = ReturnType<typeof presentJoinUser>;
export type WirePerson = ReturnType<typeof presentPerson>;
export type WireRules = Partial<ReturnType<typeof presentRules>>;
type Result = { result: true };

const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
const roomId = id().required();
const messageId = id().required();
const result = object({ result: Joi.valid(true).required() });
const cursor = optional(Joi.string().max(64));
const count = optional(Joi.number().integer().min(1));
const ids = (max: number) => Joi.array().items(id()).max(max);
const people = ids(1_000);
const rules = optional(rulesInput);
const aRoomId = '6740a1b2c3d4e5f601234567';
const aMessageId = '6740a1b2c3d4e5f6012345ab';
const MEMBER_ERRORS = ['ROOM_NO_EXISTS', 'YOU_ARE_NO_JOINED_ROOM'] as const;

export interface RoomFilter {
  roomType?: RoomType;
  roomTypes?: RoomType[];
  linkSid?: string;
  masterUser?: boolean;
  count?: number;
  cursor?: string;
}
const roomFilter = {
  roomType: optional(Joi.valid(...ROOM_TYPES)),
  roomTypes: optional(Joi.array().items(Joi.valid(...ROOM_TYPES))),
  linkSid: optional(id()),
  masterUser: optional(Joi.boolean()),
  count,
  cursor,
};
const roomList = object({
  list: Joi.array().items(wireRoom).required(),
  nextCursor: Joi.string().allow(null).required(),
});
type RoomList = { list: WireRoom[]; nextCursor: string | null };

export const listenRooms = defineEvent<RoomFilter | undefined, RoomList>({
  name: 'listenRooms',
  summary: 'My rooms, last message first, with my unread counts. Without `count` the whole list comes.',
  payload: optional(object(roomFilter)),
  data: roomList,
  errors: [],
  example: { roomType: 'GROUP', linkSid: null },
});

export const queryRooms = defineEvent<(RoomFilter & { keyword?: string }) | undefined, RoomList>({
  name: 'queryRooms',
  summary: 'The same, by a part of the name of the room or of the nick of a member.',
  payload: optional(object({ ...roomFilter, keyword: optional(Joi.string().allow('').max(200)) })),
  data: roomList,
  errors: [],
  example: { keyword: '홍길동' },
});

export const queryRoom = defineEvent<{ roomId: string }, WireRoom>({
  name: 'queryRoom',
  summary: 'One of my rooms.',
  payload: object({ roomId }).required(),
  data: wireRoom,
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId },
});

export const joinRoom = defineEvent<string, Result & { lastReadMessageId: string | null; lastSeq: number }>({
  name: 'joinRoom',
  summary:
    'View a room: everything in it is read, and what arrives meanwhile too. Strangers of an OPEN room join it.',
  payload: roomId,
  data: result.append({
    lastReadMessageId: Joi.string().allow(null).required(),
    lastSeq: Joi.number().integer().required(),
  }),
  errors: ['ROOM_NO_EXISTS', 'ROOM_IS_FREEZED', 'ROOM_IS_FULL', 'TOO_MANY_ROOMS', 'RATE_LIMITED'],
  example: aRoomId,
});

export const leaveRoom = defineEvent<string, Result>({
  name: 'leaveRoom',
  summary: 'Stop viewing a room; the membership stays.',
  payload: roomId,
  data: result,
  errors: [],
  example: aRoomId,
});

export const leaveOutRoom = defineEvent<string, Result>({
  name: 'leaveOutRoom',
  summary: 'Leave the membership. When the last master leaves, the oldest member becomes master.',
  payload: roomId,
  data: result,
  errors: [...MEMBER_ERRORS, 'ROOM_RULES_CAN_NOT_LEAVE', 'RATE_LIMITED', 'TEMPORARILY_UNAVAILABLE'],
  example: aRoomId,
});

export const listenMessagesByRoom = defineEvent<
  {
    roomId: string;
    lastMessageId?: string;
    count?: number;
    direction?: 'before' | 'after' | 'around';
    messageType?: MessageType;
  },
  { list: WireMessage[]; hasMore: boolean }
>({
  name: 'listenMessagesByRoom',
  summary:
    'A page of messages: newest first for `before`, oldest first for `after` and `around`; 100 at most.',
  payload: object({
    roomId,
    lastMessageId: optional(id()),
    count,
    direction: optional(Joi.valid('before', 'after', 'around')),
    messageType: optional(Joi.valid(...MESSAGE_TYPES)),
  }).required(),
  data: object({ list: Joi.array().items(wireMessage).required(), hasMore: Joi.boolean().required() }),
  errors: [...MEMBER_ERRORS, 'MESSAGE_NO_EXISTS'],
  example: { roomId: aRoomId, lastMessageId: null, count: 10 },
});

const content = Joi.alternatives(
  Joi.string().allow(''),
  object({ text: optional(Joi.string().allow('')), rawData: optional(cardSchema) }),
);

export interface SendPayload {
  syncKey: string;
  roomId: string;
  data?: { type?: 'TEXT' | 'CARD'; content?: GivenContent };
  type?: 'TEXT' | 'CARD';
  content?: GivenContent;
  meta?: Record<string, unknown>;
}

export const sendMessage = defineEvent<SendPayload, Result & { message: WireMessage }>({
  name: 'sendMessage',
  summary:
    'Send a TEXT, or a CARD of a type that members may send. The ack means that it is durable and has its `seq`.',
  payload: object({
    syncKey: id().max(200).required(),
    roomId,
    data: optional(object({ type: optional(Joi.valid('TEXT', 'CARD')), content: optional(content) })),
    type: optional(Joi.valid('TEXT', 'CARD')),
    content: optional(content),
    meta: optional(freeForm()),
  }).required(),
  data: result.append({ message: wireMessage.required() }),
  errors: [
    ...MEMBER_ERRORS,
    'ROOM_IS_FREEZED',
    'YOU_HAVE_NO_AUTHORIZATION',
    'SYNC_KEY_CONFLICT',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { syncKey: '1732160000000', roomId: aRoomId, data: { type: 'TEXT', content: '메세지내용' } },
});

export const updateReadMessage = defineEvent<{ roomId: string; messageId: string }, Result>({
  name: 'updateReadMessage',
  summary: 'Read up to a message; never moves back.',
  payload: object({ roomId, messageId }).required(),
  data: result,
  errors: [...MEMBER_ERRORS, 'MESSAGE_NO_EXISTS', 'TEMPORARILY_UNAVAILABLE'],
  example: { roomId: aRoomId, messageId: aMessageId },
});

export interface NewRoomPayload {
  users: string[];
  name: string;
  rules?: WireRules;
  roomType?: RoomType;
  link?: Link;
  profileUrl?: string;
  meta?: Record<string, unknown>;
}

export const createNewRoom = defineEvent<NewRoomPayload, WireRoom>({
  name: 'createNewRoom',
  summary:
    'Make a room and be its master; DIRECT returns the one room that the two have. Unknown ids are dropped.',
  payload: object({
    users: ids(1_000).required(),
    name: Joi.string().allow('').max(400).required(),
    rules,
    roomType: optional(Joi.valid(...ROOM_TYPES)),
    link: optional(object({ sid: id().required(), name: Joi.string().allow('').max(200).required() })),
    profileUrl: optional(Joi.string().allow('').max(2_048)),
    meta: optional(freeForm()),
  }).required(),
  data: wireRoom,
  errors: [
    'WRONG_TARGET_USER_IDS',
    'YOU_HAVE_NO_AUTHORIZATION',
    'TOO_MANY_ROOMS',
    'ROOM_IS_FULL',
    'RATE_LIMITED',
  ],
  example: { users: ['2', '3'], name: 'roomName', rules: { canInviteMemebrs: true } },
});

export const inviteRoom = defineEvent<
  { roomId: string; targetUserIds?: string[]; joinUsers?: { _id: string }[] },
  Result
>({
  name: 'inviteRoom',
  summary:
    'Invite people: masters always, others by rule. `joinUsers: [{_id}]` is accepted for `targetUserIds`.',
  payload: object({
    roomId,
    targetUserIds: optional(people),
    joinUsers: optional(
      Joi.array()
        .items(object({ _id: id().required() }))
        .max(1_000),
    ),
  })
    .or('targetUserIds', 'joinUsers')
    .required(),
  data: result,
  errors: [
    ...MEMBER_ERRORS,
    'ROOM_IS_FREEZED',
    'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
    'WRONG_TARGET_USER_IDS',
    'JOIN_USER_ALREADY_EXISTS',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { roomId: aRoomId, targetUserIds: ['4'] },
});

export const kickOutUsers = defineEvent<{ roomId: string; targetUserIds: string[] }, Result>({
  name: 'kickOutUsers',
  summary: 'A master puts members out; nothing that is stored after it reaches them.',
  payload: object({ roomId, targetUserIds: people.required() }).required(),
  data: result,
  errors: [
    ...MEMBER_ERRORS,
    'YOU_HAVE_NO_AUTHORIZATION',
    'WRONG_TARGET_USER_IDS',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { roomId: aRoomId, targetUserIds: ['4'] },
});

export const roomAlarmTurnOnOff = defineEvent<
  { roomId: string; turnOn?: boolean },
  Result & { alarmOn: boolean }
>({
  name: 'roomAlarmTurnOnOff',
  summary: 'Switch the push alarm of a room for myself; without `turnOn` it toggles.',
  payload: object({ roomId, turnOn: optional(Joi.boolean()) }).required(),
  data: result.append({ alarmOn: Joi.boolean().required() }),
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId, turnOn: false },
});

export const updateRoomSetting = defineEvent<
  { roomId: string; updateData: { name?: string; profileUrl?: string; rules?: WireRules } },
  Result
>({
  name: 'updateRoomSetting',
  summary:
    'A master changes name, picture or rules (freezing is one); rules that are not sent keep their value.',
  payload: object({
    roomId,
    updateData: object({
      name: optional(Joi.string().allow('').max(400)),
      profileUrl: optional(Joi.string().allow('').max(2_048)),
      rules,
    }).required(),
  }).required(),
  data: result,
  errors: [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION', 'ROOM_IS_FREEZED'],
  example: { roomId: aRoomId, updateData: { name: '새 이름', rules: { isFreezed: true } } },
});

export const listRoomMembers = defineEvent<
  { roomId: string; cursor?: string; count?: number },
  { list: WireJoinUser[]; nextCursor: string | null }
>({
  name: 'listRoomMembers',
  summary: 'Members in the order of joining, as far as I may see them; 100 at once by default, 500 at most.',
  payload: object({ roomId, cursor: optional(Joi.string().pattern(/^\d{1,15}$/)), count }).required(),
  data: object({
    list: Joi.array().items(wireJoinUser).required(),
    nextCursor: Joi.string().allow(null).required(),
  }),
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId, count: 100 },
});

export const getInvitableUsers = defineEvent<
  { roomId?: string; keyword?: string; page?: number; count?: number } | undefined,
  { list: WirePerson[]; nextCursor: string | null }
>({
  name: 'getInvitableUsers',
  summary:
    'People to invite, by a part of their nick, without the members of the room; `nextCursor` is the next page.',
  payload: optional(
    object({
      roomId: optional(id()),
      keyword: optional(Joi.string().allow('').max(100)),
      page: optional(Joi.number().integer().min(0).max(1_000)),
      count,
    }),
  ),
  data: object({
    list: Joi.array().items(wirePerson).required(),
    nextCursor: Joi.string().allow(null).required(),
  }),
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId, keyword: '길동', page: 0, count: 20 },
});

export interface SyncData {
  rooms: WireRoom[];
  messages: WireMessage[];
  removedRoomIds: string[];
  more: boolean;
  cursor: string | null;
  now: Date;
}

export const sync = defineEvent<
  { rooms: { roomId: string; lastSeq: number }[]; since?: string; cursor?: string },
  SyncData
>({
  name: 'sync',
  summary:
    'What I missed: changed rooms, messages after each `lastSeq`, later edits, rooms I am not in any more.',
  payload: object({
    rooms: Joi.array()
      .items(object({ roomId, lastSeq: Joi.number().integer().min(0).required() }))
      .max(1_000)
      .required(),
    since: optional(Joi.string().isoDate()),
    cursor,
  }).required(),
  data: object({
    rooms: Joi.array().items(wireRoom).required(),
    messages: Joi.array().items(wireMessage).required(),
    removedRoomIds: Joi.array().items(Joi.string()).required(),
    more: Joi.boolean().required(),
    cursor: Joi.string().allow(null).required(),
    now: Joi.string().isoDate().required(),
  }),
  errors: [],
  example: { rooms: [{ roomId: aRoomId, lastSeq: 41 }], since: '2026-11-21T09:00:00.000Z' },
});

export const refreshToken = defineEvent<{ token: string }, Result>({
  name: 'refreshToken',
  summary: 'Replace the token of this connection before it expires; one of another user is refused.',
  payload: object({ token: Joi.string().max(8_192).required() }).required(),
  data: result,
  errors: ['CLIENT_ID_NO_EXISTS', 'TOKEN_EXPIRED', 'TOKEN_INVALID'],
  example: { token: 'eyJhbGciOi…' },
});

export { FRAMES } from './frames.ts';
