import { defineEvent } from '../../kit/event.ts';
import { wireEdit, wireReadMessage, wireReaction } from '../../kit/objects.ts';
import type { presentEdit, presentReaction } from '../../kit/present.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import { aMessageId, aRoomId, ids, messageId, object, type WireReadMessage } from './shared.ts';

/** What can be done with a message that is there: edit, delete, react, share. */

export type WireEdit = ReturnType<typeof presentEdit>;
export type WireReaction = ReturnType<typeof presentReaction>;

const one = object({ message: wireReadMessage.required() });
const emoji = Joi.string().max(64).required();

export const updateMessage = defineEvent<
  { messageId: string; data: { type?: string; content: string | { text: string } } },
  { message: WireReadMessage }
>({
  name: 'updateMessage',
  summary: 'Edit one of my texts. What it was before is kept for masters; replies show it as it is now.',
  payload: object({
    messageId,
    data: object({
      type: optional(Joi.valid('TEXT')),
      content: Joi.alternatives(
        Joi.string().allow(''),
        object({ text: Joi.string().allow('').required() }),
      ).required(),
    }).required(),
  }).required(),
  data: one,
  errors: [
    'MESSAGE_NO_EXISTS',
    'MESSAGE_IS_NOT_MINE',
    'ROOM_IS_FREEZED',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { messageId: aMessageId, data: { type: 'TEXT', content: '고친 글' } },
});

export const deleteMessage = defineEvent<{ messageId: string }, { message: WireReadMessage }>({
  name: 'deleteMessage',
  summary:
    'Delete a message for all: my own by rule, any as a master. It keeps its place with an empty content.',
  payload: object({ messageId }).required(),
  data: one,
  errors: [
    'MESSAGE_NO_EXISTS',
    'MESSAGE_IS_NOT_MINE',
    'ROOM_RULES_CAN_NOT_DELETE_MESSAGE',
    'YOU_HAVE_NO_AUTHORIZATION',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { messageId: aMessageId },
});

export const listEdits = defineEvent<{ messageId: string }, { list: WireEdit[] }>({
  name: 'listEdits',
  summary: 'For masters: what a message was before each of its edits (the newest 100), the last edit first.',
  payload: object({ messageId }).required(),
  data: object({ list: Joi.array().items(wireEdit).required() }),
  errors: ['MESSAGE_NO_EXISTS', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { messageId: aMessageId },
});

const reactionErrors = [
  'MESSAGE_NO_EXISTS',
  'ROOM_IS_FREEZED',
  'RATE_LIMITED',
  'TEMPORARILY_UNAVAILABLE',
] as const;
const reactions = object({ reactions: Joi.array().items(wireReaction).required() });

export const addReaction = defineEvent<{ messageId: string; emoji: string }, { reactions: WireReaction[] }>({
  name: 'addReaction',
  summary: 'React to a message with one emoji; at most 20 different ones on a message.',
  payload: object({ messageId, emoji }).required(),
  data: reactions,
  errors: reactionErrors,
  example: { messageId: aMessageId, emoji: '👍' },
});

export const removeReaction = defineEvent<
  { messageId: string; emoji: string },
  { reactions: WireReaction[] }
>({
  name: 'removeReaction',
  summary: 'Take my reaction back.',
  payload: object({ messageId, emoji }).required(),
  data: reactions,
  errors: reactionErrors,
  example: { messageId: aMessageId, emoji: '👍' },
});

export const shareMessage = defineEvent<
  { messageId: string; targetRoomIds: string[]; syncKey?: string },
  { messages: WireReadMessage[] }
>({
  name: 'shareMessage',
  summary:
    'Send a message once more, as mine, into 1 to 20 of my rooms; into none if one refuses. ' +
    'A retry is the same; with another `syncKey` it is shared again.',
  payload: object({
    messageId,
    targetRoomIds: ids(100).min(1).required(),
    syncKey: optional(id().max(200)),
  }).required(),
  data: object({ messages: Joi.array().items(wireReadMessage).required() }),
  errors: [
    'MESSAGE_NO_EXISTS',
    'ROOM_RULES_CAN_NOT_SHARE_MESSAGE',
    'YOU_HAVE_NO_AUTHORIZATION',
    'ROOM_NO_EXISTS',
    'YOU_ARE_NO_JOINED_ROOM',
    'ROOM_IS_FREEZED',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  example: { messageId: aMessageId, targetRoomIds: [aRoomId] },
});
