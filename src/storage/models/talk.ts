import { Schema, type Types } from 'mongoose';
import type { Author, MessageData } from '../../domain/model.ts';

/** What a message was before one of its edits. */
export interface EditDoc {
  _id: Types.ObjectId;
  messageId: Types.ObjectId;
  roomId: Types.ObjectId;
  authorId: string;
  by: string;
  at: Date;
  /** The `editedAt` that the message had before; absent: it had none. */
  before?: Date;
  data: MessageData;
}

export const editSchema = new Schema<EditDoc>(
  {
    messageId: { type: Schema.Types.ObjectId, required: true },
    roomId: { type: Schema.Types.ObjectId, required: true },
    authorId: { type: String, required: true },
    by: { type: String, required: true },
    at: { type: Date, required: true },
    before: { type: Date },
    data: { type: Schema.Types.Mixed, required: true },
  },
  { collection: 'edits', versionKey: false },
);
editSchema.index({ messageId: 1, at: 1 }, { name: 'message_at' });
editSchema.index({ roomId: 1 }, { name: 'room' });
editSchema.index({ authorId: 1 }, { name: 'author' });

/** What is pinned to the top of a room. */
export interface AnnouncementDoc {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  content: string;
  messageId?: Types.ObjectId;
  seq: number;
  by: Author;
  createdAt: Date;
}

export const announcementSchema = new Schema<AnnouncementDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    content: { type: String, default: '' },
    messageId: { type: Schema.Types.ObjectId },
    seq: { type: Number, default: 0 },
    by: { type: Schema.Types.Mixed, required: true },
    createdAt: { type: Date, required: true },
  },
  { collection: 'announcements', versionKey: false },
);
announcementSchema.index({ roomId: 1, createdAt: 1 }, { name: 'room_createdAt' });
announcementSchema.index(
  { messageId: 1 },
  { name: 'message', partialFilterExpression: { messageId: { $exists: true } } },
);
announcementSchema.index({ 'by.authorId': 1 }, { name: 'author' });
