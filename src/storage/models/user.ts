import { Schema } from 'mongoose';
import type { Contact } from '../../domain/model.ts';
import type { DoNotDisturb } from '../../domain/ports.ts';

/** People who connected or were provisioned by a partner. */
export interface UserDoc {
  _id: string;
  nickName: string;
  /** The nick as it is searched and sorted, and its pieces of one and two characters. */
  nickKey: string;
  grams: string[];
  profileUrl: string | null;
  meta?: Contact;
  lastSeenAt: Date | null;
  /** Tokens issued before are refused. */
  tokensValidFrom: Date | null;
  /** No pushes between these times of day. */
  doNotDisturb?: DoNotDisturb;
  createdAt: Date;
  deletedAt?: Date;
}

export const userSchema = new Schema<UserDoc>(
  {
    _id: { type: String, required: true },
    nickName: { type: String, default: '' },
    nickKey: { type: String, default: '' },
    grams: { type: [String], default: [] },
    profileUrl: { type: String, default: null },
    meta: { type: Schema.Types.Mixed },
    lastSeenAt: { type: Date, default: null },
    tokensValidFrom: { type: Date, default: null },
    doNotDisturb: { type: Schema.Types.Mixed },
    createdAt: { type: Date, required: true },
    deletedAt: { type: Date },
  },
  { collection: 'users', versionKey: false },
);

// People by a part of their nick, and all of them in order.
userSchema.index({ grams: 1 }, { name: 'grams' });
userSchema.index({ nickKey: 1, _id: 1 }, { name: 'nick' });
