import { defineEvent } from '../../kit/event.ts';
import { wireAnnouncement } from '../../kit/objects.ts';
import type { presentAnnouncement } from '../../kit/present.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import { aMessageId, aRoomId, MEMBER_ERRORS, object, result, roomId, type Result } from './shared.ts';

/** What masters pin to the top of a room; the newest is its `lastAnnouncement`. */

export type WireAnnouncement = ReturnType<typeof presentAnnouncement>;

export const addAnnouncement = defineEvent<
  { roomId: string; content?: string; messageId?: string },
  { announcement: WireAnnouncement }
>({
  name: 'addAnnouncement',
  summary:
    'A master announces a text (2,000 characters at most), seen by all members, or a message, seen by those who see it.',
  payload: object({
    roomId,
    content: optional(Joi.string().allow('')),
    messageId: optional(id()),
  })
    .xor('content', 'messageId')
    .required(),
  data: object({ announcement: wireAnnouncement.required() }),
  errors: [
    ...MEMBER_ERRORS,
    'YOU_HAVE_NO_AUTHORIZATION',
    'ROOM_IS_FREEZED',
    'MESSAGE_NO_EXISTS',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { roomId: aRoomId, messageId: aMessageId },
});

export const removeAnnouncement = defineEvent<{ roomId: string; announcementId: string }, Result>({
  name: 'removeAnnouncement',
  summary: 'A master takes an announcement back; the one before it becomes the last.',
  payload: object({ roomId, announcementId: id().required() }).required(),
  data: result,
  errors: [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION', 'TEMPORARILY_UNAVAILABLE'],
  example: { roomId: aRoomId, announcementId: '6740a1b2c3d4e5f6012345cd' },
});

export const listAnnouncements = defineEvent<{ roomId: string }, { list: WireAnnouncement[] }>({
  name: 'listAnnouncements',
  summary: 'The announcements of a room that I may see (the newest 100), newest first.',
  payload: object({ roomId }).required(),
  data: object({ list: Joi.array().items(wireAnnouncement).required() }),
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId },
});
