import type { Filter } from 'mongodb';
import { idFrom, isId } from '../../domain/ids.ts';
import { ROOM_TYPES } from '../../domain/model.ts';
import type { Broadcast, BroadcastStore, BroadcastTarget, StatsStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { BroadcastDoc } from '../models/platform.ts';
import type { RoomDoc } from '../models/room.ts';

const DUPLICATE_KEY = 11_000;
const TOOK_TOO_LONG = 50;

export function broadcastStore({ broadcasts, rooms }: Database): BroadcastStore {
  return {
    async add({ id, ...broadcast }) {
      try {
        // Free to be taken at once.
        await broadcasts.insertOne({
          _id: id,
          ...broadcast,
          lease: { holder: '', until: broadcast.createdAt },
        });
        return { id, ...broadcast };
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
        return toBroadcast((await broadcasts.findOne({ _id: id }))!);
      }
    },

    async byId(id) {
      const doc = await broadcasts.findOne({ _id: id });
      return doc && toBroadcast(doc);
    },

    async take(holder, now, until) {
      const doc = await broadcasts.findOneAndUpdate(
        { status: 'running', 'lease.until': { $lte: now } },
        { $set: { lease: { holder, until } } },
        { returnDocument: 'after' },
      );
      return doc && toBroadcast(doc);
    },

    async progress({ id, ...progress }, holder, until) {
      const { matchedCount } = await broadcasts.updateOne(
        { _id: id, 'lease.holder': holder },
        { $set: { ...progress, lease: { holder, until } } },
      );
      return matchedCount === 1;
    },

    async release(holder) {
      const running = await broadcasts.find({ status: 'running', 'lease.holder': holder }).toArray();
      for (const { _id } of running)
        await broadcasts.updateOne(
          { _id, 'lease.holder': holder },
          { $set: { lease: { holder: '', until: new Date(0) } } },
        );
    },

    count: (target, links) => rooms.countDocuments(filterOf(target, links)),

    async roomIds(target, links, after, limit) {
      const filter = filterOf(target, links);
      const _id = { ...(filter._id as object | undefined), $lt: oid(after) };
      const found = rooms
        .find({ ...filter, _id })
        .sort({ _id: -1 })
        .limit(limit);
      const docs = await found.project<Pick<RoomDoc, '_id'>>({ _id: 1 }).toArray();
      return docs.map(doc => doc._id.toHexString());
    },
  };
}

function filterOf(
  { roomIds, linkSid, roomType }: BroadcastTarget,
  links: readonly string[] | null,
): Filter<RoomDoc> {
  const filter: Filter<RoomDoc> = { making: { $ne: true } };
  if (roomIds) filter._id = { $in: roomIds.filter(isId).map(oid) };
  if (roomType) filter.roomType = roomType;
  const sids = linkSid === undefined ? links : [linkSid].filter(sid => links === null || links.includes(sid));
  if (sids) filter['link.sid'] = { $in: [...sids] };
  return filter;
}

const toBroadcast = ({ _id, lease: _, ...doc }: BroadcastDoc): Broadcast => ({ ...doc, id: _id });

/** A collection is counted for so long; then the store's own estimate has to do. Milliseconds. */
const COUNT_PATIENCE = 500;

export function statsStore({ rooms, users, messages }: Database): StatsStore {
  const countOf = async (collection: Database['users'] | Database['messages']) =>
    (await within(COUNT_PATIENCE, maxTimeMS => collection.countDocuments({}, { maxTimeMS }))) ??
    collection.estimatedDocumentCount();

  return {
    async roomsByType() {
      const counts = await Promise.all(
        ROOM_TYPES.map(async type => [type, await rooms.countDocuments({ roomType: type })] as const),
      );
      return Object.fromEntries(counts);
    },

    users: () => countOf(users),

    messages: () => countOf(messages),

    messagesBetween: (from, to, patience) =>
      within(patience, maxTimeMS =>
        messages.countDocuments({ _id: { $gte: oid(idFrom(from)), $lt: oid(idFrom(to)) } }, { maxTimeMS }),
      ),
  };
}

/** Null when the store gave up after that time. */
async function within(
  milliseconds: number,
  count: (maxTimeMS: number) => Promise<number>,
): Promise<number | null> {
  try {
    return await count(Math.max(1, Math.round(milliseconds)));
  } catch (error) {
    if ((error as { code?: number }).code === TOOK_TOO_LONG) return null;
    throw error;
  }
}
