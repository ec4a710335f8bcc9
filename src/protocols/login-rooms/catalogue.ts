import { defineEvent, type FrameDef } from '../kit/event.ts';
import { Joi } from '../kit/schema.ts';

/** The contract of the login rooms (seed 5, protocols.md 9): each event and frame declared once. */

/** Bytes of a message. */
export const MAX_MESSAGE = 16_384;

/** A name of a person or room: trimmed, 1 to 20 letters or digits of any script (marks belong to letters). */
const label = (field: string) =>
  Joi.string()
    .normalize('NFC')
    .trim()
    .prefs({ convert: true })
    .pattern(/^[\p{L}\p{N}\p{M}]+$/u)
    .custom((text: string, { error }) => ([...text].length > 20 ? error('string.pattern.base') : text))
    .required()
    .label(field)
    .messages({
      'string.pattern.base': '{#label} must be 1 to 20 letters or digits',
      'string.empty': '{#label} must be 1 to 20 letters or digits',
    });

export interface LoginUser {
  id: string;
  name: string;
  room: string;
}
const user = Joi.object({
  id: Joi.string().required(),
  name: Joi.string().required(),
  room: Joi.string().required(),
});

export const login = defineEvent<{ name: string; room: string }, LoginUser>({
  name: 'login',
  summary: 'Come into a room by a name; the ack is `{error, user}`.',
  payload: Joi.object({ name: label('name'), room: label('room') }).required(),
  data: user,
  errors: ['INVALID_PAYLOAD', 'ROOM_IS_FULL', 'RATE_LIMITED'],
  example: { name: 'Ann', room: 'yard' },
});

export const logout = defineEvent<unknown, LoginUser>({
  name: 'logout',
  summary: 'Leave the room; the ack is `{error, user}`.',
  payload: Joi.any(),
  data: user,
  errors: ['INVALID_PAYLOAD'],
  example: null,
});

export const roomMessage = defineEvent<string, null>({
  name: 'roomMessage',
  summary: 'Say something, encrypted by the client, to the room: it is passed on and stored nowhere.',
  payload: Joi.string().required().label('message'),
  data: Joi.valid(null).required(),
  errors: ['INVALID_PAYLOAD', 'RATE_LIMITED'],
  example: 'U2FsdGVkX1+…',
});

export const ping = defineEvent<unknown, string>({
  name: 'ping',
  summary: 'The ack is the id of the socket.',
  payload: Joi.any(),
  data: Joi.string().required(),
  errors: [],
  example: null,
});

/** Events that are nothing without an ack: who sends none is closed. */
export const NEEDS_ACK: readonly string[] = [login.name, logout.name, ping.name];

/** Server to client, one argument each. */
export const FRAMES: readonly FrameDef[] = [
  {
    name: 'notification',
    summary: 'Somebody else came or went; or, to the sender alone, a message was refused.',
    payload: Joi.object({ title: Joi.string().required(), description: Joi.string().required() }),
  },
  { name: 'users', summary: 'Who is in the room.', payload: Joi.array().items(user) },
  {
    name: 'roomMessage',
    summary: 'What somebody, oneself included, said: `from` is their name.',
    payload: Joi.object({ message: Joi.string().required(), from: Joi.string().required() }),
  },
];
