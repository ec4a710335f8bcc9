import {
  DELIVERY_STATUSES,
  STREAM_EVENTS,
  type DeliveryStatus,
  type StreamEventName,
} from '../../../domain/ports.ts';
import { ROOM_TYPES } from '../../../domain/model.ts';
import { RULE_KEYS, wireMessage } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import type { presentDelivery, presentEvent, presentWebhook } from '../present.ts';
import { date, inRoom, link, object, result, route } from './shared.ts';

/** What platforms are told of: webhooks, and the same events to be fetched. */

export type WireWebhook = ReturnType<typeof presentWebhook>;
export type WireDelivery = ReturnType<typeof presentDelivery>;
export type WireEvent = ReturnType<typeof presentEvent>;

const url = Joi.string()
  .uri({ scheme: ['http', 'https'] })
  .max(2_048);
const events = Joi.array()
  .items(Joi.valid(...STREAM_EVENTS))
  .min(1)
  .max(50);
const secret = Joi.string().min(16).max(256);
const links = Joi.array().items(id()).min(1).max(1_000);

const webhook = {
  id: Joi.string().required(),
  url: Joi.string().required(),
  events: Joi.array()
    .items(Joi.valid(...STREAM_EVENTS))
    .required(),
  links: Joi.array().items(Joi.string()).allow(null).required(),
  active: Joi.boolean().required(),
  disabledReason: Joi.valid('GONE', 'FAILING', 'BY_HAND', null).required(),
  disabledAt: date.allow(null).required(),
  failingSince: date.allow(null).required(),
  createdAt: date.required(),
  updatedAt: date.required(),
};

const delivery = object({
  id: Joi.string().required(),
  eventId: Joi.string().required(),
  event: Joi.valid(...STREAM_EVENTS).required(),
  roomId: Joi.string().required(),
  status: Joi.valid(...DELIVERY_STATUSES).required(),
  attempts: Joi.number().integer().required(),
  statusCode: Joi.number().integer().allow(null).required(),
  error: Joi.string().allow(null).required(),
  duration: Joi.number().required(),
  lastAttemptAt: date.required(),
  nextAttemptAt: date.allow(null).required(),
});

/** A room in an event: without its members and messages. */
const roomFacts = object({
  _id: Joi.string().required(),
  no: Joi.number().integer().required(),
  roomType: Joi.valid(...ROOM_TYPES).required(),
  name: Joi.string().allow('').required(),
  profileUrl: Joi.string().allow(null).required(),
  link: link.allow(null).required(),
  rules: Joi.object(RULE_KEYS).options({ presence: 'required' }).required(),
  joinUserCount: Joi.number().integer().required(),
  meta: Joi.object().allow(null).required(),
  freezingReasonCode: Joi.string().allow(null).required(),
  opensAt: date.allow(null).required(),
  expiresAt: date.allow(null).required(),
  createdAt: date.required(),
});
const members = object({
  roomId: Joi.string().required(),
  userIds: Joi.array().items(Joi.string()).required(),
  actorId: Joi.string().allow(null).required(),
});

/** The body of a webhook, and an entry of `GET /chat/events`. */
export const wireEvent = object({
  id: Joi.string().required(),
  event: Joi.valid(...STREAM_EVENTS).required(),
  at: date.required(),
  data: Joi.alternatives(wireMessage, roomFacts, members, Joi.object()).required(),
});

export const createWebhook = route<
  { url: string; events: StreamEventName[]; secret?: string; links?: string[] },
  WireWebhook & { secret: string }
