import type { Filter } from 'mongodb';
import { mongo } from 'mongoose';
import type { AppendOutcome, MessageLog } from '../../domain/ports.ts';
import { isId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { docToMessage, messageToDoc, oid } from '../convert.ts';
import { withQuotes } from './quotes.ts';
import { SEQ_INDEX, SYNC_KEY_INDEX, type MessageDoc } from '../models/message.ts';
import { tallies, type Tallies } from './tallies.ts';

const DUPLICATE_KEY = 11_000;
/** Bad value, bad BSON, failed validation, document or key too large: trying again changes nothing. */
const NEVER = new Set<number | string | undefined>([2, 22, 121, 10_334, 17_280]);
const MAX_DOCUMENT = 16 * 1024 * 1024;

type Writes = Pick<MessageLog, 'append' | 'eraseAuthor' | 'removeRoom'>;

type Finds = Pick<MessageLog, 'gallery' | 'ranges'>;

export const messageLog = (database: Database): MessageLog => ({
  ...writes(database),
  ...reads(database),
  ...finds(database),
  ...tallies(database),
});

function reads(database: Database): Omit<MessageLog, keyof Writes | keyof Finds | keyof Tallies> {
  const { messages } = database;
  const read = async (filter: Filter<MessageDoc>, order: 1 | -1, limit: number) => {
    const docs = messages
      .find(filter)
      .sort({ seq: order })
      .limit(limit)
      .batchSize(limit + 1);
    return withQuotes(database, (await docs.toArray()).map(docToMessage));
  };
  const one = async (filter: Filter<MessageDoc>) => {
    const doc = await messages.findOne(filter);
    return doc && (await withQuotes(database, [docToMessage(doc)]))[0]!;
  };

  return {
    range: (roomId, from, to) => read({ roomId: oid(roomId), seq: { $gt: from, $lte: to } }, 1, to - from),

    after: (roomId, seq, limit) => read({ roomId: oid(roomId), seq: { $gt: seq } }, 1, limit),

    ofType: (roomId, type, { from, to, order, limit }) =>
      read(
        {
          roomId: oid(roomId),
          'data.type': type,
          seq: { $gt: from, ...(to === Infinity ? {} : { $lt: to }) },
        },
        order === 'newest' ? -1 : 1,
        limit,
      ),

    byId: id => one({ _id: oid(id) }),

    bySyncKey: (roomId, authorId, syncKey) =>
      one({ roomId: oid(roomId), 'author.authorId': authorId, syncKey }),

    async headsSince(sinceId) {
      const heads = messages.aggregate<{ _id: MessageDoc['roomId']; lastSeq: number }>([
        { $match: { _id: { $gte: oid(sinceId) } } },
        { $group: { _id: '$roomId', lastSeq: { $max: '$seq' } } },
      ]);
      return (await heads.toArray()).map(({ _id, lastSeq }) => ({ roomId: _id.toHexString(), lastSeq }));
    },

    async byIds(ids) {
      const docs = messages.find({ _id: { $in: ids.filter(isId).map(oid) } }, { batchSize: ids.length + 1 });
      return withQuotes(database, (await docs.toArray()).map(docToMessage));
    },

    async changedSince(rooms, since, skip, limit) {
      const docs = await messages
        .find({
          $or: rooms.map(({ roomId, after }) => ({
            roomId: oid(roomId),
            changedAt: { $gte: since },
            seq: { $gt: after },
          })),
        })
        .hint('changed')
        .sort({ changedAt: 1, _id: 1 })
        .skip(skip)
        .limit(limit)
        .toArray();
      return withQuotes(database, docs.map(docToMessage));
    },
  };
}

/** What searches and galleries read. */
function finds(database: Database): Finds {
  const { messages } = database;
  return {
    async gallery(roomId, kind, { from, before, limit }) {
      const docs = await messages
        .find({
          roomId: oid(roomId),
          ...(kind === 'LINK' ? { linked: true } : { 'data.type': kind }),
          seq: { $gt: from, ...(before === Infinity ? {} : { $lt: before }) },
          'status.deleted': { $ne: true },
        })
        .sort({ seq: -1 })
        .limit(limit)
        .batchSize(limit + 1)
        .toArray();
      return withQuotes(database, docs.map(docToMessage));
    },

    async ranges(ranges) {
      if (ranges.length === 0) return [];
      const places = ranges.map(({ roomId, from, to }) => ({
        roomId: oid(roomId),
        seq: { $gt: from, $lte: to },
      }));
      const docs = await messages.find({ $or: places }, { batchSize: 100_000 }).toArray();
      return withQuotes(database, docs.map(docToMessage));
    },
  };
}

function writes({ messages }: Database): Writes {
  return {
    append: batch => insertOrdered(messages, batch.map(messageToDoc)),

    async eraseAuthor(userId) {
      await messages.updateMany(
        { 'author.authorId': userId },
        { $set: { 'author.nickName': '', 'author.profileUrl': null } },
      );
    },

    async removeRoom(roomId) {
      await messages.deleteMany({ roomId: oid(roomId) });
    },
  };
}

/** One ordered insert, for whoever appends to the log. Throws when the outcome is unknown. */
export async function insertOrdered(
  messages: Database['messages'],
  docs: readonly MessageDoc[],
): Promise<AppendOutcome> {
  try {
    await messages.insertMany([...docs], { ordered: true });
    return { stored: docs.length };
  } catch (error) {
    return refusalOf(docs) ?? collisionOf(error);
  }
}

/** A document that cannot be encoded stops the batch before anything is sent. */
function refusalOf(docs: readonly MessageDoc[]): AppendOutcome | null {
  const refused = docs.findIndex(doc => {
    try {
      return mongo.BSON.calculateObjectSize(doc) > MAX_DOCUMENT;
    } catch {
      return true;
    }
  });
  return refused < 0 ? null : { stored: 0, refused };
}

/** What an ordered insert ran into; anything but a unique key leaves the outcome unknown and is thrown. */
function collisionOf(error: unknown): AppendOutcome {
  if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
  const [first] = [error.writeErrors].flat();
  if (!first || error.result.getWriteConcernError()) throw error;
  if (NEVER.has(first.code)) return { stored: first.index, refused: first.index };
  if (first.code !== DUPLICATE_KEY) throw error;
  const index = /index: (\S+)/.exec(first.errmsg ?? '')?.[1];
  const collision = index === SEQ_INDEX ? 'seq' : index === SYNC_KEY_INDEX ? 'syncKey' : 'id';
  return { stored: first.index, collision };
}
