import { Schema, type Types } from 'mongoose';

/** A message that somebody hid for themselves. */
export interface HideDoc {
  _id: Types.ObjectId;
  userId: string;
  /** That of the membership in which they did so. */
  no: number;
  roomId: Types.ObjectId;
  messageId: Types.ObjectId;
  seq: number;
  at: Date;
}

export const hideSchema = new Schema<HideDoc>(
  {
    userId: { type: String, required: true },
    no: { type: Number, required: true },
    roomId: { type: Schema.Types.ObjectId, required: true },
    messageId: { type: Schema.Types.ObjectId, required: true },
    seq: { type: Number, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'hides', versionKey: false },
);

// Which messages of a page are hidden.
hideSchema.index({ userId: 1, messageId: 1 }, { name: 'user_message', unique: true });
// What is hidden after a read position; what goes with a membership or a room.
hideSchema.index({ roomId: 1, userId: 1, seq: 1 }, { name: 'room_user_seq' });
// What was hidden since: sync.
hideSchema.index({ userId: 1, at: 1 }, { name: 'user_at' });
