import { Schema, type Types } from 'mongoose';

/** Which room holds the key of "exactly these members". */
export interface ClaimDoc {
  _id: string;
  roomId: Types.ObjectId;
}
export const claimSchema = new Schema<ClaimDoc>(
  { _id: { type: String, required: true }, roomId: { type: Schema.Types.ObjectId, required: true } },
  { collection: 'claims', versionKey: false },
);
claimSchema.index({ roomId: 1 }, { name: 'room' });

/** Running numbers of rooms and memberships. */
export interface CounterDoc {
  _id: string;
  value: number;
}
export const counterSchema = new Schema<CounterDoc>(
  { _id: { type: String, required: true }, value: { type: Number, default: 0 } },
  { collection: 'counters', versionKey: false },
);

/** Named points in time. */
export interface MarkDoc {
  _id: string;
  at: Date;
}
export const markSchema = new Schema<MarkDoc>(
  { _id: { type: String, required: true }, at: { type: Date, required: true } },
  { collection: 'marks', versionKey: false },
);

/** A platform key: only its hash is kept. */
export interface ApiKeyDoc {
  _id: string;
  name: string;
  hash: string;
  scopes: string[];
  /** The `link.sid`s it may touch; null: all. */
  links: string[] | null;
  ratePerSecond: number;
  createdAt: Date;
  revokedAt: Date | null;
}
export const apiKeySchema = new Schema<ApiKeyDoc>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    hash: { type: String, required: true },
    scopes: { type: [String], default: [] },
    links: { type: [String], default: null },
    ratePerSecond: { type: Number, default: 0 },
    createdAt: { type: Date, required: true },
    revokedAt: { type: Date, default: null },
  },
  { collection: 'apiKeys', versionKey: false },
);
apiKeySchema.index({ hash: 1 }, { name: 'hash', unique: true });

/** What a POST with an Idempotency-Key was answered; gone after 24 hours. */
export interface IdempotencyDoc {
  _id: string;
  requestHash: string;
  status: number | null;
  body: string | null;
  createdAt: Date;
}
export const idempotencySchema = new Schema<IdempotencyDoc>(
  {
    _id: { type: String, required: true },
    requestHash: { type: String, required: true },
    status: { type: Number, default: null },
    body: { type: String, default: null },
    createdAt: { type: Date, required: true },
  },
  { collection: 'idempotency', versionKey: false },
);
idempotencySchema.index({ createdAt: 1 }, { name: 'expiry', expireAfterSeconds: 86_400 });
