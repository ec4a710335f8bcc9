import { Schema, type Types } from 'mongoose';
import type { Announcement, Link, RoomAccess, RoomType, Rules } from '../../domain/model.ts';
import type { ImportKey, RoomImport } from '../../domain/ports.ts';
import type { MessageDoc } from './message.ts';

/** A room as it is stored. `lastSeq` and `lastMessage` may lag behind the log; they are healed on load. */
export interface RoomDoc {
  _id: Types.ObjectId;
  no: number;
  roomType: RoomType;
  name: string;
  profileUrl: string | null;
  link: Link | null;
  rules: Rules;
  /** Absent where nobody joins by a password. */
  access?: RoomAccess;
  lastSeq: number;
  lastMessage: MessageDoc | null;
  lastUncountedSeq: number;
  lastMentionSeq?: number;
  lastAnnouncement?: Announcement | null;
  memberCount: number;
  membersKey: string;
  meta: Record<string, unknown> | null;
  freezingReasonCode: string | null;
  opensAt: Date | null;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Last change of a setting; absent where there was none. */
  settingsAt?: Date;
  /** Present while the room is being made: nobody finds it. */
  making?: true;
  /** Present while the end of the room is set and was not acted upon. */
  expiring?: true;
  /** Pushes were sent up to here. */
  pushedSeq?: number;
  /** Present in rooms that came with an import: how the next import finds them. */
  importKey?: ImportKey;
  /** Present while messages are imported. */
  importing?: RoomImport;
}

export const roomSchema = new Schema<RoomDoc>(
  {
    no: { type: Number, required: true },
    roomType: { type: String, required: true },
    name: { type: String, default: '' },
    profileUrl: { type: String, default: null },
    link: { type: Schema.Types.Mixed, default: null },
    rules: { type: Schema.Types.Mixed, required: true },
    access: { type: Schema.Types.Mixed },
    lastSeq: { type: Number, default: 0 },
    lastMessage: { type: Schema.Types.Mixed, default: null },
    lastUncountedSeq: { type: Number, default: 0 },
    lastMentionSeq: { type: Number, default: 0 },
    lastAnnouncement: { type: Schema.Types.Mixed, default: null },
    memberCount: { type: Number, default: 0 },
    membersKey: { type: String, required: true },
    meta: { type: Schema.Types.Mixed, default: null },
    freezingReasonCode: { type: String, default: null },
    opensAt: { type: Date, default: null },
    expiresAt: { type: Date, default: null },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    settingsAt: { type: Date },
    making: { type: Boolean },
    expiring: { type: Boolean },
    pushedSeq: { type: Number },
    importKey: { type: Schema.Types.Mixed },
    importing: { type: Schema.Types.Mixed },
  },
  { collection: 'rooms', versionKey: false },
);

roomSchema.index({ no: 1 }, { name: 'no', unique: true });
// "The room of exactly these members": DIRECT, and the platform's rule.
roomSchema.index({ membersKey: 1, roomType: 1 }, { name: 'members_type' });
// The platform's lists: of a link, of a type.
roomSchema.index({ 'link.sid': 1, _id: 1 }, { name: 'link' });
roomSchema.index({ roomType: 1, _id: 1 }, { name: 'type' });
// What strangers may find: OPEN rooms, and those with a password.
roomSchema.index({ roomType: 1, no: 1 }, { name: 'type_no' });
roomSchema.index(
  { 'access.kind': 1, no: 1 },
  { name: 'protected', partialFilterExpression: { 'access.kind': { $exists: true } } },
);
// Whose end comes next.
roomSchema.index({ expiresAt: 1 }, { name: 'expiring', partialFilterExpression: { expiring: true } });
// The sweep of unfinished rooms.
roomSchema.index({ createdAt: 1 }, { name: 'making', partialFilterExpression: { making: true } });
// What changed since: events for platforms, after a crash.
roomSchema.index(
  { settingsAt: 1 },
  { name: 'settings', partialFilterExpression: { settingsAt: { $exists: true } } },
);
// One room per id of a partner, within a link or a platform key.
roomSchema.index(
  { 'importKey.scope': 1, 'importKey.key': 1 },
  { name: 'importKey', unique: true, partialFilterExpression: { 'importKey.key': { $exists: true } } },
);
// The rooms that an import has in hand.
roomSchema.index(
  { 'importing.importId': 1, 'importKey.key': 1 },
  { name: 'importing', partialFilterExpression: { 'importing.importId': { $exists: true } } },
);
