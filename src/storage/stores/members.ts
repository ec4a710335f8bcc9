import { mongo } from 'mongoose';
import type { MemberStore, ReadMove } from '../../domain/ports.ts';
import { fold, patternOf } from '../../domain/users/fold.ts';
import type { Database } from '../database.ts';
import { docToMember, memberToDoc, oid } from '../convert.ts';
import type { MembershipDoc } from '../models/membership.ts';
import { nextNumber } from './counters.ts';

const DUPLICATE_KEY = 11_000;

/** In one round trip, and without what only searches need. */
const whole = { batchSize: 100_000, projection: { _id: 0, nickKey: 0 } };

type Reads = Pick<
  MemberStore,
  'ofUsers' | 'ofRooms' | 'among' | 'mastersOf' | 'roomsWithNick' | 'pending' | 'countOf'
>;

export const memberStore = (database: Database): MemberStore => ({
  ...reads(database),
  ...writes(database),
  ...marks(database),
});

type Marks = Pick<MemberStore, 'setAlarm' | 'setMuted' | 'setMaster' | 'mark' | 'raiseHidden' | 'moveReads'>;

function writes(database: Database): Omit<MemberStore, keyof Reads | keyof Marks> {
  const { memberships, hides } = database;
  return {
    nextNos: count => nextNumber(database, 'memberships', count),

    async add(members) {
      if (members.length === 0) return [];
      try {
        await memberships.insertMany(members.map(memberToDoc) as MembershipDoc[], { ordered: false });
        return [];
      } catch (error) {
        if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
        const failures = [error.writeErrors].flat();
        if (failures.length === 0 || failures.some(failure => failure.code !== DUPLICATE_KEY)) throw error;
        return failures.map(failure => members[failure.index]!.userId);
      }
    },

    async settleJoin(roomId, userIds, { seq, messageId }) {
      await memberships.updateMany(
        { roomId: oid(roomId), userId: { $in: [...userIds] }, 'pending.act': 'join' },
        { $set: { joinedSeq: seq - 1 }, $max: { lastReadSeq: seq }, $unset: { pending: 1 } },
      );
      await memberships.updateMany(
        { roomId: oid(roomId), userId: { $in: [...userIds] }, lastReadSeq: seq },
        { $set: { lastReadMessageId: messageId } },
      );
    },

    async markLeaving(roomId, userIds, syncKey) {
      const filter = { roomId: oid(roomId), userId: { $in: [...userIds] } };
      await memberships.updateMany(
        { ...filter, pending: { $exists: false } },
        { $set: { pending: { act: 'leave', syncKey }, updatedAt: new Date() } },
      );
      const marked = await memberships
        .find({ ...filter, 'pending.syncKey': syncKey })
        .project<{ userId: string }>({ userId: 1 })
        .toArray();
      return marked.map(({ userId }) => userId);
    },

    async unmark(roomId, syncKey) {
      await memberships.updateMany(
        { roomId: oid(roomId), 'pending.syncKey': syncKey },
        { $unset: { pending: 1 } },
      );
    },

    async remove(roomId, userIds) {
      await hides.deleteMany({ roomId: oid(roomId), userId: { $in: [...userIds] } });
      await memberships.deleteMany({ roomId: oid(roomId), userId: { $in: [...userIds] } });
    },

    async removeRoom(roomId) {
      await hides.deleteMany({ roomId: oid(roomId) });
      await memberships.deleteMany({ roomId: oid(roomId) });
    },

    async renameUser({ id, nickName, profileUrl, meta }) {
      await memberships.updateMany(
        { userId: id },
        { $set: { nickName, nickKey: fold(nickName), profileUrl, meta, updatedAt: new Date() } },
      );
    },
  };
}

/** What a membership says of its member. */
function marks({ memberships }: Database): Marks {
  return {
    async setAlarm(roomId, userId, on, at) {
      await memberships.updateOne({ roomId: oid(roomId), userId }, { $set: { alarmOn: on, updatedAt: at } });
    },

    async setMuted(roomId, userIds, mutedUntil, at) {
      await memberships.updateMany(
        { roomId: oid(roomId), userId: { $in: [...userIds] } },
        { $set: { mutedUntil, updatedAt: at } },
      );
    },

    async setMaster(roomId, userId) {
      await memberships.updateOne({ roomId: oid(roomId), userId }, { $set: { master: true } });
    },

    async mark(roomId, userId, unreadFromSeq, at) {
      await memberships.updateOne(
        { roomId: oid(roomId), userId },
        { $set: { unreadFromSeq, updatedAt: at } },
      );
    },

    async raiseHidden(roomId, userId, seq, at) {
      await memberships.updateOne(
        { roomId: oid(roomId), userId },
        { $max: { lastHiddenSeq: seq }, $set: { updatedAt: at } },
      );
    },

    async moveReads(moves) {
      await memberships.bulkWrite(moves.flatMap(readWrites), { ordered: false });
    },
  };
}

/** Whoever wrote ends the mark that they had set before, and no later one. */
function readWrites({ roomId, userIds, seq, messageId, at, unmarked = [] }: ReadMove) {
  const read = { lastReadSeq: seq, lastReadMessageId: messageId, lastReadAt: at };
  const write = (people: readonly string[], before: object, set: object) => ({
    updateMany: {
      filter: { roomId: oid(roomId), userId: { $in: [...people] }, lastReadSeq: before },
      update: { $set: set },
    },
  });
  const others = unmarked.length > 0 ? userIds.filter(id => !unmarked.includes(id)) : userIds;
  return [
    ...(others.length > 0 ? [write(others, { $lte: seq }, read)] : []),
    ...(unmarked.length > 0 ? [write(unmarked, { $lt: seq }, { ...read, unreadFromSeq: null })] : []),
  ];
}

function reads({ memberships }: Database): Reads {
  return {
    async ofUsers(userIds) {
      return (await memberships.find({ userId: { $in: [...userIds] } }, whole).toArray()).map(docToMember);
    },

    async ofRooms(roomIds) {
      return (await memberships.find({ roomId: { $in: roomIds.map(oid) } }, whole).toArray()).map(
        docToMember,
      );
    },

    async among(roomIds, userIds) {
      const found = memberships.find(
        { roomId: { $in: roomIds.map(oid) }, userId: { $in: [...userIds] } },
        whole,
      );
      return (await found.toArray()).map(docToMember);
    },

    async mastersOf(roomIds) {
      const found = await memberships
        .find({ roomId: { $in: roomIds.map(oid) }, master: true }, whole)
        .toArray();
      return found.map(docToMember).filter(member => member.pending?.act !== 'join');
    },

    async roomsWithNick(roomIds, keyword) {
      const nickKey = patternOf(keyword);
      const found = await memberships.distinct('roomId', { roomId: { $in: roomIds.map(oid) }, nickKey });
      return found.map(id => id.toHexString());
    },

    async pending(before) {
      const found = await memberships
        .find({ pending: { $exists: true }, updatedAt: { $lt: before } })
        .toArray();
      return found.map(docToMember);
    },

    async countOf(userIds) {
      const counts = memberships.aggregate<{ _id: string; count: number }>([
        { $match: { userId: { $in: [...userIds] } } },
        { $group: { _id: '$userId', count: { $sum: 1 } } },
      ]);
      return new Map((await counts.toArray()).map(({ _id, count }) => [_id, count]));
    },
  };
}
