import { Schema, type Types } from 'mongoose';
import type { Broadcast, Delivery, StreamDraft, Webhook, Lane } from '../../domain/ports.ts';
import type { MessageDoc } from './message.ts';

/** Something that happened and that platforms are told of; gone after `WEBHOOK_DAYS`. */
export interface EventDoc {
  _id: string;
  no: number;
  event: StreamDraft['event'];
  at: Date;
  roomId: Types.ObjectId;
  linkSid?: string;
  seq?: number;
  /** Whose message it shows. */
  authorId?: string;
  message?: MessageDoc;
  room?: StreamDraft['facts']['room'];
  members?: StreamDraft['facts']['members'];
  report?: Record<string, unknown>;
  expiresAt: Date;
}

export const eventSchema = new Schema<EventDoc>(
  {
    _id: { type: String, required: true },
    no: { type: Number, required: true },
    event: { type: String, required: true },
    at: { type: Date, required: true },
    roomId: { type: Schema.Types.ObjectId, required: true },
    linkSid: { type: String },
    seq: { type: Number },
    authorId: { type: String },
    message: { type: Schema.Types.Mixed },
    room: { type: Schema.Types.Mixed },
    members: { type: Schema.Types.Mixed },
    report: { type: Schema.Types.Mixed },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'events', versionKey: false },
);

export const NO_INDEX = 'event_no';
// The arbiter between nodes, and the way to every page.
eventSchema.index({ no: 1 }, { name: NO_INDEX, unique: true });
// A room that is behind catches up by itself; what is deleted there is emptied here.
eventSchema.index({ roomId: 1, no: 1 }, { name: 'event_room_no' });
eventSchema.index({ at: 1 }, { name: 'event_at' });
// Erasure of a person.
eventSchema.index(
  { authorId: 1 },
  { name: 'event_author', partialFilterExpression: { authorId: { $exists: true } } },
);
eventSchema.index({ expiresAt: 1 }, { name: 'event_expiry', expireAfterSeconds: 0 });

/** Whether the stream is wanted, and rooms whose removal has to be told. */
export interface StreamNoteDoc {
  _id: string;
  since?: Date;
  until?: Date;
  removal?: EventDoc;
  announcedAt?: Date;
}

export const streamNoteSchema = new Schema<StreamNoteDoc>(
  {
    _id: { type: String, required: true },
    since: { type: Date },
    until: { type: Date },
    removal: { type: Schema.Types.Mixed },
    announcedAt: { type: Date },
  },
  { collection: 'streamNotes', versionKey: false },
);

interface Lease {
  holder: string;
  until: Date;
}

export interface WebhookDoc extends Omit<Webhook, 'id'> {
  _id: string;
  lease: Lease | null;
}

export const webhookSchema = new Schema<WebhookDoc>(
  {
    _id: { type: String, required: true },
    url: { type: String, required: true },
    events: { type: [String], required: true },
    secret: { type: String, required: true },
    links: { type: [String], default: null },
    disabledReason: { type: String, default: null },
    disabledAt: { type: Date, default: null },
    failingSince: { type: Date, default: null },
    cursor: { type: Number, default: 0 },
    epoch: { type: Number, default: 0 },
    lease: { type: Schema.Types.Mixed, default: null },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'webhooks', versionKey: false },
);

/** A room that is behind the cursor of a webhook. */
export interface LaneDoc extends Lane {
  _id: string;
}

export const laneSchema = new Schema<LaneDoc>(
  {
    _id: { type: String, required: true },
    webhookId: { type: String, required: true },
    key: { type: String, required: true },
    epoch: { type: Number, required: true },
    roomId: { type: String, required: true },
    after: { type: Number, required: true },
    only: { type: Boolean, default: false },
    attempts: { type: Number, default: 0 },
    since: { type: Date, default: null },
    nextAt: { type: Date, required: true },
  },
  { collection: 'webhookLanes', versionKey: false },
);
laneSchema.index({ webhookId: 1 }, { name: 'lane_webhook' });

export interface DeliveryDoc extends Omit<Delivery, 'id'> {
  _id: string;
  /** `-no`: the newest come first on an ascending index. */
  rank: number;
  expiresAt: Date;
}

export const deliverySchema = new Schema<DeliveryDoc>(
  {
    _id: { type: String, required: true },
    webhookId: { type: String, required: true },
    no: { type: Number, required: true },
    rank: { type: Number, required: true },
    eventId: { type: String, required: true },
    event: { type: String, required: true },
    roomId: { type: String, required: true },
    status: { type: String, required: true },
    attempts: { type: Number, required: true },
    statusCode: { type: Number, default: null },
    error: { type: String, default: null },
    duration: { type: Number, required: true },
    lastAttemptAt: { type: Date, required: true },
    nextAttemptAt: { type: Date, default: null },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'deliveries', versionKey: false },
);
deliverySchema.index({ webhookId: 1, rank: 1 }, { name: 'delivery_rank' });
deliverySchema.index({ webhookId: 1, status: 1, rank: 1 }, { name: 'delivery_status_rank' });
deliverySchema.index({ expiresAt: 1 }, { name: 'delivery_expiry', expireAfterSeconds: 0 });

export interface BroadcastDoc extends Omit<Broadcast, 'id'> {
  _id: string;
  lease: Lease;
}

export const broadcastSchema = new Schema<BroadcastDoc>(
  {
    _id: { type: String, required: true },
    keyId: { type: String, required: true },
    links: { type: [String], default: null },
    hash: { type: String, required: true },
    target: { type: Schema.Types.Mixed, required: true },
    message: { type: Schema.Types.Mixed, required: true },
    status: { type: String, required: true },
    cursor: { type: String, default: null },
    rooms: { type: Number, required: true },
    written: { type: Number, default: 0 },
    failed: { type: Schema.Types.Mixed },
    lease: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
    finishedAt: { type: Date, default: null },
  },
  { collection: 'broadcasts', versionKey: false },
);
// What still runs, and whose node may be dead.
broadcastSchema.index(
  { 'lease.until': 1 },
  { name: 'broadcast_running', partialFilterExpression: { status: 'running' } },
);
