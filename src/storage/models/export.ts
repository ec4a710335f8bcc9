import { Schema, type Types } from 'mongoose';
import type { ExportJob } from '../../domain/ports.ts';

/** An export; `slot` is the asker's while it is not settled, and nobody's afterwards. */
export type ExportDoc = Omit<ExportJob, 'id' | 'roomId' | 'told'> & {
  _id: Types.ObjectId;
  roomId: Types.ObjectId | null;
  slot: string;
  /** Present while the asking user was not told how it ended. */
  untold?: true;
};

export const exportSchema = new Schema<ExportDoc>(
  {
    by: { type: Schema.Types.Mixed, required: true },
    links: { type: [String], default: null },
    roomId: { type: Schema.Types.ObjectId, default: null },
    userId: { type: String, default: null },
    format: { type: String, required: true },
    withFiles: { type: Boolean, required: true },
    email: { type: String, default: null },
    from: { type: Number, required: true },
    upTo: { type: Number, required: true },
    name: { type: String, required: true },
    state: { type: String, required: true },
    progress: { type: Number, default: 0 },
    attempts: { type: Number, default: 0 },
    file: { type: Schema.Types.Mixed, default: null },
    error: { type: String, default: null },
    mail: { type: String, required: true },
    mailAttempts: { type: Number, default: 0 },
    dueAt: { type: Date, default: null },
    node: { type: String, default: null },
    slot: { type: String, required: true },
    untold: { type: Boolean },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'exports', versionKey: false },
);
// One at a time per user, on whatever node they ask.
exportSchema.index({ slot: 1 }, { name: 'slot', unique: true });
// What a worker may take.
exportSchema.index({ dueAt: 1 }, { name: 'due' });
// Those of one asker.
exportSchema.index({ 'by.id': 1, 'by.kind': 1 }, { name: 'asker' });
// The sweep of those whose time is over.
exportSchema.index({ expiresAt: 1 }, { name: 'expires' });
// Who is told when they come back.
exportSchema.index({ untold: 1 }, { name: 'untold', partialFilterExpression: { untold: true } });
