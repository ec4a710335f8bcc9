import type { Chat } from '../../domain/chat.ts';
import { invalid } from '../../domain/errors.ts';
import type { ImportLine, LineMember, MessageLine, RoomLine } from '../../domain/imports/lines.ts';
import type { Card, Link, MessageData, RoomType } from '../../domain/model.ts';
import { cleanMeta, cleanUrl } from '../../domain/messages/content.ts';
import { FILE_TYPES } from '../../domain/messages/files.ts';
import { cleanContent } from '../../domain/messages/send.ts';
import { cleanName } from '../../domain/rooms/create.ts';
import { readContent } from '../kit/content.ts';
import { readRules } from '../kit/present.ts';
import { check } from '../kit/schema.ts';
import { importLines, type PersonBody } from './catalogue.ts';
import type { WireRules } from './catalogue/shared.ts';
import { readPerson } from './present.ts';

interface RoomBody {
  importKey: string;
  name: string;
  roomType: RoomType;
  profileUrl?: string;
  link?: Link;
  joinUsers: (Omit<PersonBody, 'nickName'> & {
    nickName?: string;
    joinedAt?: string;
    readUpTo?: number | string;
  })[];
  rules?: WireRules;
  meta?: Record<string, unknown>;
  createdAt: string;
}

interface MessageBody {
  roomKey: string;
  syncKey?: string;
  importKey?: string;
  author: { authorId: string; nickName?: string; profileUrl?: string };
  data: {
    type: MessageData['type'];
    content: string | { text?: string; rawData?: Card; url?: string; name?: string };
  };
  createdAt: string;
  meta?: Record<string, unknown>;
  replyTo?: string;
  mentions?: string[];
  deleted?: boolean;
}

/** Clocks of partners may be ahead by this much, in milliseconds. */
const AHEAD = 60_000;

/** One line of an import, checked by itself. Errors: INVALID_PAYLOAD, naming the field. */
export function readLine(chat: Chat, value: unknown): ImportLine {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('a line must be an object');
  const { type } = value as { type?: unknown };
  if (type === 'user') return { type, user: readPerson(check<PersonBody>(importLines.user, value)) };
  if (type === 'room') return readRoom(chat, check<RoomBody>(importLines.room, value));
  if (type === 'message') return readMessage(chat, check<MessageBody>(importLines.message, value));
  throw invalid('type must be one of user, room, message');
}

function readRoom(chat: Chat, body: RoomBody): RoomLine {
  return {
    type: 'room',
    importKey: body.importKey,
    name: cleanName(body.name),
    roomType: body.roomType,
    profileUrl: cleanUrl(body.profileUrl, 'profileUrl'),
    link: body.link ?? null,
    rules: readRules(body.rules),
    meta: cleanMeta(body.meta),
    createdAt: pastDate(chat, body.createdAt, 'createdAt'),
    members: body.joinUsers.map(({ nickName, joinedAt, readUpTo, ...rest }): LineMember => {
      const { master, ...profile } = readPerson({ ...rest, nickName: nickName ?? '' });
      return {
        ...profile,
        master,
        joinedAt: joinedAt === undefined ? null : pastDate(chat, joinedAt, 'joinUsers.joinedAt'),
        readUpTo: readUpTo ?? null,
        isNamed: nickName !== undefined,
      };
    }),
  };
}

function readMessage(chat: Chat, body: MessageBody): MessageLine {
  const { author, deleted = false } = body;
  return {
    type: 'message',
    roomKey: body.roomKey,
    syncKey: (body.syncKey ?? body.importKey)!,
    author: {
      authorId: author.authorId,
      nickName: author.nickName === undefined ? null : author.nickName.toWellFormed(),
      profileUrl: cleanUrl(author.profileUrl, 'author.profileUrl'),
    },
    data: deleted ? { type: body.data.type, content: {} } : readData(chat, body.data),
    meta: deleted ? null : cleanMeta(body.meta),
    deleted,
    replyTo: body.replyTo ?? null,
    mentions: deleted ? [] : [...new Set(body.mentions ?? [])],
    createdAt: pastDate(chat, body.createdAt, 'createdAt'),
  };
}

function readData(chat: Chat, { type, content }: MessageBody['data']): MessageData {
  const fileType = FILE_TYPES.find(known => known === type);
  if (!fileType) return cleanContent(chat, readContent(type as 'TEXT' | 'ADMIN' | 'CARD', content));
  const file = typeof content === 'string' ? { url: content } : content;
  if (file.url === undefined) throw invalid('data.content.url is required');
  const { url, name = null, text = null } = file;
  return cleanContent(chat, { type: fileType, url, name, text });
}

/** What was written was written before now, and not before computers could. */
function pastDate(chat: Chat, text: string, field: string): Date {
  const at = new Date(text);
  if (!(at.getTime() >= 0)) throw invalid(`${field} must be a date since 1970`);
  if (at.getTime() > chat.clock.now() + AHEAD) throw invalid(`${field} must not be in the future`);
  return at;
}
