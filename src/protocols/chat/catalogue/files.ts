import { FILE_TYPES } from '../../../domain/messages/files.ts';
import type { FileType } from '../../../domain/ports.ts';
import { defineEvent } from '../../kit/event.ts';
import { wireReadMessage } from '../../kit/objects.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import {
  aRoomId,
  MEMBER_ERRORS,
  object,
  result,
  roomId,
  type Result,
  type WireReadMessage,
} from './shared.ts';

/** Files: sending them in slices, and links to read them by. */

export interface SlicePayload {
  syncKey: string;
  roomId: string;
  type: FileType;
  name: string;
  size: number;
  data?: Buffer;
  sliceIndex?: number;
}

export interface UploadProgress {
  slice: number;
  progress: number;
}

const syncKey = id().max(200).required();
const progress = {
  slice: Joi.number().integer().min(0).required(),
  progress: Joi.number().min(0).max(1).required(),
};
const received = Joi.number().integer().min(0).required();

export const sendFileMessage = defineEvent<
  SlicePayload,
  UploadProgress | (Result & { message: WireReadMessage })
>({
  name: 'sendFileMessage',
  summary:
    'Send a file in slices: while it is incomplete the ack tells how far it is, with the last slice it is the message. Without `sliceIndex` a slice is the next one of the upload that this connection began.',
  payload: object({
    syncKey,
    roomId,
    type: Joi.valid(...FILE_TYPES).required(),
    name: Joi.string().max(1_024).required(),
    size: Joi.number().integer().min(1).required(),
    data: optional(Joi.binary()),
    sliceIndex: optional(Joi.number().integer().min(0)),
  }).required(),
  data: Joi.alternatives(object(progress), result.append({ message: wireReadMessage.required() })),
  errors: [
    ...MEMBER_ERRORS,
    'ROOM_IS_FREEZED',
    'YOU_ARE_MUTED',
    'YOU_HAVE_NO_AUTHORIZATION',
    'MESSAGE_HAS_BANNED_WORDS',
    'SEND_FILE_IS_EMPTY',
    'FILE_NO_EXISTS_WITH_SYNC_KEY',
    'FILE_SLICE_OUT_OF_ORDER',
    'FILE_TOO_LARGE',
    'FILE_TYPE_NOT_ALLOWED',
    'SYNC_KEY_CONFLICT',
    'RATE_LIMITED',
    'TEMPORARILY_UNAVAILABLE',
  ],
  isSlice: true,
  onTop: ['slice', 'progress'],
  example: {
    syncKey: '1732160000000',
    roomId: aRoomId,
    type: 'FILE',
    name: '안내문.txt',
    size: 20,
    data: Buffer.from('0123456789'),
    sliceIndex: 0,
  },
});

export const cancelFileMessage = defineEvent<{ syncKey: string; roomId?: string }, Result>({
  name: 'cancelFileMessage',
  summary: 'Give an upload up.',
  payload: object({ syncKey, roomId: optional(id()) }).required(),
  data: result,
  errors: ['FILE_NO_EXISTS_WITH_SYNC_KEY'],
  example: { syncKey: '1732160000000' },
});

export const resumeFileMessage = defineEvent<
  { syncKey: string; roomId?: string },
  UploadProgress & { received: number }
>({
  name: 'resumeFileMessage',
  summary: 'How far an upload came, in slices and bytes: go on from there, also on another connection.',
  payload: object({ syncKey, roomId: optional(id()) }).required(),
  data: object({ ...progress, received }),
  errors: ['FILE_NO_EXISTS_WITH_SYNC_KEY'],
  onTop: ['slice', 'progress'],
  example: { syncKey: '1732160000000' },
});

export const getFileUrls = defineEvent<{ paths: string[] }, { urls: Record<string, string> }>({
  name: 'getFileUrls',
  summary:
    'Links to files and thumbnails that work without a token for one hour, by path; those that I may not see are absent.',
  payload: object({ paths: Joi.array().items(Joi.string().max(1_024)).max(500).required() }).required(),
  data: object({ urls: Joi.object().pattern(Joi.string(), Joi.string()).required() }),
  errors: [],
  example: { paths: [`rooms/${aRoomId}/20261121/0123456789abcdef0123456789abcdef`] },
});
