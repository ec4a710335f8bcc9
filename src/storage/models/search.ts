import { Schema, type Types } from 'mongoose';

/** Some messages of a room that follow each other (`from < seq <= to`), by the keys of their texts. */
export interface SegmentDoc {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  from: number;
  to: number;
  /** The newest message in it, and the oldest. */
  at: Date;
  newestId: Types.ObjectId;
  since: Date;
  oldestId: Types.ObjectId;
  /** Numbers of pieces of texts, each of this room and epoch. */
  keys: number[];
  version: number;
}

export const segmentSchema = new Schema<SegmentDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    from: { type: Number, required: true },
    to: { type: Number, required: true },
    at: { type: Date, required: true },
    newestId: { type: Schema.Types.ObjectId, required: true },
    since: { type: Date, required: true },
    oldestId: { type: Schema.Types.ObjectId, required: true },
    keys: { type: [Number], default: [] },
    version: { type: Number, default: 0 },
  },
  { collection: 'segments', versionKey: false },
);

// The chain of a room: two nodes that index the same messages cannot both go on from the same place.
segmentSchema.index({ roomId: 1, from: 1 }, { name: 'chain', unique: true });
// The index of search. A key names its room, so this one field finds a piece of a text in one room or in many.
segmentSchema.index({ keys: 1 }, { name: 'keys' });

/** How far a room is indexed. */
export interface SearchMarkDoc {
  /** The room. */
  _id: Types.ObjectId;
  seq: number;
  /** The time of the newest message of each epoch. */
  tops: Record<string, Date>;
}

export const searchMarkSchema = new Schema<SearchMarkDoc>(
  {
    _id: { type: Schema.Types.ObjectId, required: true },
    seq: { type: Number, required: true },
    tops: { type: Schema.Types.Mixed, default: {} },
  },
  { collection: 'searchMarks', versionKey: false },
);
