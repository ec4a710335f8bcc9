import { MESSAGE_TYPES, type MessageType } from '../../../domain/model.ts';
import { GALLERY_KINDS, type GalleryKind } from '../../../domain/ports.ts';
import { defineEvent } from '../../kit/event.ts';
import { wireMessage, wirePerson } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import {
  aRoomId,
  count,
  MEMBER_ERRORS,
  nextCursor,
  object,
  roomId,
  type WireMessage,
  type WirePerson,
} from './shared.ts';

/** What is looked for: messages, files and links, people. */

export interface SearchPayload {
  keyword: string;
  roomId?: string;
  authorId?: string;
  messageType?: MessageType;
  from?: string;
  to?: string;
  cursor?: string;
}

/** Where the keyword stands: a place in `data.content` such as `text` or `files.0.name`, and UTF-16 positions in it. */
export interface Highlight {
  field: string;
  start: number;
  length: number;
}

export interface SearchData {
  list: (WireMessage & { highlights: Highlight[] })[];
  nextCursor: string | null;
}

const wireHit = wireMessage.append({
  highlights: Joi.array()
    .items(
      object({
        field: Joi.string().required(),
        start: Joi.number().integer().min(0).required(),
        length: Joi.number().integer().min(1).required(),
      }),
    )
    .required(),
});

/** Longer than any keyword that is allowed once spaces are gone. */
const keyword = Joi.string().max(1_000).required();

export const searchMessages = defineEvent<SearchPayload, SearchData>({
  name: 'searchMessages',
  summary:
    'Messages, files and cards with a keyword (by substring, spaces and case aside), newest first, in one of my rooms or in all. A page may be short, even empty, and still have a `nextCursor`.',
  payload: object({
    keyword,
    roomId: optional(id()),
    authorId: optional(id()),
    messageType: optional(Joi.valid(...MESSAGE_TYPES)),
    from: optional(Joi.string().isoDate()),
    to: optional(Joi.string().isoDate()),
    cursor: optional(Joi.string().pattern(/^\d{1,16}-[0-9a-f]{24}$/)),
  }).required(),
  data: object({ list: Joi.array().items(wireHit).required(), nextCursor }),
  errors: [...MEMBER_ERRORS, 'TEMPORARILY_UNAVAILABLE'],
  example: { keyword: '회의', roomId: aRoomId, from: '2026-11-01T00:00:00.000Z' },
});

export const searchMessagesByRoom: typeof searchMessages = {
  ...searchMessages,
  name: 'searchMessagesByRoom',
  summary: 'The same as `searchMessages`, under the name of the road map.',
};

export const listGallery = defineEvent<
  { roomId: string; kind: GalleryKind; cursor?: string; count?: number },
  { list: WireMessage[]; nextCursor: string | null }
>({
  name: 'listGallery',
  summary:
    'The photos, videos, files or texts with links of a room, newest first; 30 at once by default, 100 at most.',
  payload: object({
    roomId,
    kind: Joi.valid(...GALLERY_KINDS).required(),
    cursor: optional(Joi.string().pattern(/^\d{1,15}$/)),
    count,
  }).required(),
  data: object({ list: Joi.array().items(wireMessage).required(), nextCursor }),
  errors: MEMBER_ERRORS,
  example: { roomId: aRoomId, kind: 'LINK', count: 30 },
});

export const searchUsers = defineEvent<{ keyword: string }, { list: WirePerson[]; nextCursor: null }>({
  name: 'searchUsers',
  summary: 'People by a part of their nick or by its initial consonants (`ㅎㄱㄷ`); 50 at most.',
  payload: object({ keyword: Joi.string().max(100).required() }).required(),
  data: object({ list: Joi.array().items(wirePerson).required(), nextCursor: Joi.valid(null).required() }),
  errors: [],
  example: { keyword: 'ㅎㄱㄷ' },
});
