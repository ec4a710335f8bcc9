import { ROOM_TYPES, type Card, type Link, type RoomType } from '../../../domain/model.ts';
import type { Scope } from '../../../domain/ports.ts';
import { cardSchema } from '../../kit/card.ts';
import { rulesInput } from '../../kit/objects.ts';
import type { presentJoinUser, presentMessage, presentRoom, presentRules } from '../../kit/present.ts';
import { defineRoute, type RouteDef } from '../../kit/route.ts';
import { freeForm, id, Joi, optional } from '../../kit/schema.ts';

/** What the parts of the contract share. */

export type WireRoom = ReturnType<typeof presentRoom>;
export type WireMessage = ReturnType<typeof presentMessage>;
export type WireJoinUser = ReturnType<typeof presentJoinUser>;
export type WireRules = Partial<ReturnType<typeof presentRules>>;

export interface PersonBody {
  _id: string;
  nickName: string;
  profileUrl?: string;
  master?: boolean;
  meta?: Record<string, unknown>;
}

export interface MessageBody {
  author: { authorId: string; nickName?: string; profileUrl?: string };
  data: { type: 'TEXT' | 'ADMIN' | 'CARD'; content: string | { text?: string; rawData?: Card } };
  syncKey?: string;
  meta?: Record<string, unknown>;
}

export interface RoomBody {
  name: string;
  profileUrl?: string;
  roomType: RoomType;
  joinUsers: PersonBody[];
  link?: Link;
  message?: MessageBody;
  meta?: Record<string, unknown>;
  rules?: WireRules;
  opensAt?: string;
  expiresAt?: string;
}

export interface RoomPatch {
  name?: string;
  profileUrl?: string | null;
  rules?: WireRules;
  link?: Link | null;
  meta?: Record<string, unknown> | null;
  freezingReasonCode?: string | null;
  opensAt?: string | null;
  expiresAt?: string | null;
}

export interface UserView {
  _id: string;
  nickName: string;
  profileUrl: string | null;
  meta: Record<string, unknown> | null;
  lastSeenAt: Date | null;
}

export const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
export const profileUrl = Joi.string().allow('').max(2_048);
export const name = Joi.string().allow('').max(400);
export const date = Joi.string().isoDate();
export const link = object({ sid: id().required(), name: Joi.string().allow('').max(200).required() });
export const rules = rulesInput;
export const result = object({ result: Joi.valid(true).required() });
export const inRoom = object({ id: id().required() });
export const cursorQuery = { cursor: Joi.string().max(64), limit: Joi.number().integer().min(1).max(500) };

export const person = object({
  // What no token can hold (auth.ts) must not be provisioned either.
  _id: id()
    .max(128)
    .pattern(/^[^\0\p{Cs}]*$/u, 'text')
    .required(),
  nickName: Joi.string().allow('').max(100).required(),
  profileUrl: optional(profileUrl),
  master: optional(Joi.boolean()),
  meta: optional(freeForm()),
});
export const content = Joi.alternatives(
  Joi.string().allow(''),
  object({ text: optional(Joi.string().allow('')), rawData: optional(cardSchema) }),
);
export const message = object({
  author: object({
    authorId: id().required(),
    nickName: optional(Joi.string().allow('').max(100)),
    profileUrl: optional(profileUrl),
  }).required(),
  data: object({
    type: Joi.valid('TEXT', 'ADMIN', 'CARD').required(),
    content: content.required(),
  }).required(),
  syncKey: optional(id().max(200)),
  meta: optional(freeForm()),
});
export const room = object({
  name: name.required(),
  profileUrl: optional(profileUrl),
  roomType: Joi.valid(...ROOM_TYPES).required(),
  joinUsers: Joi.array().items(person).max(10_000).required(),
  link: optional(link),
  message: optional(message),
  meta: optional(freeForm()),
  rules: optional(rules),
  opensAt: optional(date),
  expiresAt: optional(date),
});
export const roomExample = {
  name: '상담방',
  roomType: 'GROUP',
  joinUsers: [
    { _id: '1', nickName: '홍길동', master: true },
    { _id: '2', nickName: '김철수', master: false },
  ],
  link: { sid: 'shop-1', name: '가게' },
  message: {
    author: { authorId: '1', nickName: '홍길동' },
    data: { type: 'TEXT', content: { text: '안녕하세요' } },
  },
};
export const user = object({
  _id: Joi.string().required(),
  nickName: Joi.string().allow('').required(),
  profileUrl: Joi.string().allow(null).required(),
  meta: Joi.object().allow(null).required(),
  lastSeenAt: date.allow(null).required(),
});

export type PlatformRoute<I, O> = RouteDef<I, O> & { scope: Scope };
export const route = <I, O>(def: Omit<PlatformRoute<I, O>, 'types'>) =>
  defineRoute<I, O>(def) as PlatformRoute<I, O>;
