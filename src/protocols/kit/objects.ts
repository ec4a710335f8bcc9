import { MESSAGE_TYPES, ROOM_TYPES, WORD_FILTERS } from '../../domain/model.ts';
import { Joi, optional } from './schema.ts';

/**
 * Room and Message of protocol 1 as schemas of what goes OUT (protocols.md 3): the socket catalogue and the
 * platform API show the same objects. Tests check every frame that a client receives against them.
 */

const nullable = <S extends { allow(...values: unknown[]): S }>(schema: S): S => schema.allow(null);
const date = () => Joi.string().isoDate();

/** Seconds: six hours. */
const MAX_SLOW_SECONDS = 21_600;

export const RULE_KEYS = {
  canCopyMessage: Joi.boolean(),
  canCaptureMessage: Joi.boolean(),
  canDeleteMessage: Joi.boolean(),
  canShareMessage: Joi.boolean(),
  canInviteMemebrs: Joi.boolean(),
  canLeaveOutRoom: Joi.boolean(),
  canShowMemberList: Joi.boolean(),
  canShowMemberMeta: Joi.boolean(),
  canSeeHistory: Joi.boolean(),
  isFreezed: Joi.boolean(),
  showTyping: Joi.boolean(),
  slowModeSeconds: Joi.number().integer().min(0).max(MAX_SLOW_SECONDS),
  wordFilter: Joi.valid(...WORD_FILTERS).allow(null),
};

/** The same as clients send them: each may be absent. */
export const rulesInput = Joi.object(
  Object.fromEntries(Object.entries(RULE_KEYS).map(([key, rule]) => [key, optional(rule)])),
);

const wireAuthor = Joi.object({
  authorId: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()),
});
const wireData = Joi.object({
  type: Joi.valid(...MESSAGE_TYPES).required(),
  content: Joi.object().required(),
});

/** `count` people in all, the first of them by id. */
export const wireReaction = Joi.object({
  emoji: Joi.string().required(),
  count: Joi.number().integer().min(1).required(),
  userIds: Joi.array().items(Joi.string()).required(),
});

/** What a reply shows of the message it answers; only the id where the rest is not at hand. */
const wireQuote = Joi.object({
  _id: Joi.string().hex().length(24).required(),
  seq: Joi.number().integer().min(1),
  author: wireAuthor,
  data: wireData,
  status: Joi.object({ deleted: Joi.boolean().required() }),
});

export const wireAnnouncement = Joi.object({
  _id: Joi.string().required(),
  roomId: Joi.string().required(),
  content: Joi.string().allow('').required(),
  messageId: nullable(Joi.string()).required(),
  author: wireAuthor.required(),
  createdAt: date().required(),
});

/** What a message was before an edit. */
export const wireEdit = Joi.object({
  data: wireData.required(),
  editedAt: date().required(),
  editedBy: Joi.string().required(),
});

export const wireMessage = Joi.object({
  _id: Joi.string().hex().length(24).required(),
  syncKey: Joi.string().required(),
  roomId: Joi.string().required(),
  seq: Joi.number().integer().min(1).required(),
  author: wireAuthor.required(),
  data: wireData.required(),
  meta: nullable(Joi.object()).required(),
  status: Joi.object({ deleted: Joi.boolean().required(), hidden: Joi.boolean().required() }).required(),
  replyTo: nullable(wireQuote).required(),
  mentions: Joi.array().items(Joi.string()).required(),
  reactions: Joi.array().items(wireReaction).required(),
  links: Joi.array().items(Joi.string()).required(),
  editedAt: nullable(date()).required(),
  createdAt: date().required(),
});

/** A message of a page, and as it comes live: how many have not read it, by what receipts told. */
export const wireReadMessage = wireMessage.append({
  unreadUserCount: Joi.number().integer().min(0).required(),
});

export const wireJoinUser = Joi.object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()).required(),
  lastReadMessageId: nullable(Joi.string()).required(),
  master: Joi.boolean().required(),
  alarmOn: Joi.boolean().required(),
  // A moment that has passed means nothing any more.
  mutedUntil: nullable(date()).required(),
  meta: nullable(Joi.object()).required(),
  joinedSeq: Joi.number().integer().min(0).required(),
  createdAt: date().required(),
});

export const wireRoom = Joi.object({
  _id: Joi.string().hex().length(24).required(),
  no: Joi.number().integer().min(1).required(),
  roomType: Joi.valid(...ROOM_TYPES).required(),
  name: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()).required(),
  link: nullable(
    Joi.object({ sid: Joi.string().required(), name: Joi.string().allow('').required() }),
  ).required(),
  rules: Joi.object(RULE_KEYS).options({ presence: 'required' }).required(),
  meta: nullable(Joi.object()).required(),
  freezingReasonCode: nullable(Joi.string()).required(),
  opensAt: nullable(date()).required(),
  expiresAt: nullable(date()).required(),
  createdAt: date().required(),
  joinUserCount: Joi.number().integer().min(0).required(),
  joinUsers: Joi.array().items(wireJoinUser).required(),
  lastSeq: Joi.number().integer().min(0).required(),
  lastAnnouncement: nullable(wireAnnouncement).required(),
  lastMessage: nullable(wireMessage).required(),
  unReadMsgCount: Joi.number().integer().min(0).required(),
  mentionCount: Joi.number().integer().min(0).required(),
});

/** A person who was found: nothing but what others may know. */
export const wirePerson = Joi.object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()).required(),
});
