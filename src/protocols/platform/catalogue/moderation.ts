import { REPORT_STATUSES, type ReportStatus } from '../../../domain/ports.ts';
import { MESSAGE_TYPES, type MessageType } from '../../../domain/model.ts';
import { WORD_MODES, type WordMode } from '../../../domain/moderation/words/matcher.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import { cursorQuery, date, inRoom, object, result, route } from './shared.ts';

/** Reports, banned words, bans, the audit log, and the freezing of links. */

const nextCursor = Joi.string().allow(null).required();
const minutes = optional(Joi.number().integer().min(1).max(5_256_000));

export interface WireReport {
  _id: string;
  roomId: string;
  linkSid: string | null;
  messageId: string;
  reporterId: string;
  authorId: string;
  type: MessageType;
  text: string;
  reason: string;
  status: ReportStatus;
  note: string | null;
  createdAt: Date;
  decidedAt: Date | null;
}

const report = object({
  _id: Joi.string().required(),
  roomId: Joi.string().required(),
  linkSid: Joi.string().allow(null).required(),
  messageId: Joi.string().required(),
  reporterId: Joi.string().required(),
  authorId: Joi.string().required(),
  type: Joi.valid(...MESSAGE_TYPES).required(),
  text: Joi.string().allow('').required(),
  reason: Joi.string().required(),
  status: Joi.valid(...REPORT_STATUSES).required(),
  note: Joi.string().allow(null, '').required(),
  createdAt: date.required(),
  decidedAt: date.allow(null).required(),
});

export const listReports = route<
  { status?: ReportStatus; roomId?: string; cursor?: string; limit?: number },
  { list: WireReport[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/reports',
  summary: 'Messages that members reported, the newest first, with the text as it was then.',
  scope: 'moderation',
  query: object({ status: Joi.valid(...REPORT_STATUSES), roomId: id(), ...cursorQuery }),
  response: object({ list: Joi.array().items(report).required(), nextCursor }),
  errors: ['INVALID_PAYLOAD'],
});

export const decideReport = route<
  { id: string; status: 'accepted' | 'dismissed'; note?: string },
  WireReport
>({
  method: 'patch',
  path: '/reports/:id',
  summary: 'Decide about a report; it may be decided again.',
  scope: 'moderation',
  params: inRoom,
  body: object({
    status: Joi.valid('accepted', 'dismissed').required(),
    note: optional(Joi.string().allow('').max(1_000)),
  }),
  response: report,
  errors: ['NOT_FOUND', 'INVALID_PAYLOAD'],
  example: { status: 'accepted', note: '경고함' },
});

const words = Joi.array().items(Joi.string().max(200)).min(1).max(10_000).required();
const mode = Joi.valid(...WORD_MODES);

export const addBannedWords = route<{ words: string[]; mode: WordMode }, { added: number }>({
  method: 'post',
  path: '/bannedWords',
  summary:
    'Enter words that are refused (`block`), masked (`mask`), or inside which others do no harm (`allow`); 10,000 at once, 100,000 in all.',
  scope: 'moderation',
  body: object({ words, mode: mode.required() }),
  response: object({ added: Joi.number().integer().required() }),
  errors: ['INVALID_PAYLOAD', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { words: ['나쁜말'], mode: 'block' },
});

export const removeBannedWords = route<{ words: string[] }, { removed: number }>({
  method: 'delete',
  path: '/bannedWords',
  summary: 'Take words off the list, in whatever spelling.',
  scope: 'moderation',
  body: object({ words }),
  response: object({ removed: Joi.number().integer().required() }),
  errors: ['INVALID_PAYLOAD', 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { words: ['나쁜말'] },
});

export const listBannedWords = route<
  { cursor?: string; limit?: number },
  { list: { word: string; mode: WordMode; createdAt: Date }[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/bannedWords',
  summary: 'The list of words, in the order of their letters.',
  scope: 'moderation',
  query: object({ ...cursorQuery, limit: Joi.number().integer().min(1).max(1_000) }),
  response: object({
    list: Joi.array()
      .items(object({ word: Joi.string().required(), mode: mode.required(), createdAt: date.required() }))
      .required(),
    nextCursor,
  }),
  errors: ['INVALID_PAYLOAD', 'YOU_HAVE_NO_AUTHORIZATION'],
});

const banned = object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: Joi.string().allow(null).required(),
  bannedAt: date.required(),
  until: date.allow(null).required(),
});

