import { defineEvent } from '../../kit/event.ts';
import { wireJoinUser, wirePerson } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import {
  object,
  roomId,
  result,
  count,
  people,
  aRoomId,
  MEMBER_ERRORS,
  type WireJoinUser,
  type WirePerson,
  type Result,
} from './shared.ts';

/** Members: joining, inviting, leaving, who is there. */

export const leaveOutRoom = defineEvent<string, Result>({
  name: 'leaveOutRoom',
  summary: 'Leave the membership. When the last master leaves, the oldest member becomes master.',
  payload: roomId,
  data: result,
  errors: [...MEMBER_ERRORS, 'ROOM_RULES_CAN_NOT_LEAVE', 'RATE_LIMITED', 'TEMPORARILY_UNAVAILABLE'],
  example: aRoomId,
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
