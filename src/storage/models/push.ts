import { Schema, type Types } from 'mongoose';
import type { PushPlatform, PushResult } from '../../domain/ports.ts';

/** A device; `_id` is a hash of the token. */
export interface PushTokenDoc {
  _id: string;
  token: string;
  userId: string;
  platform: PushPlatform;
  at: Date;
}
export const pushTokenSchema = new Schema<PushTokenDoc>(
  {
    _id: { type: String, required: true },
    token: { type: String, required: true },
    userId: { type: String, required: true },
    platform: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'pushTokens', versionKey: false },
);
pushTokenSchema.index({ userId: 1, at: 1 }, { name: 'user_at' });

/** What the devices of a user show of a room; gone after 30 days, longer than any provider keeps a push. */
export interface PushShownDoc {
  _id: Types.ObjectId;
  userId: string;
  roomId: Types.ObjectId;
  messageId: string;
  seq: number;
  at: Date;
}
export const pushShownSchema = new Schema<PushShownDoc>(
  {
    userId: { type: String, required: true },
    roomId: { type: Schema.Types.ObjectId, required: true },
    messageId: { type: String, required: true },
    seq: { type: Number, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'pushShown', versionKey: false },
);
pushShownSchema.index({ userId: 1, roomId: 1 }, { name: 'user_shown', unique: true });
pushShownSchema.index({ roomId: 1, messageId: 1 }, { name: 'room_shown' });
pushShownSchema.index({ at: 1 }, { name: 'shown_expiry', expireAfterSeconds: 30 * 86_400 });

/** What became of pushes: one document per message and batch; gone after seven days. */
export interface PushLogDoc {
  _id: Types.ObjectId;
  messageId: string;
  roomId: string;
  at: Date;
  results: PushResult[];
}
export const pushLogSchema = new Schema<PushLogDoc>(
  {
    messageId: { type: String, required: true },
    roomId: { type: String, required: true },
    at: { type: Date, required: true },
    results: { type: Schema.Types.Mixed, required: true },
  },
  { collection: 'pushLog', versionKey: false },
);
pushLogSchema.index({ messageId: 1, at: 1 }, { name: 'message_at' });
pushLogSchema.index({ at: 1 }, { name: 'log_expiry', expireAfterSeconds: 7 * 86_400 });
