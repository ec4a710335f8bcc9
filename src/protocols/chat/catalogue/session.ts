import { defineEvent } from '../../kit/event.ts';
import { wireReadMessage, wireRoom } from '../../kit/objects.ts';
import { Joi, optional } from '../../kit/schema.ts';
import {
  object,
  roomId,
  result,
  cursor,
  aRoomId,
  type WireRoom,
  type WireReadMessage,
  type Result,
} from './shared.ts';

/** The connection: what was missed, and its token. */

export interface SyncData {
  rooms: WireRoom[];
  messages: WireReadMessage[];
  removedRoomIds: string[];
  more: boolean;
  cursor: string | null;
  now: Date;
}

export const sync = defineEvent<
  { rooms: { roomId: string; lastSeq: number }[]; since?: string; cursor?: string },
  SyncData
>({
  name: 'sync',
  summary:
    'What I missed: changed rooms, messages after each `lastSeq`, later edits, what I hid, rooms I am not in any more.',
  payload: object({
    rooms: Joi.array()
      .items(object({ roomId, lastSeq: Joi.number().integer().min(0).required() }))
      .max(1_000)
      .required(),
    since: optional(Joi.string().isoDate()),
    cursor,
  }).required(),
  data: object({
    rooms: Joi.array().items(wireRoom).required(),
    messages: Joi.array().items(wireReadMessage).required(),
    removedRoomIds: Joi.array().items(Joi.string()).required(),
    more: Joi.boolean().required(),
    cursor: Joi.string().allow(null).required(),
    now: Joi.string().isoDate().required(),
  }),
  errors: [],
  example: { rooms: [{ roomId: aRoomId, lastSeq: 41 }], since: '2026-11-21T09:00:00.000Z' },
});

export const refreshToken = defineEvent<{ token: string }, Result>({
  name: 'refreshToken',
  summary: 'Replace the token of this connection before it expires; one of another user is refused.',
  payload: object({ token: Joi.string().max(8_192).required() }).required(),
  data: result,
  errors: ['CLIENT_ID_NO_EXISTS', 'TOKEN_EXPIRED', 'TOKEN_INVALID'],
  example: { token: 'eyJhbGciOi…' },
});
