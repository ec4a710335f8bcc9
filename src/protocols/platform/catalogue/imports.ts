import { ERROR_SENTENCES, type ErrorCode } from '../../../domain/errors.ts';
import { ROOM_TYPES } from '../../../domain/model.ts';
import type { ImportState } from '../../../domain/ports.ts';
import { cardSchema } from '../../kit/card.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';
import { date, inRoom, link, name, object, person, profileUrl, route, rules } from './shared.ts';

/** Bulk import of people, rooms and old messages (protocols.md 5); described in etc/imports.md. */

const key = id().max(200);
const userId = person.extract('_id') as ReturnType<typeof id>;
const nickName = Joi.string().allow('').max(100);

const userLine = object({
  type: Joi.valid('user').required(),
  _id: userId,
  nickName: nickName.required(),
  profileUrl: optional(profileUrl),
  meta: optional(freeForm()),
});

const roomLine = object({
  type: Joi.valid('room').required(),
  importKey: key.required().description('Your own id of the room.'),
  name: name.required(),
  roomType: Joi.valid(...ROOM_TYPES).required(),
  profileUrl: optional(profileUrl),
  link: optional(link),
  joinUsers: Joi.array()
    .items(
      object({
        _id: userId,
        nickName: optional(nickName),
        profileUrl: optional(profileUrl),
        meta: optional(freeForm()),
        master: optional(Joi.boolean()),
        joinedAt: optional(date),
        readUpTo: optional(Joi.alternatives(Joi.number().integer().min(0), Joi.string().min(1).max(200))),
      }),
    )
    .max(10_000)
    .required(),
  rules: optional(rules),
  meta: optional(freeForm()),
  createdAt: date.required(),
});

const fileContent = object({
  url: Joi.string().max(2_048).required(),
  name: optional(Joi.string().allow('').max(255)),
  text: optional(Joi.string().allow('')),
});

const messageLine = object({
  type: Joi.valid('message').required(),
  roomKey: key.required().description('The importKey of a room line before.'),
  syncKey: optional(key).description('Your own id of the message, unique in its room.'),
  importKey: optional(key).description('The same, by another name.'),
  author: object({
    authorId: id().required(),
    nickName: optional(nickName),
    profileUrl: optional(profileUrl),
  }).required(),
  data: object({
    type: Joi.valid('TEXT', 'ADMIN', 'CARD', 'PHOTO', 'VIDEO', 'FILE').required(),
    content: Joi.alternatives(
      Joi.string().allow(''),
      object({
        text: optional(Joi.string().allow('')),
        rawData: optional(cardSchema),
        url: optional(fileContent.extract('url')),
        name: optional(fileContent.extract('name')),
      }),
    ).required(),
  }).required(),
  createdAt: date.required(),
  meta: optional(freeForm()),
  replyTo: optional(key).description('The syncKey of an earlier message of the room.'),
  mentions: optional(Joi.array().items(id()).max(50)),
  deleted: optional(Joi.boolean()),
}).or('syncKey', 'importKey');

/** What each line is, by its `type`. */
export const importLines = { user: userLine, room: roomLine, message: messageLine };

const count = () => Joi.number().integer().min(0).required();

export interface ImportView {
  importId: string;
  state: ImportState;
  validate: boolean;
  failure: ErrorCode | null;
  size: number;
  line: number;
  progress: number;
  counts: { users: number; rooms: number; messages: number; skipped: number; errors: number };
  errors: { line: number; code: ErrorCode; message: string }[];
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

const code = Joi.valid(...Object.keys(ERROR_SENTENCES));

export const wireImport = object({
  importId: Joi.string().hex().length(24).required(),
  state: Joi.valid('receiving', 'waiting', 'running', 'done', 'failed').required(),
  validate: Joi.boolean().required(),
  failure: code.allow(null).required(),
  size: count(),
  line: count(),
  progress: Joi.number().min(0).max(1).required(),
  counts: object({
    users: count(),
    rooms: count(),
    messages: count(),
    skipped: count(),
    errors: count(),
  }).required(),
  errors: Joi.array()
    .items(object({ line: count(), code: code.required(), message: Joi.string().required() }))
    .required(),
  createdAt: date.required(),
  startedAt: date.allow(null).required(),
  finishedAt: date.allow(null).required(),
});

const SAMPLE = [
  { type: 'user', _id: '2', nickName: '김철수' },
  {
    type: 'room',
    importKey: 'r-1',
    name: '상담방',
    roomType: 'GROUP',
    joinUsers: [{ _id: '1', nickName: '홍길동', master: true }, { _id: '2' }],
    createdAt: '2019-03-01T09:00:00.000Z',
  },
  {
    type: 'message',
    roomKey: 'r-1',
    syncKey: 'm-1',
    author: { authorId: '1' },
    data: { type: 'TEXT', content: '안녕하세요' },
    createdAt: '2019-03-01T09:00:05.000Z',
  },
];

export const startImport = route<{ validate?: boolean }, { importId: string }>({
  method: 'post',
  path: '/imports',
  summary:
    'Import people, rooms and old messages: JSONL, worked on in the background. Also needs `rooms:write` and `users:write`; `validate` only checks.',
  scope: 'messages:write',
  query: object({ validate: Joi.boolean() }),
  stream: {
    mimeType: 'application/x-ndjson',
    line: Joi.alternatives(userLine, roomLine, messageLine),
    example: SAMPLE.map(line => JSON.stringify(line)).join('\n'),
  },
  response: object({ importId: Joi.string().hex().length(24).required() }),
  errors: ['INVALID_PAYLOAD', 'FILE_TOO_LARGE', 'RATE_LIMITED'],
});

export const getImport = route<{ id: string }, ImportView>({
  method: 'get',
  path: '/imports/:id',
  summary: 'How far an import is, what became of its lines, and the first 100 errors.',
  scope: 'messages:write',
  params: inRoom,
  response: wireImport,
  errors: ['NOT_FOUND'],
});
