import type { Filter } from 'mongodb';
import { mongo } from 'mongoose';
import { idFrom, isId } from '../../domain/ids.ts';
import type {
  AuditEntry,
  AuditStore,
  BannedWord,
  PageQuery,
  Report,
  ReportStore,
  WordStore,
} from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { AuditDoc, BannedWordDoc, ReportDoc } from '../models/moderation.ts';

const DUPLICATE_KEY = 11_000;
/** Ids are made by nodes whose clocks may differ a little from the time of the act. Milliseconds. */
const SLACK = 60_000;

const isDuplicate = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;

const toReport = ({ _id, roomId, messageId, ...rest }: ReportDoc): Report => ({
  ...rest,
  id: _id.toHexString(),
  roomId: roomId.toHexString(),
  messageId: messageId.toHexString(),
});

/** The part of a filter that pages and links make. */
const pageFilter = ({ links, before }: PageQuery) => ({
  ...(links ? { linkSid: { $in: [...links] } } : {}),
  ...(before ? { _id: { $lt: oid(before) } } : {}),
});

export function reportStore({ reports }: Database): ReportStore {
  return {
    async add({ id, roomId, messageId, ...rest }) {
      try {
        await reports.insertOne({ ...rest, _id: oid(id), roomId: oid(roomId), messageId: oid(messageId) });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },

    async find(query) {
      const { status, roomId, limit } = query;
      if (roomId !== undefined && !isId(roomId)) return [];
      const found = await reports
        .find({
          ...(status ? { status } : {}),
          ...(roomId ? { roomId: oid(roomId) } : {}),
          ...pageFilter(query),
        })
        .sort({ _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(toReport);
    },

    async byId(id) {
      const found = isId(id) ? await reports.findOne({ _id: oid(id) }) : null;
      return found && toReport(found);
    },

    async decide(id, { status, note, at }) {
      await reports.updateOne({ _id: oid(id) }, { $set: { status, note, decidedAt: at } });
    },
  };
}

const toWord = ({ _id, ...rest }: BannedWordDoc): BannedWord => ({ ...rest, key: _id });

export function wordStore({ bannedWords }: Database): WordStore {
  return {
    async put(words) {
      const updates = words.map(({ key, word, mode, at }) => ({
        updateOne: { filter: { _id: key }, update: { $set: { word, mode, at } }, upsert: true },
      }));
      try {
        await bannedWords.bulkWrite(updates, { ordered: false });
      } catch (error) {
        // Somebody entered one of them at the same moment.
        if (!isDuplicate(error)) throw error;
        await bannedWords.bulkWrite(updates, { ordered: false });
      }
    },

    async remove(keys) {
      return (await bannedWords.deleteMany({ _id: { $in: [...keys] } })).deletedCount;
    },

    async page(after, limit) {
      const range = after === null ? {} : { _id: { $gt: after } };
      return (await bannedWords.find(range).sort({ _id: 1 }).limit(limit).toArray()).map(toWord);
    },

    async all() {
      return (await bannedWords.find({}, { batchSize: 10_000 }).toArray()).map(toWord);
    },

    count: () => bannedWords.countDocuments({}),

    async stamp() {
      const [count, last] = await Promise.all([
        bannedWords.countDocuments({}),
        bannedWords
          .find({}, { projection: { at: 1 } })
          .sort({ at: -1 })
          .limit(1)
          .toArray(),
      ]);
      return `${count}-${last[0]?.at.getTime() ?? 0}`;
    },
  };
}

const toAct = ({ _id, roomId, expiresAt: _, ...rest }: AuditDoc): AuditEntry => ({
  ...rest,
  id: _id.toHexString(),
  roomId: roomId && roomId.toHexString(),
});

export function auditStore({ auditLog }: Database): AuditStore {
  return {
    async add(entries) {
      const docs = entries.map(({ id, roomId, targets, ...rest }): AuditDoc => ({
        ...rest,
        _id: oid(id),
        roomId: roomId === null ? null : oid(roomId),
        targets: [...targets],
      }));
      try {
        await auditLog.insertMany(docs, { ordered: false });
      } catch (error) {
        // A write that was tried again: what is there is there.
        const failures = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat() : [];
        if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
      }
    },

    async find(query) {
      const { roomId, actorId, act, from, to, limit } = query;
      if (roomId !== undefined && !isId(roomId)) return [];
      const { _id: below, ...links } = pageFilter(query);
      const since = from ? { $gte: oid(idFrom(new Date(from.getTime() - SLACK))) } : {};
      const filter: Filter<AuditDoc> = {
        ...links,
        ...(roomId ? { roomId: oid(roomId) } : {}),
        ...(actorId === undefined ? {} : { 'actor.id': actorId }),
        ...(act === undefined ? {} : { act }),
        ...(from || to ? { at: { ...(from ? { $gte: from } : {}), ...(to ? { $lte: to } : {}) } } : {}),
        ...(below || from ? { _id: { ...below, ...since } } : {}),
      };
      return (await auditLog.find(filter).sort({ _id: -1 }).limit(limit).toArray()).map(toAct);
    },
  };
}
