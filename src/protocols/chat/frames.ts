import type { FrameDef } from '../kit/event.ts';
import { wireReadMessage, wireRoom } from '../kit/objects.ts';
import { Joi } from '../kit/schema.ts';
import { presence } from './catalogue/presence.ts';

/** Server to client, one argument each. */
export const FRAMES: readonly FrameDef[] = [
  {
    name: 'listenRoom',
    summary:
      'Members or settings of a room changed; who was put out gets it once, without themselves in `joinUsers`.',
    payload: wireRoom,
  },
  {
    name: 'updateRoomLastMessage',
    summary: 'The last message of one of my rooms, or my own unread or mention count of it, changed.',
    payload: wireRoom,
  },
  {
    name: 'listenMessage_${roomId}',
    summary:
      'A message of a room that I view: new, edited, deleted, or hidden by me. Replace by `_id` or `syncKey`.',
    payload: wireReadMessage.append({ eventType: Joi.valid('CREATE', 'UPDATE', 'DELETE').required() }),
  },
  {
    name: 'readReceipts_${roomId}',
    summary: 'Who has read up to where, once it is stored, in a room that I view.',
    payload: Joi.object({
      reads: Joi.array()
        .items(
          Joi.object({
            userId: Joi.string().required(),
            messageId: Joi.string().allow(null).required(),
            seq: Joi.number().required(),
          }),
        )
        .required(),
    }),
  },
  {
    name: 'progress_${syncKey}',
    summary:
      'How far one of my uploads is, 0 to 1; with an `exportId` in place of the syncKey, one of my exports.',
    payload: Joi.number().min(0).max(1),
  },
  {
    name: 'roomHeads',
    summary:
      'The heads of the rooms that I view, now and then: who has less has lost something, and asks `sync`.',
    payload: Joi.object({
      heads: Joi.array()
        .items(Joi.object({ roomId: Joi.string().required(), lastSeq: Joi.number().integer().required() }))
        .required(),
    }),
  },
  {
    name: 'exportFinished',
    summary:
      'An export of mine is there (`url`, signed for an hour) or failed (`error`); once more when its mail is out or was given up (`mailed`).',
    payload: Joi.object({
      exportId: Joi.string().required(),
      url: Joi.string().allow(null).required(),
      error: Joi.string(),
      mailed: Joi.boolean(),
    }),
  },
  {
    name: 'typing_${roomId}',
    summary: 'Another viewer of the room began or stopped typing; it ends by itself after 6 s.',
    payload: Joi.object({
      userId: Joi.string().required(),
      nickName: Joi.string().allow('').required(),
      isTyping: Joi.boolean().required(),
    }),
  },
  {
    name: 'presence',
    summary: 'Somebody I follow came online, or went with the last of their connections.',
    payload: presence,
  },
  {
    name: 'tokenExpired',
    summary: 'The token ended or was revoked; the connection is closed.',
    payload: Joi.object({}),
  },
];
