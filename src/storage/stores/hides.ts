import type { Hide, HideStore } from '../../domain/ports.ts';
import { isId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { HideDoc } from '../models/hide.ts';

const toHide = ({ userId, no, roomId, messageId, seq, at }: HideDoc): Hide => ({
  userId,
  no,
  roomId: roomId.toHexString(),
  messageId: messageId.toHexString(),
  seq,
  at,
});

const DUPLICATE_KEY = 11_000;

export function hideStore({ hides }: Database): HideStore {
  return {
    async add({ userId, messageId, roomId, no, seq, at }) {
      const filter = { userId, messageId: oid(messageId) };
      // An earlier membership may have left one behind: it is that of the present one from now on.
      const update = { $set: { no, roomId: oid(roomId), seq, at } };
      try {
        await hides.updateOne(filter, update, { upsert: true });
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
        await hides.updateOne(filter, update);
      }
    },

    async among(userIds, messageIds) {
      const found = hides.find(
        { userId: { $in: [...userIds] }, messageId: { $in: messageIds.map(oid) } },
        { batchSize: 10_000 },
      );
      return (await found.toArray()).map(toHide);
    },

    async inRanges(userId, ranges) {
      const found = hides.find(
        {
          $or: ranges.map(({ roomId, after, upTo }) => ({
            roomId: oid(roomId),
            userId,
            seq: { $gt: after, $lte: upTo },
          })),
        },
        { batchSize: 10_000 },
      );
      return (await found.toArray()).map(toHide);
    },

    async since(userId, roomIds, since, skip, limit) {
      const found = await hides
        .find({ userId, at: { $gte: since }, roomId: { $in: roomIds.filter(isId).map(oid) } })
        .sort({ at: 1, _id: 1 })
        .skip(skip)
        .limit(limit)
        .toArray();
      return found.map(toHide);
    },
  };
}
