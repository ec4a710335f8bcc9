import { Schema, type Types } from 'mongoose';
import type { FileEntry, Upload } from '../../domain/ports.ts';

/** A file on its way in. */
export type UploadDoc = Omit<Upload, 'id' | 'roomId'> & { _id: Types.ObjectId; roomId: Types.ObjectId };

export const uploadSchema = new Schema<UploadDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: String, required: true },
    syncKey: { type: String, required: true },
    type: { type: String, required: true },
    name: { type: String, required: true },
    size: { type: Number, required: true },
    way: { type: String, required: true },
    connectionId: { type: String, default: null },
    runs: { type: [Schema.Types.Mixed], default: [] } as never,
    received: { type: Number, default: 0 },
    bytes: { type: Number, default: 0 },
    key: { type: String, required: true },
    state: { type: String, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'uploads', versionKey: false },
);
// One upload per person, room and syncKey; by its first two fields, the one to go on with after a reconnect.
uploadSchema.index({ userId: 1, syncKey: 1, roomId: 1 }, { name: 'user_syncKey_room', unique: true });
// The collector of abandoned ones.
uploadSchema.index({ updatedAt: 1 }, { name: 'stale' });

/** A stored object that belongs to a message; `_id` is its key. */
export type FileDoc = Omit<FileEntry, 'key' | 'roomId'> & {
  _id: string;
  roomId: Types.ObjectId;
  /** Present while its message is about to go. */
  doomedAt?: Date;
};

export const fileSchema = new Schema<FileDoc>(
  {
    _id: { type: String, required: true },
    roomId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: String, required: true },
    syncKey: { type: String, required: true },
    name: { type: String, required: true },
    mimeType: { type: String, required: true },
    size: { type: Number, required: true },
    hasThumbnail: { type: Boolean, required: true },
    createdAt: { type: Date, required: true },
    doomedAt: { type: Date },
  },
  { collection: 'files', versionKey: false },
);
// The files of a room that is removed.
fileSchema.index({ roomId: 1 }, { name: 'room' });
// The collector of objects whose messages are gone.
fileSchema.index(
  { doomedAt: 1 },
  { name: 'doomed', partialFilterExpression: { doomedAt: { $exists: true } } },
);

/** What somebody took of an allowance; gone when its time is over. */
export interface AllowanceDoc {
  _id: string;
  taken: number;
  expiresAt: Date;
}
export const allowanceSchema = new Schema<AllowanceDoc>(
  {
    _id: { type: String, required: true },
    taken: { type: Number, default: 0 },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'allowances', versionKey: false },
);
allowanceSchema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });

/** Random secrets that all nodes share. */
export interface SecretDoc {
  _id: string;
  value: string;
}
export const secretSchema = new Schema<SecretDoc>(
  { _id: { type: String, required: true }, value: { type: String, required: true } },
  { collection: 'secrets', versionKey: false },
);
