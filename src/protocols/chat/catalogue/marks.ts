import { defineEvent } from '../../kit/event.ts';
import { wirePerson, wireReadMessage } from '../../kit/objects.ts';
import { Joi } from '../../kit/schema.ts';
import {
  aMessageId,
  aRoomId,
  MEMBER_ERRORS,
  messageId,
  object,
  roomId,
  type WirePerson,
  type WireReadMessage,
} from './shared.ts';

/** What one person makes of messages: hidden, marked as unread; and who has read them. */

const whole = Joi.number().integer().min(0).required();

export const hideMessage = defineEvent<{ messageId: string }, { message: WireReadMessage }>({
  name: 'hideMessage',
  summary: 'Hide a message for myself, on all my devices; others see it as before.',
  payload: object({ messageId }).required(),
  data: object({ message: wireReadMessage.required() }),
  errors: ['MESSAGE_NO_EXISTS'],
  example: { messageId: aMessageId },
});

export const markAsUnread = defineEvent<{ roomId: string; messageId: string }, { unReadMsgCount: number }>({
  name: 'markAsUnread',
  summary:
    'Show a message and what follows as unread, to myself alone, until I enter the room, read on or write there.',
  payload: object({ roomId, messageId }).required(),
  data: object({ unReadMsgCount: whole }),
  errors: [...MEMBER_ERRORS, 'MESSAGE_NO_EXISTS', 'TEMPORARILY_UNAVAILABLE'],
  example: { roomId: aRoomId, messageId: aMessageId },
});

export interface ReaderData {
  read: WirePerson[];
  unread: WirePerson[];
  readCount: number;
  unreadCount: number;
}

export const listReaders = defineEvent<{ messageId: string }, ReaderData>({
  name: 'listReaders',
  summary:
    'Who has read a message, without its author: all are counted, 1,000 of each are named; where the list of members is closed, only masters see names.',
  payload: object({ messageId }).required(),
  data: object({
    read: Joi.array().items(wirePerson).required(),
    unread: Joi.array().items(wirePerson).required(),
    readCount: whole,
    unreadCount: whole,
  }),
  errors: ['MESSAGE_NO_EXISTS'],
  example: { messageId: aMessageId },
});
