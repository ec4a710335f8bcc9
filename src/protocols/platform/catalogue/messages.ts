import { wireMessage } from '../../kit/objects.ts';
import { Joi } from '../../kit/schema.ts';
import { object, inRoom, content, message, route, type WireMessage, type MessageBody } from './shared.ts';

/** Messages. */

export const listMessages = route<
  { id: string; before?: number; limit?: number },
  { list: WireMessage[]; hasMore: boolean }
>({
  method: 'get',
  path: '/rooms/:id/messages',
  summary: 'Messages of a room, newest first, with a `seq` below `before`.',
  scope: 'messages:read',
  params: inRoom,
  query: object({ before: Joi.number().integer().min(1), limit: Joi.number().integer().min(1).max(500) }),
  response: object({ list: Joi.array().items(wireMessage).required(), hasMore: Joi.boolean().required() }),
  errors: ['ROOM_NO_EXISTS', 'INVALID_PAYLOAD'],
});

export const sendMessage = route<{ id: string } & MessageBody, WireMessage>({
  method: 'post',
  path: '/rooms/:id/messages',
  summary:
    'Write into a room as ADMIN, or (scope `act-as-user`) in the name of a member; it reads nothing for them.',
  scope: 'messages:write',
  params: inRoom,
  body: message,
  response: wireMessage,
  errors: [
    'ROOM_NO_EXISTS',
    'ROOM_IS_FREEZED',
    'USER_NO_EXISTS',
    'YOU_HAVE_NO_AUTHORIZATION',
    'SYNC_KEY_CONFLICT',
    'INVALID_PAYLOAD',
  ],
  example: { author: { authorId: 'ADMIN' }, data: { type: 'ADMIN', content: { text: '공지입니다.' } } },
});

export const patchMessage = route<{ id: string; data: MessageBody['data'] }, WireMessage>({
  method: 'patch',
  path: '/messages/:id',
  summary: 'Edit a message; its type stays.',
  scope: 'messages:write',
  params: inRoom,
  body: object({
    data: object({
      type: Joi.valid('TEXT', 'ADMIN', 'CARD').required(),
      content: content.required(),
    }).required(),
  }),
  response: wireMessage,
  errors: ['MESSAGE_NO_EXISTS', 'ROOM_IS_FREEZED', 'INVALID_PAYLOAD'],
  example: { data: { type: 'TEXT', content: { text: '고친 글' } } },
});

export const deleteMessage = route<{ id: string }, WireMessage>({
  method: 'delete',
  path: '/messages/:id',
  summary: 'Delete a message for all: it keeps its place with an empty content and does not count as unread.',
  scope: 'messages:write',
  params: inRoom,
  response: wireMessage,
  errors: ['MESSAGE_NO_EXISTS'],
});
