import { ROOM_TYPES, type RoomType } from '../../../domain/model.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';
import type { presentBroadcast, presentStats } from '../present.ts';
import { content, date, inRoom, object, route, type MessageBody } from './shared.ts';

/** One message into many rooms, and figures of all of them. */

export type WireBroadcast = ReturnType<typeof presentBroadcast>;
export type WireStats = ReturnType<typeof presentStats>;

export interface BroadcastBody {
  roomIds?: string[];
  linkSid?: string;
  roomType?: RoomType;
  message: { author?: { authorId: string }; data: MessageBody['data']; meta?: Record<string, unknown> };
  syncKey?: string;
}

export const createBroadcast = route<BroadcastBody, { broadcastId: string; rooms: number }>({
  method: 'post',
  path: '/broadcast',
  summary:
    'Write one message into many rooms, in the background: into these, or into all of a link, of a type, or of both. Without an author it is ADMIN (another one needs `act-as-user`). The same `syncKey` is the same broadcast; each room gets the message once.',
  scope: 'messages:write',
  body: object({
    roomIds: optional(Joi.array().items(id()).min(1).max(10_000)),
    linkSid: optional(id()),
    roomType: optional(Joi.valid(...ROOM_TYPES)),
    message: object({
      author: optional(object({ authorId: id().required() })),
      data: object({
        type: Joi.valid('TEXT', 'ADMIN', 'CARD').required(),
        content: content.required(),
      }).required(),
      meta: optional(freeForm()),
    }).required(),
    syncKey: optional(id().max(200)),
  }),
  response: object({ broadcastId: Joi.string().required(), rooms: Joi.number().integer().required() }),
  errors: ['INVALID_PAYLOAD', 'ROOM_NO_EXISTS', 'SYNC_KEY_CONFLICT', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { linkSid: 'shop-1', message: { data: { type: 'ADMIN', content: { text: '점검 안내' } } } },
});

export const getBroadcast = route<{ id: string }, WireBroadcast>({
  method: 'get',
  path: '/broadcasts/:id',
  summary: 'How far a broadcast is; `failed` counts the rooms in which it was refused, by code.',
  scope: 'messages:write',
  params: inRoom,
  response: object({
    broadcastId: Joi.string().required(),
    status: Joi.valid('running', 'done').required(),
    rooms: Joi.number().integer().required(),
    written: Joi.number().integer().required(),
    failed: Joi.object().pattern(Joi.string(), Joi.number().integer()).required(),
    createdAt: date.required(),
    finishedAt: date.allow(null).required(),
  }),
  errors: ['NOT_FOUND'],
});

const count = Joi.number().integer().min(0);

export const getStats = route<object, WireStats>({
  method: 'get',
  path: '/stats',
  summary:
    'Figures of the whole store, at most a minute old (rooms by type, people, messages in all and per day, UTC; a day that would take too long to count is null), and of the node that answers. Not for keys that are bound to links.',
  scope: 'rooms:read',
  response: object({
    rooms: Joi.object(Object.fromEntries(ROOM_TYPES.map(type => [type, count.required()]))).required(),
    users: count.required(),
    messages: count.required(),
    messagesPerDay: Joi.array()
      .items(object({ day: Joi.string().required(), count: count.allow(null).required() }))
      .required(),
    node: object({
      connections: count.required(),
      liveRooms: count.required(),
      sendsWaiting: count.required(),
      engine: Joi.string().required(),
    }).required(),
  }),
  errors: ['YOU_HAVE_NO_AUTHORIZATION'],
});
