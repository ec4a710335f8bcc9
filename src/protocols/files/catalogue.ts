import type { FileType } from '../../domain/ports.ts';
import { FILE_TYPES } from '../../domain/messages/files.ts';
import { wireMessage } from '../kit/objects.ts';
import type { presentMessage } from '../kit/present.ts';
import { defineRoute } from '../kit/route.ts';
import { id, Joi, optional } from '../kit/schema.ts';
import type { WireUploadLink } from './present.ts';

/** The contract of files over HTTP (protocols.md 4a): each entry declared once. */

export { FILES as PREFIX } from '../kit/files.ts';

export type WireMessage = ReturnType<typeof presentMessage>;

/** What is said of a file before its bytes come. */
export interface Announcement {
  roomId: string;
  syncKey: string;
  type: FileType;
  name: string;
}

const announcement = {
  roomId: id().required(),
  syncKey: id().max(200).required(),
  type: Joi.valid(...FILE_TYPES).required(),
  name: Joi.string().max(1_024).required(),
};
const sent = Joi.object({ message: wireMessage.required() });
const SEND_ERRORS = [
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'ROOM_NO_EXISTS',
  'YOU_ARE_NO_JOINED_ROOM',
  'ROOM_IS_FREEZED',
  'YOU_ARE_MUTED',
  'YOU_HAVE_NO_AUTHORIZATION',
  'MESSAGE_HAS_BANNED_WORDS',
  'FILE_TOO_LARGE',
  'FILE_TYPE_NOT_ALLOWED',
  'SYNC_KEY_CONFLICT',
] as const;

export const uploadFile = defineRoute<
  Omit<Announcement, 'name'> & { name?: string },
  { message: WireMessage }
>({
  method: 'post',
  path: '/',
  summary:
    'Send a file: the body is its bytes, or multipart with one file. It becomes a message of the room.',
  query: Joi.object({ ...announcement, name: optional(Joi.string().max(1_024)) }),
  response: sent,
  errors: [...SEND_ERRORS, 'SEND_FILE_IS_EMPTY'],
  scope: null,
});

export const presignFile = defineRoute<Announcement & { size: number }, WireUploadLink>({
  method: 'post',
  path: '/presign',
  summary: 'A link to which the bytes can be put directly (where files are on S3), for 15 minutes.',
  body: Joi.object({ ...announcement, size: Joi.number().integer().min(1).required() }),
  response: Joi.object({
    uploadId: Joi.string().required(),
    url: Joi.string().required(),
    headers: Joi.object().pattern(Joi.string(), Joi.string()).required(),
  }),
  errors: [...SEND_ERRORS, 'NOT_FOUND'],
  scope: null,
  example: {
    roomId: '6740a1b2c3d4e5f601234567',
    syncKey: '1732160000000',
    type: 'PHOTO',
    name: '사진.jpg',
    size: 48_000,
  },
});

export const completeFile = defineRoute<{ uploadId: string }, { message: WireMessage }>({
  method: 'post',
  path: '/complete',
  summary: 'The bytes were put to the link: make the message of them.',
  body: Joi.object({ uploadId: id().required() }),
  response: sent,
  errors: [...SEND_ERRORS, 'FILE_NO_EXISTS_WITH_SYNC_KEY'],
  scope: null,
  example: { uploadId: '6740a1b2c3d4e5f601234567' },
});

export interface FileQuery {
  path: string[];
  sig?: string;
  exp?: number;
}

export const getFile = defineRoute<FileQuery, never>({
  method: 'get',
  path: '/*path',
  summary:
    'A file, for members of its room who see its message: with a token, or with the signature of `getFileUrls`. Ranges and ETags work; where files are on S3 the answer is a redirect.',
  params: Joi.object({ path: Joi.array().items(Joi.string().allow('')).required() }),
  query: Joi.object({ sig: Joi.string().max(64), exp: Joi.number().integer() }).and('sig', 'exp'),
  response: Joi.binary(),
  errors: ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'NOT_FOUND'],
  scope: null,
});
