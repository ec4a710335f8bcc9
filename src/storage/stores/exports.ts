import type { ExportChange, ExportJob, ExportStore } from '../../domain/ports.ts';
import { oid } from '../convert.ts';
import type { Database } from '../database.ts';
import type { ExportDoc } from '../models/export.ts';

const DUPLICATE_KEY = 11_000;
/** Jobs that a worker looks at to get one: others may take the first ones at the same moment. */
const CANDIDATES = 10;

const toJob = ({ _id, roomId, slot: _, untold, ...rest }: ExportDoc): ExportJob => ({
  ...rest,
  id: _id.toHexString(),
  roomId: roomId === null ? null : roomId.toHexString(),
  told: !untold,
});

const update = ({ told, ...rest }: ExportChange, more: { slot?: string } = {}) => ({
  $set: { ...rest, ...more, ...(told === false ? { untold: true as const } : {}) },
  ...(told === true ? { $unset: { untold: 1 as const } } : {}),
});

export function exportStore({ exports }: Database): ExportStore {
  return {
    async add({ id, roomId, told, ...rest }, slot) {
      try {
        await exports.insertOne({
          ...rest,
          _id: oid(id),
          roomId: roomId === null ? null : oid(roomId),
          slot: slot ?? id,
          ...(told ? {} : { untold: true }),
        });
        return true;
      } catch (error) {
        if ((error as { code?: number }).code === DUPLICATE_KEY) return false;
        throw error;
      }
    },

    async byId(id) {
      const doc = await exports.findOne({ _id: oid(id) });
      return doc && toJob(doc);
    },

    unsettled: ({ kind, id }) =>
      exports.countDocuments({ 'by.id': id, 'by.kind': kind, state: { $in: ['waiting', 'running'] } }),

    async claim(node, now, until) {
      const due = await exports
        .find({ dueAt: { $lte: now } })
        .sort({ dueAt: 1 })
        .limit(CANDIDATES)
        .toArray();
      for (const doc of due) {
        // Whoever takes it changes `dueAt`, so that it is given to one.
        const { modifiedCount } = await exports.updateOne(
          { _id: doc._id, dueAt: doc.dueAt },
          { $set: { dueAt: until, node } },
        );
        if (modifiedCount === 1) return { ...toJob(doc), dueAt: until, node };
      }
      return null;
    },

    async change(id, node, change) {
      const { matchedCount } = await exports.updateOne({ _id: oid(id), node }, update(change));
      return matchedCount === 1;
    },

    async settle(id, node, change) {
      const { matchedCount } = await exports.updateOne({ _id: oid(id), node }, update(change, { slot: id }));
      return matchedCount === 1;
    },

    async untold(limit) {
      return (await exports.find({ untold: true }).sort({ _id: -1 }).limit(limit).toArray()).map(toJob);
    },

    async tell(id) {
      await exports.updateOne({ _id: oid(id) }, { $unset: { untold: 1 } });
    },

    async expired(before, limit) {
      const docs = await exports
        .find({ expiresAt: { $lte: before } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      return docs.map(toJob);
    },

    async ofAsker({ kind, id }) {
      return (await exports.find({ 'by.id': id, 'by.kind': kind }).toArray()).map(toJob);
    },

    async remove(id) {
      await exports.deleteOne({ _id: oid(id) });
    },
  };
}
