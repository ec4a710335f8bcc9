import { ROOM_TYPES, type Link, type RoomType } from '../../../domain/model.ts';
import { defineEvent } from '../../kit/event.ts';
import { rulesInput, wireRoom } from '../../kit/objects.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';
import {
  object,
  roomId,
  result,
  cursor,
  count,
  ids,
  roomList,
  aRoomId,
  MEMBER_ERRORS,
  type WireRoom,
  type WireRules,
  type Result,
  type RoomList,
} from './shared.ts';

/** Rooms: lists, viewing, making, settings. */

export interface RoomFilter {
  roomType?: RoomType;
  roomTypes?: RoomType[];
  linkSid?: string;
  masterUser?: boolean;
  count?: number;
  cursor?: string;
}
const rules = optional(rulesInput);

const roomFilter = {
  roomType: optional(Joi.valid(...ROOM_TYPES)),
  roomTypes: optional(Joi.array().items(Joi.valid(...ROOM_TYPES))),
  linkSid: optional(id()),
  masterUser: optional(Joi.boolean()),
  count,
  cursor,
};

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
  errors: [
    'ROOM_NO_EXISTS',
    'YOU_ARE_BANNED',
    'ROOM_IS_FREEZED',
    'ROOM_IS_FULL',
    'TOO_MANY_ROOMS',
    'RATE_LIMITED',
  ],
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
