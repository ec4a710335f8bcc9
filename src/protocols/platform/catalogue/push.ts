import { PUSH_REASONS, type PushReason } from '../../../domain/push/explain.ts';
import { id, Joi } from '../../kit/schema.ts';
import { date, object, route } from './shared.ts';

/** Push. */

export interface ExplanationView {
  sent: boolean;
  reason: PushReason;
  devices: number;
  attempts: {
    at: Date;
    device: string | null;
    platform: string | null;
    outcome: string;
    answer: string | null;
  }[];
}

export const explainPush = route<{ userId: string; messageId: string }, ExplanationView>({
  method: 'get',
  path: '/push/explain',
  summary: 'Why a push of this message to this user was or was not sent, and what the provider answered.',
  scope: 'users:read',
  query: object({ userId: id().required(), messageId: id().required() }),
  response: object({
    sent: Joi.boolean().required(),
    reason: Joi.valid(...PUSH_REASONS).required(),
    devices: Joi.number().integer().min(0).required(),
    attempts: Joi.array()
      .items(
        object({
          at: date.required(),
          device: Joi.string().allow(null).required(),
          platform: Joi.string().allow(null).required(),
          outcome: Joi.string().required(),
          answer: Joi.string().allow(null).required(),
        }),
      )
      .required(),
  }),
  errors: ['MESSAGE_NO_EXISTS', 'INVALID_PAYLOAD'],
});
