import { Schema, type Types } from 'mongoose';
import type { Import } from '../../domain/ports.ts';

/** An import of rooms and messages, as a job. */
export type ImportDoc = Omit<Import, 'id'> & {
  _id: Types.ObjectId;
  /** Whoever works on it, and until when nobody else may. */
  holder: string | null;
  heldUntil: Date;
};

export const importSchema = new Schema<ImportDoc>(
  {
    keyId: { type: String, required: true },
    links: { type: [String], default: null },
    validate: { type: Boolean, required: true } as never,
    state: { type: String, required: true },
    failure: { type: String, default: null },
    size: { type: Number, required: true },
    line: { type: Number, required: true },
    offset: { type: Number, required: true },
    counts: { type: Schema.Types.Mixed, required: true } as never,
    errors: { type: [Schema.Types.Mixed], default: [] } as never,
    tries: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    startedAt: { type: Date, default: null },
    finishedAt: { type: Date, default: null },
    holder: { type: String, default: null },
    heldUntil: { type: Date, required: true },
  },
  { collection: 'imports', versionKey: false, suppressReservedKeysWarning: true },
);
// What is to be worked on, and what somebody let go of.
importSchema.index({ state: 1, heldUntil: 1 }, { name: 'state_held' });
// The report is kept for a month.
importSchema.index({ finishedAt: 1 }, { name: 'expiry', expireAfterSeconds: 2_592_000 });
