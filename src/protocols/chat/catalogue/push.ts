import { PUSH_PLATFORMS, type DoNotDisturb, type PushPlatform } from '../../../domain/ports.ts';
import { defineEvent } from '../../kit/event.ts';
import { Joi } from '../../kit/schema.ts';
import { object, result, type Result } from './shared.ts';

/** Devices that want pushes, and when they want none. */

const token = Joi.string().min(1).max(4_096).required();
const time = Joi.string()
  .pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM')
  .required();

export const registerPushToken = defineEvent<{ token: string; platform: PushPlatform }, Result>({
  name: 'registerPushToken',
  summary:
    'Send pushes to this device from now on, and to nobody else who used it before; 20 devices per user, the oldest go.',
  payload: object({ token, platform: Joi.valid(...PUSH_PLATFORMS).required() }).required(),
  data: result,
  errors: [],
  example: { token: 'cX1yZ2…', platform: 'android' },
});

export const unregisterPushToken = defineEvent<{ token: string }, Result>({
  name: 'unregisterPushToken',
  summary: 'Send no more pushes to this device, as at logging out.',
  payload: object({ token }).required(),
  data: result,
  errors: [],
  example: { token: 'cX1yZ2…' },
});

export const setDoNotDisturb = defineEvent<DoNotDisturb | null, Result>({
  name: 'setDoNotDisturb',
  summary:
    'No pushes between these times of every day (over midnight too; the same twice is the whole day); null ends it.',
  payload: object({ from: time, to: time, timezone: Joi.string().min(1).max(64).required() })
    .allow(null)
    .required(),
  data: result,
  errors: ['INVALID_PAYLOAD'],
  example: { from: '22:00', to: '07:00', timezone: 'Asia/Seoul' },
});
