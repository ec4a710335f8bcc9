import { randomBytes } from 'node:crypto';
import type {
  AllowanceStore,
  FileEntry,
  FileStore,
  SecretStore,
  Upload,
  UploadStore,
} from '../../domain/ports.ts';
import { oid } from '../convert.ts';
import type { Database } from '../database.ts';
import type { FileDoc, UploadDoc } from '../models/upload.ts';

const DUPLICATE_KEY = 11_000;
const SECRET_BYTES = 32;

const isDuplicate = (error: unknown): boolean => (error as { code?: number }).code === DUPLICATE_KEY;

const toUpload = ({ _id, roomId, ...rest }: UploadDoc): Upload => ({
  ...rest,
  id: _id.toHexString(),
  roomId: roomId.toHexString(),
});

const toFile = ({ _id, roomId, doomedAt: _, ...rest }: FileDoc): FileEntry => ({
  ...rest,
  key: _id,
  roomId: roomId.toHexString(),
});

export function uploadStore({ uploads }: Database): UploadStore {
  return {
    async begin({ id, roomId, ...rest }) {
      try {
        await uploads.insertOne({ ...rest, _id: oid(id), roomId: oid(roomId) });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },

    async byId(id) {
      const doc = await uploads.findOne({ _id: oid(id) });
      return doc && toUpload(doc);
    },

    async find(userId, roomId, syncKey) {
      const doc = await uploads.findOne({ userId, syncKey, roomId: oid(roomId) });
      return doc && toUpload(doc);
    },

    async latest(userId, syncKey) {
      const [doc] = await uploads.find({ userId, syncKey }).sort({ updatedAt: -1 }).limit(1).toArray();
      return doc ? toUpload(doc) : null;
    },

    async advance(id, to) {
      const { matchedCount } = await uploads.updateOne(
        { _id: oid(id), received: { $lt: to.received }, state: 'open' },
        { $set: to },
      );
      return matchedCount === 1;
    },

    async update(id, change) {
      await uploads.updateOne({ _id: oid(id) }, { $set: change });
    },

    async remove(id) {
      await uploads.deleteOne({ _id: oid(id) });
    },

    async stale(before, limit) {
      const docs = await uploads
        .find({ updatedAt: { $lt: before } })
        .sort({ updatedAt: 1 })
        .limit(limit)
        .toArray();
      return docs.map(toUpload);
    },
  };
}

export function fileStore({ files }: Database): FileStore {
  return {
    async add({ key, roomId, ...rest }) {
      await files.replaceOne({ _id: key }, { ...rest, roomId: oid(roomId) }, { upsert: true });
    },

    async findMany(keys) {
      const docs = await files.find({ _id: { $in: [...keys] } }).toArray();
      return docs.filter(doc => !doc.doomedAt).map(toFile);
    },

    async doom(keys, at) {
      await files.updateMany({ _id: { $in: [...keys] } }, { $set: { doomedAt: at } });
    },

    async doomRoom(roomId, at) {
      await files.updateMany({ roomId: oid(roomId) }, { $set: { doomedAt: at } });
    },

    async spare(key) {
      await files.updateOne({ _id: key }, { $unset: { doomedAt: 1 } });
    },

    async doomed(before, limit) {
      const docs = await files
        .find({ doomedAt: { $lte: before } })
        .sort({ doomedAt: 1 })
        .limit(limit)
        .toArray();
      return docs.map(toFile);
    },

    async remove(keys) {
      await files.deleteMany({ _id: { $in: [...keys] } });
    },
  };
}

export function allowanceStore({ allowances }: Database): AllowanceStore {
  return {
    async take(key, amount, limit, expiresAt) {
      const after = await allowances.findOneAndUpdate(
        { _id: key },
        { $inc: { taken: amount }, $setOnInsert: { expiresAt } },
        { upsert: true, returnDocument: 'after' },
      );
      if (after!.taken <= limit) return true;
      await allowances.updateOne({ _id: key }, { $inc: { taken: -amount } });
      return false;
    },

    async giveBack(key, amount) {
      await allowances.updateOne({ _id: key }, { $inc: { taken: -amount } });
    },
  };
}

export function secretStore({ secrets }: Database): SecretStore {
  return {
    async get(name) {
      const known = await secrets.findOne({ _id: name });
      if (known) return Buffer.from(known.value, 'base64');
      try {
        await secrets.insertOne({ _id: name, value: randomBytes(SECRET_BYTES).toString('base64') });
      } catch (error) {
        // Another node made it at the same moment.
        if (!isDuplicate(error)) throw error;
      }
      return Buffer.from((await secrets.findOne({ _id: name }))!.value, 'base64');
    },
  };
}
