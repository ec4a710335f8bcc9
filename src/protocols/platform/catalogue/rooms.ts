import { ROOM_TYPES, type RoomType } from '../../../domain/model.ts';
import { wireJoinUser, wireRoom } from '../../kit/objects.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';
import {
  object,
  profileUrl,
  name,
  date,
  link,
  rules,
  result,
  inRoom,
  cursorQuery,
  person,
  room,
  roomExample,
  route,
  type WireRoom,
  type WireJoinUser,
  type PersonBody,
  type RoomBody,
  type RoomPatch,
} from './shared.ts';

/** Rooms and their members. */

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
