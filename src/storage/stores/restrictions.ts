import { mongo, Types } from 'mongoose';
import type { BlockStore, Restriction, RestrictionStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { BanDoc } from '../models/moderation.ts';

const DUPLICATE_KEY = 11_000;

const toRestriction = ({ _id, roomId, userId, kind, by, at, until }: BanDoc): Restriction => ({
  id: _id.toHexString(),
  roomId: roomId.toHexString(),
  userId,
  kind,
  by,
  at,
  until: until ?? null,
});

/** The database removes what is over a little later. */
const inForce = ({ until }: BanDoc, now: Date): boolean => !until || until > now;

export function restrictionStore({ bans }: Database): RestrictionStore {
  return {
    async put(entries) {
      const updates = entries.map(({ roomId, userId, kind, by, at, until }) => ({
        updateOne: {
          filter: { roomId: oid(roomId), userId, kind },
          update: {
            $set: { by, at, ...(until ? { until } : {}) },
            ...(until ? {} : { $unset: { until: 1 as const } }),
            // Lists go by it: the server's own need not grow.
            $setOnInsert: { _id: new Types.ObjectId() },
          },
          upsert: true,
        },
      }));
      await twice(() => bans.bulkWrite(updates, { ordered: false }));
    },

    async lift(roomId, kind, userIds) {
      const filter = { roomId: oid(roomId), kind, userId: { $in: [...userIds] } };
      const found = await bans.find(filter).project<Pick<BanDoc, 'userId'>>({ userId: 1 }).toArray();
      if (found.length > 0) await bans.deleteMany(filter);
      return found.map(({ userId }) => userId);
    },

    async of(roomId, userIds, now) {
      const found = await bans.find({ roomId: oid(roomId), userId: { $in: [...userIds] } }).toArray();
      return found.filter(doc => inForce(doc, now)).map(toRestriction);
    },

    async list(roomId, kind, { before, limit, now }) {
      const found = await bans
        .find({
          roomId: oid(roomId),
          kind,
          ...(before ? { _id: { $lt: oid(before) } } : {}),
          until: { $not: { $lte: now } },
        })
        .sort({ _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(toRestriction);
    },

    count: (roomId, kind) => bans.countDocuments({ roomId: oid(roomId), kind }),

    async removeRoom(roomId) {
      await bans.deleteMany({ roomId: oid(roomId) });
    },
  };
}

export function blockStore({ blocks }: Database): BlockStore {
  return {
    async add(userId, targetId, at) {
      const fresh = { _id: new Types.ObjectId(), at };
      await twice(() => blocks.updateOne({ userId, targetId }, { $setOnInsert: fresh }, { upsert: true }));
    },

    async remove(userId, targetId) {
      await blocks.deleteOne({ userId, targetId });
    },

    async of(userId) {
      const found = await blocks.find({ userId }).toArray();
      return found.sort((a, b) => b.at.getTime() - a.at.getTime()).map(({ targetId }) => targetId);
    },

    count: userId => blocks.countDocuments({ userId }),

    async blockersOf(targetId, among) {
      const found = await blocks.find({ targetId, userId: { $in: [...among] } }).toArray();
      return found.map(({ userId }) => userId);
    },

    async erase(userId) {
      await blocks.deleteMany({ userId });
      await blocks.deleteMany({ targetId: userId });
    },
  };
}

/** Two who insert the same at the same moment: the second finds it when it tries again. */
async function twice(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
    await write();
  }
}
