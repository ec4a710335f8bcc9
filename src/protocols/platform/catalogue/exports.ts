import type { ErrorCode } from '../../../domain/errors.ts';
import { EXPORT_FORMATS, type ExportFormat, type ExportJob } from '../../../domain/ports.ts';
import { id, Joi, optional } from '../../kit/schema.ts';
import { date, inRoom, object, route } from './shared.ts';

/** Exports of rooms, and of what is stored about a person. */

export interface ExportBody {
  roomId?: string;
  userId?: string;
  format: ExportFormat;
  email?: string;
  withFiles?: boolean;
}

export interface WireExport {
  exportId: string;
  state: ExportJob['state'];
  progress: number;
  url: string | null;
  error: ErrorCode | null;
  mailed: boolean | null;
  expiresAt: Date;
}

export const createExport = route<ExportBody, { exportId: string }>({
  method: 'post',
  path: '/exports',
  summary:
    'Export a whole room, or (`json`) everything that is stored about a user; `withFiles` makes a ZIP, `email` mails it.',
  scope: 'exports',
  body: object({
    roomId: optional(id()),
    userId: optional(id()),
    format: Joi.valid(...EXPORT_FORMATS).required(),
    email: optional(Joi.string().email({ tlds: false }).max(320)),
    withFiles: optional(Joi.boolean()),
  }).xor('roomId', 'userId'),
  response: object({ exportId: Joi.string().required() }),
  errors: ['ROOM_NO_EXISTS', 'USER_NO_EXISTS', 'INVALID_PAYLOAD', 'RATE_LIMITED'],
  example: { roomId: '6740a1b2c3d4e5f601234567', format: 'json', withFiles: true },
});

export const getExport = route<{ id: string }, WireExport>({
  method: 'get',
  path: '/exports/:id',
  summary:
    'How far an export of this key is; once it is `done`, `url` works for an hour and is made anew at each call.',
  scope: 'exports',
  params: inRoom,
  response: object({
    exportId: Joi.string().required(),
    state: Joi.valid('waiting', 'running', 'done', 'failed').required(),
    progress: Joi.number().min(0).max(1).required(),
    url: Joi.string().allow(null).required(),
    error: Joi.string().allow(null).required(),
    mailed: Joi.boolean().allow(null).required(),
    expiresAt: date.required(),
  }),
  errors: ['NOT_FOUND'],
});
