import { MESSAGE_TYPES, ROOM_TYPES } from '../../domain/model.ts';
import { Joi, optional } from './schema.ts';

/**
 * Room and Message of protocol 1 as schemas of what goes OUT (protocols.md 3): the socket catalogue and the
 * platform API show the same objects. Tests check every frame that a client receives against them.
 */

const nullable = <S extends { allow(...values: unknown[]): S }>(schema: S): S => schema.allow(null);
const date = () => Joi.string().isoDate();

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
};

/** The same as clients send them: each may be absent. */
export const rulesInput = Joi.object(
  Object.fromEntries(Object.keys(RULE_KEYS).map(key => [key, optional(Joi.boolean())])),
);

export const wireMessage = Joi.object({
  _id: Joi.string().hex().length(24).required(),
  syncKey: Joi.string().required(),
  roomId: Joi.string().required(),
  seq: Joi.number().integer().min(1).required(),
  author: Joi.object({
    authorId: Joi.string().required(),
    nickName: Joi.string().allow('').required(),
    profileUrl: nullable(Joi.string()),
  }).required(),
  data: Joi.object({
    type: Joi.valid(...MESSAGE_TYPES).required(),
    content: Joi.object().required(),
  }).required(),
  meta: nullable(Joi.object()).required(),
  status: Joi.object({ deleted: Joi.boolean().required(), hidden: Joi.boolean().required() }).required(),
  replyTo: nullable(Joi.object()).required(),
  mentions: Joi.array().items(Joi.string()).required(),
  reactions: Joi.array().required(),
  links: Joi.array().required(),
  editedAt: nullable(date()).required(),
  createdAt: date().required(),
});

export const wireJoinUser = Joi.object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()).required(),
  lastReadMessageId: nullable(Joi.string()).required(),
  master: Joi.boolean().required(),
  alarmOn: Joi.boolean().required(),
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
  lastAnnouncement: nullable(Joi.object()).required(),
  lastMessage: nullable(wireMessage).required(),
  unReadMsgCount: Joi.number().integer().min(0).required(),
});

/** A person who was found: nothing but what others may know. */
export const wirePerson = Joi.object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: nullable(Joi.string()).required(),
});
