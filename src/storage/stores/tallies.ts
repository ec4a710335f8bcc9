import type { Filter } from 'mongodb';
import type { MessageLog, SeqRange } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { MessageDoc } from '../models/message.ts';

/** The places of the log on which unread and mention counts depend. */
export type Tallies = Pick<
  MessageLog,
  'uncounted' | 'mentions' | 'uncountedOf' | 'mentionsOf' | 'ownOf' | 'countingOf'
>;

/** Ids that are looked up at once. */
const IDS_AT_ONCE = 1_000;

const isDeleted = { $eq: ['$status.deleted', true] };
/** A user id is a value, whatever it begins with. */
const is = (field: string, userId: string) => ({ $eq: [field, { $literal: userId }] });

export const tallies = (database: Database): Tallies => ({ ...places(database), ...counts(database) });

function places({ messages }: Database): Pick<Tallies, 'uncounted' | 'mentions'> {
  const newest = <F extends keyof MessageDoc>(
    rooms: readonly { roomId: string; after: number }[],
    filter: Filter<MessageDoc>,
    limit: number,
    fields: F[],
  ) =>
    messages
      .find({
        $or: rooms.map(({ roomId, after }) => ({ roomId: oid(roomId), ...filter, seq: { $gt: after } })),
      })
      .project<Pick<MessageDoc, 'roomId' | 'seq' | F>>({
        _id: 0,
        roomId: 1,
        seq: 1,
        ...Object.fromEntries(fields.map(field => [field, 1])),
      })
      .sort({ seq: -1 })
      .limit(limit)
      .batchSize(limit + 1)
      .toArray();
  return {
    async uncounted(rooms, limit) {
      const docs = await newest(rooms, { uncounted: true }, limit, ['status', 'uncountedFor']);
      return docs.map(({ roomId, seq, status, uncountedFor }) => ({
        roomId: roomId.toHexString(),
        seq,
        for: status?.deleted ? null : (uncountedFor ?? null),
      }));
    },

    async mentions(rooms, limit) {
      const docs = await newest(rooms, { mentioned: true }, limit, ['mentions']);
      return docs.map(({ roomId, seq, mentions = [] }) => ({
        roomId: roomId.toHexString(),
        seq,
        userIds: mentions,
      }));
    },
  };
}

function counts({ messages }: Database): Omit<Tallies, 'uncounted' | 'mentions'> {
  /** In how many messages of each room each of these is true. */
  const sumUp = async <S extends string>(match: Filter<MessageDoc>, sums: Record<S, unknown>) => {
    const conditions = Object.entries(sums).map(([name, when]) => [name, { $sum: { $cond: [when, 1, 0] } }]);
    const found = messages.aggregate<Record<S, number> & { _id: MessageDoc['roomId'] }>([
      { $match: match },
      { $group: { _id: '$roomId', ...(Object.fromEntries(conditions) as object) } },
    ]);
    return (await found.toArray()).map(sum => ({ roomId: sum._id.toHexString(), sum }));
  };
  const count = async (ranges: readonly SeqRange[], filter: Filter<MessageDoc>, when: unknown) =>
    new Map(
      (await sumUp(inRanges(ranges, filter), { count: when })).map(({ roomId, sum }) => [roomId, sum.count]),
    );

  return {
    uncountedOf: (userId, ranges) =>
      count(ranges, { uncounted: true }, { $or: [isDeleted, is('$uncountedFor', userId)] }),

    mentionsOf: (userId, ranges) =>
      count(ranges, { mentions: userId, mentioned: true }, { $not: [isDeleted] }),

    ownOf: (userId, ranges) =>
      count(
        ranges,
        { 'author.authorId': userId },
        { $not: [{ $or: [isDeleted, is('$uncountedFor', userId)] }] },
      ),

    async countingOf(userId, messageIds) {
      const all = new Map<string, { unread: number; mentions: number }>();
      const leftOut = { $or: [isDeleted, is('$uncountedFor', userId), is('$author.authorId', userId)] };
      const isNamed = { $in: [{ $literal: userId }, { $ifNull: ['$mentions', []] }] };
      const sums = { unread: { $not: [leftOut] }, mentions: { $and: [{ $not: [isDeleted] }, isNamed] } };
      for (let i = 0; i < messageIds.length; i += IDS_AT_ONCE) {
        const ids = messageIds.slice(i, i + IDS_AT_ONCE).map(oid);
        for (const { roomId, sum } of await sumUp({ _id: { $in: ids } }, sums)) {
          const known = all.get(roomId) ?? { unread: 0, mentions: 0 };
          all.set(roomId, {
            unread: known.unread + sum.unread,
            mentions: known.mentions + sum.mentions,
          });
        }
      }
      return all;
    },
  };
}

const inRanges = (ranges: readonly SeqRange[], filter: Filter<MessageDoc>): Filter<MessageDoc> => ({
  $or: ranges.map(({ roomId, after, upTo }) => ({
    roomId: oid(roomId),
    ...filter,
    seq: { $gt: after, $lte: upTo },
  })),
});
