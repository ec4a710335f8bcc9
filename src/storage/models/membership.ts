import { Schema, type Types } from 'mongoose';
import type { Contact, Member } from '../../domain/model.ts';

/** Who is in which room, and how far they have read. */
export interface MembershipDoc {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  userId: string;
  no: number;
  nickName: string;
  /** The nick as it is searched. */
  nickKey: string;
  profileUrl: string | null;
  master: boolean;
  alarmOn: boolean;
  meta: Contact | null;
  joinedSeq: number;
  lastReadSeq: number;
  lastReadMessageId: string | null;
  lastReadAt: Date | null;
  unreadFromSeq?: number | null;
  lastHiddenSeq?: number;
  mutedUntil?: Date | null;
  createdAt: Date;
  updatedAt: Date;
  pending?: Member['pending'];
}

export const membershipSchema = new Schema<MembershipDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: String, required: true },
    no: { type: Number, required: true },
    nickName: { type: String, default: '' },
    nickKey: { type: String, default: '' },
    profileUrl: { type: String, default: null },
    master: { type: Boolean, default: false },
    alarmOn: { type: Boolean, default: true },
    meta: { type: Schema.Types.Mixed, default: null },
    joinedSeq: { type: Number, default: 0 },
    lastReadSeq: { type: Number, default: 0 },
    lastReadMessageId: { type: String, default: null },
    lastReadAt: { type: Date, default: null },
    unreadFromSeq: { type: Number, default: null },
    lastHiddenSeq: { type: Number, default: 0 },
    mutedUntil: { type: Date, default: null },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    pending: { type: Schema.Types.Mixed },
  },
  { collection: 'memberships', versionKey: false },
);

// One membership per person and room; also finds the members of a room.
membershipSchema.index({ roomId: 1, userId: 1 }, { name: 'room_user', unique: true });
// The room list of a user.
membershipSchema.index({ userId: 1, roomId: 1 }, { name: 'user_room' });
// The masters of many rooms at once, for long room lists.
membershipSchema.index({ roomId: 1, no: 1 }, { name: 'masters', partialFilterExpression: { master: true } });
// The sweep of half-done joinings and leavings.
membershipSchema.index(
  { updatedAt: 1 },
  { name: 'pending', partialFilterExpression: { pending: { $exists: true } } },
);
