import type { ClaimStore, MarkStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';

const DUPLICATE_KEY = 11_000;

export function claimStore({ claims }: Database): ClaimStore {
  return {
    async claim(key, roomId) {
      try {
        await claims.insertOne({ _id: key, roomId: oid(roomId) });
        return roomId;
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
        return (await claims.findOne({ _id: key }))!.roomId.toHexString();
      }
    },

    async replace(key, from, to) {
      const { modifiedCount } = await claims.updateOne(
        { _id: key, roomId: oid(from) },
        { $set: { roomId: oid(to) } },
      );
      return modifiedCount === 1;
    },

    async release(roomId) {
      await claims.deleteMany({ roomId: oid(roomId) });
    },
  };
}

export function markStore({ marks, connection }: Database): MarkStore {
  return {
    async now() {
      const { localTime } = await connection.db!.command({ hello: 1 });
      return localTime as Date;
    },

    async read(name) {
      return (await marks.findOne({ _id: name }))?.at ?? null;
    },

    async write(name, at) {
      await marks.updateOne({ _id: name }, { $max: { at } }, { upsert: true });
    },
  };
}
