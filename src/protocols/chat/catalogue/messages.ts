import { MAX_MENTIONS } from '../../../domain/messages/mentions.ts';
import { MESSAGE_TYPES, type MessageType } from '../../../domain/model.ts';
import { cardSchema } from '../../kit/card.ts';
import type { GivenContent } from '../../kit/content.ts';
import { defineEvent } from '../../kit/event.ts';
import { wireReadMessage } from '../../kit/objects.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';
import {
  MEMBER_ERRORS,
  object,
  roomId,
  messageId,
  result,
  count,
  aRoomId,
  aMessageId,
  ids,
  type WireReadMessage,
  type Result,
} from './shared.ts';

/** Messages: pages, sending, reading. */

export const listenMessagesByRoom = defineEvent<
  {
    roomId: string;
    lastMessageId?: string;
    count?: number;
    direction?: 'before' | 'after' | 'around';
    messageType?: MessageType;
  },
  { list: WireReadMessage[]; hasMore: boolean }
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
  data: object({ list: Joi.array().items(wireReadMessage).required(), hasMore: Joi.boolean().required() }),
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
  mentions?: string[];
  replyTo?: string;
}

export const sendMessage = defineEvent<SendPayload, Result & { message: WireReadMessage }>({
  name: 'sendMessage',
  summary:
    'Send a TEXT, or a CARD of a type that members may send; `replyTo` is the id of a message that it answers. ' +
    'The ack means that it is durable and has its `seq`.',
  payload: object({
    syncKey: id().max(200).required(),
    roomId,
    data: optional(object({ type: optional(Joi.valid('TEXT', 'CARD')), content: optional(content) })),
    type: optional(Joi.valid('TEXT', 'CARD')),
    content: optional(content),
    meta: optional(freeForm()),
    mentions: optional(ids(MAX_MENTIONS)),
    replyTo: optional(id()),
  }).required(),
  data: result.append({ message: wireReadMessage.required() }),
  errors: [
    ...MEMBER_ERRORS,
    'ROOM_IS_FREEZED',
    'YOU_ARE_MUTED',
    'MESSAGE_HAS_BANNED_WORDS',
    'YOU_HAVE_NO_AUTHORIZATION',
    'MESSAGE_NO_EXISTS',
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
