import { Schema, type Types } from 'mongoose';
import type { Author, MembershipAct, MessageData, Reaction } from '../../domain/model.ts';

/** One entry of the log. Fields that say nothing are absent. */
export interface MessageDoc {
  _id: Types.ObjectId;
  roomId: Types.ObjectId;
  seq: number;
  syncKey: string;
  syncHash: string;
  author: Author;
  data: MessageData;
  meta?: Record<string, unknown>;
  status?: { deleted: boolean };
  /** Somebody's unread count leaves this message out: everybody's when it is deleted, else that of `uncountedFor`. */
  uncounted?: true;
  uncountedFor?: string;
  act?: MembershipAct;
  replyTo?: string;
  mentions?: string[];
  /** It mentions somebody. */
  mentioned?: true;
  links?: string[];
  /** It has links. */
  linked?: true;
  reactions?: Reaction[];
  editedAt?: Date;
  createdAt: Date;
  changedAt?: Date;
  revision?: number;
  /** It came with an import: `syncKey` is the partner's own id of it. */
  imported?: boolean;
}

export const messageSchema = new Schema<MessageDoc>(
  {
    roomId: { type: Schema.Types.ObjectId, required: true },
    seq: { type: Number, required: true },
    syncKey: { type: String, required: true },
    syncHash: { type: String, required: true },
    author: { type: Schema.Types.Mixed, required: true },
    data: { type: Schema.Types.Mixed, required: true },
    meta: { type: Schema.Types.Mixed },
    status: { type: Schema.Types.Mixed },
    uncounted: { type: Boolean },
    uncountedFor: { type: String },
    act: { type: Schema.Types.Mixed },
    replyTo: { type: String },
    mentions: { type: [String], default: undefined },
    mentioned: { type: Boolean },
    links: { type: [String], default: undefined },
    linked: { type: Boolean },
    reactions: { type: [Schema.Types.Mixed], default: undefined },
    editedAt: { type: Date },
    createdAt: { type: Date, required: true },
    changedAt: { type: Date },
    revision: { type: Number },
    imported: { type: Boolean },
  },
  { collection: 'messages', versionKey: false },
);

export const SEQ_INDEX = 'room_seq';
export const SYNC_KEY_INDEX = 'author_room_syncKey';

// The arbiter between nodes, and the way to every page.
messageSchema.index({ roomId: 1, seq: 1 }, { name: SEQ_INDEX, unique: true });
// A retry finds the first one's message; by its first field, all that somebody wrote is found for erasure.
messageSchema.index({ 'author.authorId': 1, roomId: 1, syncKey: 1 }, { name: SYNC_KEY_INDEX, unique: true });
// Pages of one type.
messageSchema.index({ roomId: 1, 'data.type': 1, seq: 1 }, { name: 'room_type_seq' });
// What unread counts leave out.
messageSchema.index(
  { roomId: 1, uncounted: 1, seq: 1 },
  { name: 'uncounted', partialFilterExpression: { uncounted: true } },
);
// The gallery of links; of its own field, for an index on many addresses per message would hold each of them.
messageSchema.index(
  { roomId: 1, linked: 1, seq: 1 },
  { name: 'linked', partialFilterExpression: { linked: true } },
);
// What was edited, deleted or reacted to since: sync.
messageSchema.index(
  { roomId: 1, changedAt: 1 },
  { name: 'changed', partialFilterExpression: { changedAt: { $exists: true } } },
);
// What mentions somebody, by place, and whom.
messageSchema.index(
  { roomId: 1, mentioned: 1, seq: 1 },
  { name: 'mentioned', partialFilterExpression: { mentioned: true } },
);
messageSchema.index(
  { mentions: 1, roomId: 1, seq: 1 },
  { name: 'mentions', partialFilterExpression: { mentioned: true } },
);
// The replies to a message: they follow its edits and its deletion.
messageSchema.index(
  { roomId: 1, replyTo: 1, seq: 1 },
  { name: 'replies', partialFilterExpression: { replyTo: { $exists: true } } },
);
// What somebody reacted to, for erasure.
messageSchema.index(
  { 'reactions.userIds': 1 },
  { name: 'reactions_user', partialFilterExpression: { reactions: { $exists: true } } },
);
// What changed, over all rooms: events for platforms, after a crash.
messageSchema.index(
  { changedAt: 1 },
  { name: 'changed_anywhere', partialFilterExpression: { changedAt: { $exists: true } } },
);
// Messages of an import by the partner's own ids: one of each in a room, and what replies and read positions name.
messageSchema.index(
  { roomId: 1, syncKey: 1 },
  { name: 'imported_key', unique: true, partialFilterExpression: { imported: true } },
);