>({
  method: 'post',
  path: '/webhooks',
  summary:
    'Be told of events from now on, by POST of `{id, event, at, data}`: `message.*` shows the Message, `room.*` the Room without members and messages, `member.*` `{roomId, userIds, actorId}`. Signed: `x-chat-webhook-signature: sha256=hex(HMAC(secret, timestamp + "." + body))`; `x-chat-webhook-id` is the id of the webhook. Each event comes at least once, in each room in order; what comes again has the same `id`. The secret is shown this once.',
  scope: 'webhooks',
  body: object({
    url: url.required(),
    events: events.required(),
    secret: optional(secret),
    links: optional(links),
  }),
  response: object({ ...webhook, secret: Joi.string().required() }),
  errors: ['INVALID_PAYLOAD', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { url: 'https://partner.example.com/chat-events', events: ['message.created', 'member.left'] },
});

export const listWebhooks = route<object, { list: WireWebhook[] }>({
  method: 'get',
  path: '/webhooks',
  summary: 'The webhooks that this key may manage.',
  scope: 'webhooks',
  response: object({ list: Joi.array().items(object(webhook)).required() }),
  errors: [],
});

export const getWebhook = route<{ id: string }, WireWebhook>({
  method: 'get',
  path: '/webhooks/:id',
  summary:
    'One webhook. `disabledReason`: `GONE` (answered 410), `FAILING` (nothing but failure for days), `BY_HAND`.',
  scope: 'webhooks',
  params: inRoom,
  response: object(webhook),
  errors: ['NOT_FOUND'],
});

export const patchWebhook = route<
  {
    id: string;
    url?: string;
    events?: StreamEventName[];
    secret?: string;
    links?: string[] | null;
    active?: boolean;
  },
  WireWebhook
>({
  method: 'patch',
  path: '/webhooks/:id',
  summary: 'Change a webhook, or switch it off and on (`active`): then it is told what happened meanwhile.',
  scope: 'webhooks',
  params: inRoom,
  body: object({
    url: optional(url),
    events: optional(events),
    secret: optional(secret),
    links: links.allow(null),
    active: optional(Joi.boolean()),
  }),
  response: object(webhook),
  errors: ['NOT_FOUND', 'INVALID_PAYLOAD', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { active: true },
});

export const deleteWebhook = route<{ id: string }, { result: true }>({
  method: 'delete',
  path: '/webhooks/:id',
  summary: 'Remove a webhook with its delivery log.',
  scope: 'webhooks',
  params: inRoom,
  response: result,
  errors: ['NOT_FOUND'],
});

export const listDeliveries = route<
  { id: string; status?: DeliveryStatus; cursor?: string; limit?: number },
  { list: WireDelivery[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/webhooks/:id/deliveries',
  summary:
    'The delivery log, newest first: `delivered`, `retrying` (backoff from 10 s to an hour, for three days), `dead` (given up, or refused for good).',
  scope: 'webhooks',
  params: inRoom,
  query: object({
    status: Joi.valid(...DELIVERY_STATUSES),
    cursor: Joi.string().pattern(/^\d{1,15}$/),
    limit: Joi.number().integer().min(1).max(500),
  }),
  response: object({
    list: Joi.array().items(delivery).required(),
    nextCursor: Joi.string().allow(null).required(),
  }),
  errors: ['NOT_FOUND', 'INVALID_PAYLOAD'],
});

export const replayWebhook = route<{ id: string; from?: string; deliveryId?: string }, { result: true }>({
  method: 'post',
  path: '/webhooks/:id/replay',
  summary:
    'Deliver again: one event (a dead one too), or in order everything since `from`, with the same ids.',
  scope: 'webhooks',
  params: inRoom,
  body: object({ from: optional(date), deliveryId: optional(id()) }),
  response: result,
  errors: ['NOT_FOUND', 'INVALID_PAYLOAD'],
  example: { from: '2026-11-20T00:00:00.000Z' },
});

export const listEvents = route<
  { after?: string; limit?: number },
  { list: WireEvent[]; nextCursor: string; hasMore: boolean }
>({
  method: 'get',
  path: '/events',
  summary:
    'The events of the webhooks for platforms that cannot receive: what came after the cursor, oldest first, without a gap. Go on from `nextCursor`; events are gathered from the first asking on, and as long as somebody asks.',
  scope: 'webhooks',
  query: object({
    after: Joi.string().pattern(/^\d{1,15}$/),
    limit: Joi.number().integer().min(1).max(500),
  }),
  response: object({
    list: Joi.array().items(wireEvent).required(),
    nextCursor: Joi.string().required(),
    hasMore: Joi.boolean().required(),
  }),
  errors: ['INVALID_PAYLOAD'],
});
