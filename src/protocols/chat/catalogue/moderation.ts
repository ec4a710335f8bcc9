import { defineEvent } from '../../kit/event.ts';
import { wirePerson } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import {
  object,
  roomId,
  messageId,
  result,
  count,
  cursor,
  nextCursor,
  people,
  aRoomId,
  aMessageId,
  MEMBER_ERRORS,
  type Result,
  type WirePerson,
} from './shared.ts';

/** Who may write, who may come in, who hears of whom, and what is reported. */

/** Ten years. */
const MAX_MINUTES = 5_256_000;

export interface SentencePayload {
  roomId: string;
  targetUserIds: string[];
  minutes?: number;
}

const targets = { roomId, targetUserIds: people.required() };
const sentence = object({
  ...targets,
  minutes: optional(Joi.number().integer().min(1).max(MAX_MINUTES)),
}).required();
const ERRORS = [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION', 'WRONG_TARGET_USER_IDS'] as const;

export const muteUsers = defineEvent<SentencePayload, Result>({
  name: 'muteUsers',
  summary:
    'A master keeps members from writing, for some minutes or for good; `joinUsers[].mutedUntil` shows it.',
  payload: sentence,
  data: result,
  errors: ERRORS,
  example: { roomId: aRoomId, targetUserIds: ['3'], minutes: 10 },
});

export const unmuteUsers = defineEvent<SentencePayload, Result>({
  name: 'unmuteUsers',
  summary: 'A master lets muted people write again.',
  payload: object(targets).required(),
  data: result,
  errors: ERRORS,
  example: { roomId: aRoomId, targetUserIds: ['3'] },
});

export const banUsers = defineEvent<SentencePayload, Result>({
  name: 'banUsers',
  summary: 'A master puts people out, and keeps them out: until unbanned, or for some minutes.',
  payload: sentence,
  data: result,
  errors: [...ERRORS, 'RATE_LIMITED', 'TEMPORARILY_UNAVAILABLE'],
  example: { roomId: aRoomId, targetUserIds: ['3'], minutes: 60 },
});

export const unbanUsers = defineEvent<SentencePayload, Result>({
  name: 'unbanUsers',
  summary: 'A master lets banned people come back; nobody is brought back by it.',
  payload: object(targets).required(),
  data: result,
  errors: ERRORS,
  example: { roomId: aRoomId, targetUserIds: ['3'] },
});

export interface WireBanned extends WirePerson {
  bannedAt: Date;
  /** Absent: for good. */
  until?: Date;
}

const wireBanned = wirePerson.append({
  bannedAt: Joi.string().isoDate().required(),
  until: Joi.string().isoDate(),
});

export const listBannedUsers = defineEvent<
  { roomId: string; cursor?: string; count?: number },
  { list: WireBanned[]; nextCursor: string | null }
>({
  name: 'listBannedUsers',
  summary: 'Who is kept out, for masters, the latest first; 500 at once by default and at most.',
  payload: object({ roomId, cursor, count }).required(),
  data: object({ list: Joi.array().items(wireBanned).required(), nextCursor }),
  errors: [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION'],
  example: { roomId: aRoomId },
});

export const blockUser = defineEvent<{ userId: string }, Result>({
  name: 'blockUser',
  summary: 'No direct messages between us, no push and no invitation from this person; 1,000 at most.',
  payload: object({ userId: id().required() }).required(),
  data: result,
  errors: ['USER_NO_EXISTS', 'WRONG_TARGET_USER_IDS'],
  example: { userId: '3' },
});

export const unblockUser = defineEvent<{ userId: string }, Result>({
  name: 'unblockUser',
  summary: 'Takes a block back.',
  payload: object({ userId: id().required() }).required(),
  data: result,
  errors: [],
  example: { userId: '3' },
});

export const listBlockedUsers = defineEvent<Record<string, never> | undefined, { list: WirePerson[] }>({
  name: 'listBlockedUsers',
  summary: 'Whom I blocked, the latest first.',
  payload: optional(object({})),
  data: object({ list: Joi.array().items(wirePerson).required() }),
  errors: [],
  example: {},
});

export const reportMessage = defineEvent<{ messageId: string; reason: string }, Result>({
  name: 'reportMessage',
  summary: 'Report a message of somebody else to the platform, with a reason of 1 to 1,000 characters.',
  payload: object({ messageId, reason: Joi.string().max(2_000).required() }).required(),
  data: result,
  errors: ['MESSAGE_NO_EXISTS', 'YOU_HAVE_NO_AUTHORIZATION', 'RATE_LIMITED'],
  example: { messageId: aMessageId, reason: '욕설' },
});
