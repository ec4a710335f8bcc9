import type {
  presentJoinUser,
  presentMessage,
  presentPerson,
  presentRead,
  presentRoom,
  presentRules,
} from '../../kit/present.ts';
import { wireRoom } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';

/** What the parts of the contract share. */

export type WireRoom = ReturnType<typeof presentRoom>;
export type WireMessage = ReturnType<typeof presentMessage>;
export type WireReadMessage = ReturnType<typeof presentRead>;
export type WireJoinUser = ReturnType<typeof presentJoinUser>;
export type WirePerson = ReturnType<typeof presentPerson>;
export type WireRules = Partial<ReturnType<typeof presentRules>>;
export type Result = { result: true };
export type RoomList = { list: WireRoom[]; nextCursor: string | null };

export const object: typeof Joi.object = (schema?: object) => Joi.object(schema);
export const roomId = id().required();
export const messageId = id().required();
export const result = object({ result: Joi.valid(true).required() });
export const cursor = optional(Joi.string().max(64));
export const count = optional(Joi.number().integer().min(1));
export const ids = (max: number) => Joi.array().items(id()).max(max);
/** As many people as one event may name. */
export const people = ids(1_000);
export const nextCursor = Joi.string().allow(null).required();
export const roomList = object({ list: Joi.array().items(wireRoom).required(), nextCursor });
export const aRoomId = '6740a1b2c3d4e5f601234567';
export const aMessageId = '6740a1b2c3d4e5f6012345ab';
export const MEMBER_ERRORS = ['ROOM_NO_EXISTS', 'YOU_ARE_NO_JOINED_ROOM'] as const;