export interface WireBan {
  _id: string;
  nickName: string;
  profileUrl: string | null;
  bannedAt: Date;
  until: Date | null;
}

export const listBans = route<
  { id: string; cursor?: string; limit?: number },
  { list: WireBan[]; nextCursor: string | null }
>({
  method: 'get',
  path: '/rooms/:id/bans',
  summary: 'Who is kept out of a room, the latest first.',
  scope: 'moderation',
  params: inRoom,
  query: object(cursorQuery),
  response: object({ list: Joi.array().items(banned).required(), nextCursor }),
  errors: ['ROOM_NO_EXISTS', 'INVALID_PAYLOAD'],
});

const inRoomUser = object({ id: id().required(), userId: id().required() });

export const putBan = route<{ id: string; userId: string; minutes?: number }, { result: true }>({
  method: 'put',
  path: '/rooms/:id/bans/:userId',
  summary: 'Put somebody out of a room and keep them out; masters cannot be banned.',
  scope: 'moderation',
  params: inRoomUser,
  body: object({ minutes }),
  response: result,
  errors: ['ROOM_NO_EXISTS', 'WRONG_TARGET_USER_IDS', 'YOU_HAVE_NO_AUTHORIZATION', 'INVALID_PAYLOAD'],
  example: { minutes: 60 },
});

export const deleteBan = route<{ id: string; userId: string }, { result: true }>({
  method: 'delete',
  path: '/rooms/:id/bans/:userId',
  summary: 'Let somebody come back.',
  scope: 'moderation',
  params: inRoomUser,
  response: result,
  errors: ['ROOM_NO_EXISTS', 'WRONG_TARGET_USER_IDS'],
});

export interface WireAct {
  _id: string;
  at: Date;
  actor: { kind: 'user' | 'platform'; id: string };
  act: string;
  roomId: string | null;
  targets: readonly string[];
  details: Record<string, unknown>;
}

export interface AuditFilter {
  roomId?: string;
  actorId?: string;
  act?: string;
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
}

export const listAudit = route<AuditFilter, { list: WireAct[]; nextCursor: string | null }>({
  method: 'get',
  path: '/audit',
  summary:
    'What masters and the platform did, the newest first. A key that is bound to links sees their rooms.',
  scope: 'moderation',
  query: object({
    roomId: id(),
    actorId: id(),
    act: Joi.string().max(100),
    from: date,
    to: date,
    ...cursorQuery,
  }),
  response: object({
    list: Joi.array()
      .items(
        object({
          _id: Joi.string().required(),
          at: date.required(),
          actor: object({
            kind: Joi.valid('user', 'platform').required(),
            id: Joi.string().required(),
          }).required(),
          act: Joi.string().required(),
          roomId: Joi.string().allow(null).required(),
          targets: Joi.array().items(Joi.string()).required(),
          details: Joi.object().unknown(true).required(),
        }),
      )
      .required(),
    nextCursor,
  }),
  errors: ['INVALID_PAYLOAD'],
});

export const freezeLink = route<
  { sid: string; reasonCode?: string; unfreeze?: boolean },
  { frozen: number; thawed: number }
>({
  method: 'post',
  path: '/links/:sid/freeze',
  summary:
    'Freeze all rooms of a link, or (`unfreeze`) thaw those that were frozen so; repeating is harmless.',
  scope: 'rooms:write',
  params: object({ sid: id().required() }),
  body: object({
    reasonCode: optional(Joi.string().min(1).max(100)),
    unfreeze: optional(Joi.boolean()),
  }),
  response: object({ frozen: Joi.number().integer().required(), thawed: Joi.number().integer().required() }),
  errors: ['ROOM_NO_EXISTS', 'INVALID_PAYLOAD'],
  example: { reasonCode: 'SHOP_CLOSED' },
});
