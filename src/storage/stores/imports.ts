import type { Import, ImportStore } from '../../domain/ports.ts';
import { oid } from '../convert.ts';
import type { Database } from '../database.ts';
import type { ImportDoc } from '../models/import.ts';

const toImport = ({ _id, holder: _, heldUntil: __, ...rest }: ImportDoc): Import => ({
  ...rest,
  id: _id.toHexString(),
});

export function importStore({ imports }: Database): ImportStore {
  return {
    async begin({ id, ...rest }, holder, heldUntil) {
      await imports.insertOne({ ...rest, _id: oid(id), holder, heldUntil });
    },

    async byId(id) {
      const doc = await imports.findOne({ _id: oid(id) });
      return doc && toImport(doc);
    },

    async received(id, size) {
      const { matchedCount } = await imports.updateOne(
        { _id: oid(id), state: 'receiving' },
        { $set: { state: 'waiting', size, holder: null, heldUntil: new Date(0) } },
      );
      return matchedCount === 1;
    },

    async abandon(id, at) {
      await imports.updateOne(
        { _id: oid(id), state: 'receiving' },
        { $set: { state: 'failed', failure: 'TEMPORARILY_UNAVAILABLE', finishedAt: at, holder: null } },
      );
    },

    unfinished: keyId =>
      imports.countDocuments({ keyId, state: { $in: ['receiving', 'waiting', 'running'] } }),

    async claim(holder, now, until) {
      for (const state of ['waiting', 'running'] as const) {
        const free = { state, heldUntil: { $lt: now } };
        const [next] = await imports.find(free).sort({ heldUntil: 1, _id: 1 }).limit(1).toArray();
        if (!next) continue;
        const taken = await imports.updateOne(
          { _id: next._id, ...free },
          {
            $set: { state: 'running', holder, heldUntil: until, startedAt: next.startedAt ?? now },
            $inc: { tries: 1 },
          },
        );
        if (taken.modifiedCount === 1) return toImport((await imports.findOne({ _id: next._id }))!);
      }
      return null;
    },

    async renew(id, holder, until) {
      const { matchedCount } = await imports.updateOne(
        { _id: oid(id), holder },
        { $set: { heldUntil: until } },
      );
      return matchedCount === 1;
    },

    async save(id, holder, { line, offset, counts, errors }) {
      const { matchedCount } = await imports.updateOne(
        { _id: oid(id), holder },
        { $set: { line, offset, counts, errors, tries: 0 } },
      );
      return matchedCount === 1;
    },

    async release(id, holder, until) {
      await imports.updateOne({ _id: oid(id), holder }, { $set: { holder: null, heldUntil: until } });
    },

    async finish(id, holder, { state, failure, at }) {
      const { matchedCount } = await imports.updateOne(
        { _id: oid(id), holder },
        { $set: { state, failure, finishedAt: at, holder: null } },
      );
      return matchedCount === 1;
    },

    async broken(now) {
      const docs = await imports
        .find({ state: 'receiving', heldUntil: { $lt: now } })
        .project<Pick<ImportDoc, '_id'>>({ _id: 1 })
        .toArray();
      return docs.map(({ _id }) => _id.toHexString());
    },
  };
}
