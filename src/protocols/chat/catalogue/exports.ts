import { EXPORT_FORMATS, type ExportFormat } from '../../../domain/ports.ts';
import { defineEvent } from '../../kit/event.ts';
import { Joi, optional } from '../../kit/schema.ts';
import { aRoomId, MEMBER_ERRORS, object, roomId } from './shared.ts';

/** Exports: taking a conversation along. */

export interface ExportPayload {
  roomId: string;
  format: ExportFormat;
  email?: string;
  withFiles?: boolean;
}

export const exportRoom = defineEvent<ExportPayload, { exportId: string }>({
  name: 'exportRoom',
  summary:
    'Begin the export of what I see of a room, one at a time; `progress_${exportId}` and `exportFinished` follow, also after a reconnect. `withFiles` makes a ZIP; `email` must be the one in my token.',
  payload: object({
    roomId,
    format: Joi.valid(...EXPORT_FORMATS).required(),
    email: optional(Joi.string().email({ tlds: false }).max(320)),
    withFiles: optional(Joi.boolean()),
  }).required(),
  data: object({ exportId: Joi.string().required() }),
  errors: [...MEMBER_ERRORS, 'YOU_HAVE_NO_AUTHORIZATION', 'RATE_LIMITED'],
  example: { roomId: aRoomId, format: 'csv', withFiles: false },
});
