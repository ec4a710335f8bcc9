import { Types, mongo } from 'mongoose';
import type { PushStore, Shown } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { PushShownDoc, PushTokenDoc } from '../models/push.ts';

const DUPLICATE_KEY = 11_000;
const TAKEN_AT_ONCE = 10;

export const pushStore = (database: Database): PushStore => ({
  ...tokens(database),
  ...quietHours(database),
  ...shownOnDevices(database),
  ...log(database),
  ...progress(database),
});

const docToToken = ({ _id, token, userId, platform }: PushTokenDoc) => ({ id: _id, token, userId, platform });

function tokens({
  pushTokens,
}: Database): Pick<PushStore, 'register' | 'unregister' | 'dropTokensOf' | 'dropTokens' | 'tokensOf'> {
  return {
    async register({ id, token, userId, platform }, at, keep) {
      await pushTokens.updateOne({ _id: id }, { $set: { token, userId, platform, at } }, { upsert: true });
      const own = await pushTokens
        .find({ userId })
        .project<Pick<PushTokenDoc, '_id' | 'at'>>({ at: 1 })
        .toArray();
      if (own.length <= keep) return;
      const oldest = own.sort((a, b) => b.at.getTime() - a.at.getTime()).slice(keep);
      await pushTokens.deleteMany({ _id: { $in: oldest.map(({ _id }) => _id) }, userId });
    },

    async unregister(userId, tokenId) {
      await pushTokens.deleteOne({ _id: tokenId, userId });
    },

    async dropTokensOf(userId) {
      await pushTokens.deleteMany({ userId });
    },

    async dropTokens(dead) {
      if (dead.length === 0) return;
      await pushTokens.bulkWrite(
        dead.map(({ id, userId }) => ({ deleteOne: { filter: { _id: id, userId } } })),
        { ordered: false },
      );
    },

    async tokensOf(userIds) {
      if (userIds.length === 0) return [];
      const found = pushTokens.find({ userId: { $in: [...userIds] } }, { batchSize: 10_000 });
      return (await found.toArray()).map(docToToken);
    },
  };
}

function quietHours({ users }: Database): Pick<PushStore, 'setQuiet' | 'quietOf'> {
  return {
    async setQuiet(userId, quiet) {
      await users.updateOne(
        { _id: userId },
        quiet ? { $set: { doNotDisturb: quiet } } : { $unset: { doNotDisturb: 1 } },
      );
    },

    async quietOf(userIds) {
      const found = await users
        .find({ _id: { $in: [...userIds] }, doNotDisturb: { $exists: true } })
        .project<{ _id: string; doNotDisturb: { from: string; to: string; timezone: string } }>({
          doNotDisturb: 1,
        })
        .toArray();
      return new Map(found.map(({ _id, doNotDisturb }) => [_id, doNotDisturb]));
    },
  };
}

const docToShown = ({ userId, roomId, messageId, seq }: PushShownDoc): Shown => ({
  userId,
  roomId: roomId.toHexString(),
  messageId,
  seq,
});

function shownOnDevices({ pushShown }: Database): Pick<PushStore, 'show' | 'shown' | 'take'> {
  return {
    async show(shown, at) {
      const write = (some: readonly Shown[]) =>
        pushShown.bulkWrite(
          some.map(({ userId, roomId, messageId, seq }) => ({
            updateOne: {
              filter: { userId, roomId: oid(roomId) },
              update: { $set: { messageId, seq, at } },
              upsert: true,
            },
          })),
          { ordered: false },
        );
      if (shown.length === 0) return;
      try {
        await write(shown);
      } catch (error) {
        if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
        // Two nodes inserted the same pair at the same moment: now it is there.
        const failures = [error.writeErrors].flat();
        if (failures.some(failure => failure.code !== DUPLICATE_KEY)) throw error;
        await write(failures.map(failure => shown[failure.index]!));
      }
    },

    async shown({ roomIds, userIds, messageId }) {
      const found = pushShown.find(
        {
          ...(roomIds ? { roomId: { $in: roomIds.map(oid) } } : {}),
          ...(userIds ? { userId: { $in: [...userIds] } } : {}),
          ...(messageId === undefined ? {} : { messageId }),
        },
        { batchSize: 10_000 },
      );
      return (await found.toArray()).map(docToShown);
    },

    async take(shown) {
      const taken: Shown[] = [];
      const takeOne = async (one: Shown) => {
        const { userId, roomId, messageId } = one;
        const { deletedCount } = await pushShown.deleteOne({ userId, roomId: oid(roomId), messageId });
        if (deletedCount === 1) taken.push(one);
      };
      for (let i = 0; i < shown.length; i += TAKEN_AT_ONCE)
        await Promise.all(shown.slice(i, i + TAKEN_AT_ONCE).map(takeOne));
      return taken;
    },
  };
}

function log({ pushLog }: Database): Pick<PushStore, 'log' | 'logOf'> {
  return {
    async log(entries) {
      if (entries.length === 0) return;
      await pushLog.insertMany(
        entries.map(entry => ({ _id: new Types.ObjectId(), ...entry })),
        { ordered: false },
      );
    },

    async logOf(messageId, userId) {
      const found = await pushLog.find({ messageId }).sort({ at: 1 }).toArray();
      return found.flatMap(({ at, results }) =>
        results.filter(result => result.userId === userId).map(result => ({ ...result, at })),
      );
    },
  };
}

function progress({ rooms }: Database): Pick<PushStore, 'pushedSeqs' | 'setPushed'> {
  return {
    async pushedSeqs(roomIds) {
      const found = await rooms
        .find({ _id: { $in: roomIds.map(oid) } })
        .project<{ _id: Types.ObjectId; pushedSeq?: number }>({ pushedSeq: 1 })
        .toArray();
      return new Map(found.map(({ _id, pushedSeq }) => [_id.toHexString(), pushedSeq ?? 0]));
    },

    async setPushed(roomId, seq) {
      await rooms.updateOne({ _id: oid(roomId) }, { $max: { pushedSeq: seq } });
    },
  };
}
