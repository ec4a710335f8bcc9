import type { AnyBulkWriteOperation, Filter } from 'mongodb';
import { mongo } from 'mongoose';
import { ChatError } from '../../domain/errors.ts';
import type { FoundSegment, SearchStore, Segment } from '../../domain/ports.ts';
import { epochOf, SEGMENT } from '../../domain/search/grams.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { SearchMarkDoc, SegmentDoc } from '../models/search.ts';

const DUPLICATE_KEY = 11_000;
const TOO_LONG = 50;
/** A question that takes longer is given up, in milliseconds. */
const PATIENCE = 3_000;
const withoutKeys = { _id: 0, keys: 0 } as const;

export const searchStore = (database: Database): SearchStore => ({ ...reads(database), ...writes(database) });

function reads({
  segments,
  searchMarks,
}: Database): Pick<SearchStore, 'marks' | 'chain' | 'find' | 'holding'> {
  return {
    async marks(roomIds) {
      const docs = await searchMarks
        .find({ _id: { $in: roomIds.map(oid) } }, { batchSize: roomIds.length + 1 })
        .toArray();
      return new Map(
        docs.map(({ _id, seq, tops }) => [
          _id.toHexString(),
          { seq, tops: new Map(Object.entries(tops).map(([epoch, at]) => [Number(epoch), at])) },
        ]),
      );
    },

    async chain(roomId, from, limit) {
      const docs = await segments
        .find({ roomId: oid(roomId), from: { $gte: from } }, { projection: withoutKeys })
        .sort({ from: 1 })
        .limit(limit)
        .toArray();
      return docs.map(docToSegment);
    },

    async find(keys, { at, id }, limit) {
      const oldest = { $or: [{ since: { $lt: at } }, { since: at, oldestId: { $lte: oid(id) } }] };
      try {
        const docs = await segments
          .find(
            { $and: [...keys.map(group => ({ keys: { $in: [...group] } })), oldest] },
            { projection: withoutKeys, maxTimeMS: PATIENCE, batchSize: limit + 1 },
          )
          .sort({ at: -1, newestId: -1 })
          .limit(limit)
          .toArray();
        return docs.map(docToSegment);
      } catch (error) {
        if ((error as { code?: number }).code === TOO_LONG) throw new ChatError('TEMPORARILY_UNAVAILABLE');
        throw error;
      }
    },

    async holding(roomId, seq) {
      const docs = await segments.find(holds(roomId, seq), { projection: withoutKeys }).toArray();
      return docs.map(doc => ({ ...docToSegment(doc), version: doc.version }));
    },
  };
}

function writes({
  segments,
  searchMarks,
}: Database): Pick<SearchStore, 'add' | 'moveMarks' | 'addKeys' | 'replaceKeys' | 'removeRoom'> {
  return {
    async add(fresh) {
      try {
        await segments.insertMany(fresh.map(segmentToDoc) as SegmentDoc[], { ordered: false });
        return new Set();
      } catch (error) {
        if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
        const failures = [error.writeErrors].flat();
        if (failures.length === 0 || failures.some(failure => failure.code !== DUPLICATE_KEY)) throw error;
        return new Set(failures.map(failure => fresh[failure.index]!.roomId));
      }
    },

    async moveMarks(done) {
      const highest = new Map<string, Record<string, number | Date>>();
      for (const { roomId, from, to, newest } of done) {
        const mark = highest.get(roomId) ?? {};
        highest.set(roomId, mark);
        raise(mark, 'seq', to);
        raise(mark, `tops.${epochOf(from + 1)}`, newest.at);
      }
      const moves = [...highest].map(([roomId, mark]): AnyBulkWriteOperation<SearchMarkDoc> => ({
        updateOne: { filter: { _id: oid(roomId) }, update: { $max: mark }, upsert: true },
      }));
      if (moves.length > 0) await searchMarks.bulkWrite(moves, { ordered: false });
    },

    async addKeys(roomId, seq, keys) {
      await segments.updateMany(holds(roomId, seq), {
        $addToSet: { keys: { $each: [...keys] } },
        $inc: { version: 1 },
      });
    },

    async replaceKeys({ roomId, from, version }, keys) {
      const { matchedCount } = await segments.updateOne(
        { roomId: oid(roomId), from, version },
        { $set: { keys: [...keys] }, $inc: { version: 1 } },
      );
      return matchedCount === 1;
    },

    async removeRoom(roomId) {
      await segments.deleteMany({ roomId: oid(roomId) });
      await searchMarks.deleteOne({ _id: oid(roomId) });
    },
  };
}

function raise(mark: Record<string, number | Date>, field: string, value: number | Date): void {
  if (!(mark[field] !== undefined && mark[field] >= value)) mark[field] = value;
}

const holds = (roomId: string, seq: number): Filter<SegmentDoc> => ({
  roomId: oid(roomId),
  from: { $gte: seq - SEGMENT, $lt: seq },
  to: { $gte: seq },
});

const segmentToDoc = ({ roomId, from, to, newest, oldest, keys }: Segment): Omit<SegmentDoc, '_id'> => ({
  roomId: oid(roomId),
  from,
  to,
  at: newest.at,
  newestId: oid(newest.id),
  since: oldest.at,
  oldestId: oid(oldest.id),
  keys,
  version: 0,
});

const docToSegment = (doc: Omit<SegmentDoc, 'keys'>): FoundSegment => ({
  roomId: doc.roomId.toHexString(),
  from: doc.from,
  to: doc.to,
  newest: { at: doc.at, id: doc.newestId.toHexString() },
  oldest: { at: doc.since, id: doc.oldestId.toHexString() },
});
