import { defineEvent } from '../../kit/event.ts';
import { Joi } from '../../kit/schema.ts';
import { object, roomId, result, ids, aRoomId, MEMBER_ERRORS, type Result } from './shared.ts';

/** Who is there, and who is writing. */

export interface WirePresence {
  userId: string;
  online: boolean;
  lastSeenAt: Date | null;
}

/** As many people as one connection may follow. */
export const MAX_FOLLOWED = 500;

export const presence = object({
  userId: Joi.string().required(),
  online: Joi.boolean().required(),
  lastSeenAt: Joi.string().isoDate().allow(null).required(),
});

export const subscribePresence = defineEvent<{ userIds: string[] }, { list: WirePresence[] }>({
  name: 'subscribePresence',
  summary:
    'Follow who is online, among people one shares a room with; 500 at most per connection. Others are shown as offline, never seen.',
  payload: object({ userIds: ids(MAX_FOLLOWED).required() }).required(),
  data: object({ list: Joi.array().items(presence).required() }),
  errors: ['INVALID_PAYLOAD'],
  example: { userIds: ['2', '3'] },
});

export const unsubscribePresence = defineEvent<{ userIds: string[] }, { list: WirePresence[] }>({
  name: 'unsubscribePresence',
  summary: 'Follow these people no longer; `list` is empty.',
  payload: object({ userIds: ids(MAX_FOLLOWED).required() }).required(),
  data: object({ list: Joi.array().items(presence).required() }),
  errors: [],
  example: { userIds: ['2'] },
});

export const typing = defineEvent<{ roomId: string; isTyping: boolean }, Result>({
  name: 'typing',
  summary:
    'Say that I am typing, or not any more; it ends by itself after 6 s and with the message. Rooms of at most 100 members, by rule `showTyping`.',
  payload: object({ roomId, isTyping: Joi.boolean().required() }).required(),
  data: result,
  errors: [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION', 'ROOM_IS_FREEZED', 'YOU_ARE_MUTED'],
  example: { roomId: aRoomId, isTyping: true },
});
