import { Schema, type Types } from 'mongoose';
import type { AuditEntry, Report, Restriction } from '../../domain/ports.ts';

/** Who may not be in a room, or not write in it. */
export interface BanDoc {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  userId: string;
  kind: Restriction['kind'];
  by: string | null;
  at: Date;
  /** Absent: for good. */
  until?: Date;
}

export const banSchema = new Schema<BanDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    userId: { type: String, required: true },
    kind: { type: String, required: true },
    by: { type: String, default: null },
    at: { type: Date, required: true },
    until: { type: Date },
  },
  { collection: 'bans', versionKey: false },
);
// One of a kind per person and room; also finds those of some people.
banSchema.index({ roomId: 1, userId: 1, kind: 1 }, { name: 'room_user_kind', unique: true });
// The list of a room.
banSchema.index({ roomId: 1, kind: 1, _id: -1 }, { name: 'room_kind' });
banSchema.index({ until: 1 }, { name: 'over', expireAfterSeconds: 0 });

/** Who blocked whom. */
export interface BlockDoc {
  _id: Types.ObjectId;
  userId: string;
  targetId: string;
  at: Date;
}

export const blockSchema = new Schema<BlockDoc>(
  {
    userId: { type: String, required: true },
    targetId: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'blocks', versionKey: false },
);
// One per pair; also the list of a person.
blockSchema.index({ userId: 1, targetId: 1 }, { name: 'user_target', unique: true });
// Who of some people blocked somebody.
blockSchema.index({ targetId: 1, userId: 1 }, { name: 'target_user' });

/** A message that somebody reported. */
export interface ReportDoc extends Omit<Report, 'id' | 'roomId' | 'messageId'> {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  messageId: Types.ObjectId;
}

export const reportSchema = new Schema<ReportDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    linkSid: { type: String, default: null },
    messageId: { type: Schema.Types.ObjectId, required: true },
    reporterId: { type: String, required: true },
    authorId: { type: String, required: true },
    type: { type: String, required: true },
    text: { type: String, default: '' },
    reason: { type: String, required: true },
    status: { type: String, required: true },
    note: { type: String, default: null },
    at: { type: Date, required: true },
    decidedAt: { type: Date, default: null },
  },
  { collection: 'reports', versionKey: false },
);
// Reporting again is reporting once.
reportSchema.index({ messageId: 1, reporterId: 1 }, { name: 'message_reporter', unique: true });
// Lists of the platform, the newest first.
reportSchema.index({ status: 1, _id: -1 }, { name: 'status' });
reportSchema.index({ roomId: 1, _id: -1 }, { name: 'room_reports' });
reportSchema.index({ linkSid: 1, _id: -1 }, { name: 'link_reports' });

/** A banned or allowed word; `_id` is what the matcher makes of it. */
export interface BannedWordDoc {
  _id: string;
  word: string;
  mode: 'block' | 'mask' | 'allow';
  at: Date;
}

export const bannedWordSchema = new Schema<BannedWordDoc>(
  {
    _id: { type: String, required: true },
    word: { type: String, required: true },
    mode: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'bannedWords', versionKey: false },
);
// The latest change.
bannedWordSchema.index({ at: 1 }, { name: 'changed_words' });

/** What somebody with power did. */
export interface AuditDoc extends Omit<AuditEntry, 'id' | 'roomId' | 'targets'> {
  _id: Types.ObjectId;
  roomId: Types.ObjectId | null;
  targets: string[];
  expiresAt: Date;
}

export const auditSchema = new Schema<AuditDoc>(
  {
    at: { type: Date, required: true },
    actor: { type: Schema.Types.Mixed, required: true },
    act: { type: String, required: true },
    roomId: { type: Schema.Types.ObjectId, default: null },
    linkSid: { type: String, default: null },
    targets: { type: [String], default: [] },
    details: { type: Schema.Types.Mixed, default: {} },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'auditLog', versionKey: false, minimize: false },
);
// Lists of the platform, the newest first.
auditSchema.index({ roomId: 1, _id: -1 }, { name: 'room_acts' });
auditSchema.index({ 'actor.id': 1, _id: -1 }, { name: 'actor_acts' });
auditSchema.index({ act: 1, _id: -1 }, { name: 'act' });
auditSchema.index({ linkSid: 1, _id: -1 }, { name: 'link_acts' });
auditSchema.index({ expiresAt: 1 }, { name: 'audit_expiry', expireAfterSeconds: 0 });
