import type { Filter } from 'mongodb';
import { isId } from '../../domain/ids.ts';
import { EXPIRED } from '../../domain/model.ts';
import type { Room } from '../../domain/model.ts';
import type { RoomFreezer, RoomQuery, RoomSettings, RoomStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { docToRoom, messageToDoc, oid, roomToDoc } from '../convert.ts';
import type { RoomDoc } from '../models/room.ts';
import type { MembershipDoc } from '../models/membership.ts';
import { nextNumber } from './counters.ts';
import { withQuotes } from './quotes.ts';

/** Rooms in the making are found by nobody. */
const made = { making: { $ne: true } } as const;

type Lookups = Pick<RoomStore, 'byIds' | 'idByNo' | 'listed' | 'withMembers' | 'find'>;

export const roomStore = (database: Database): RoomStore => ({ ...lookups(database), ...writes(database) });

function lookups(database: Database): Lookups {
  const { rooms } = database;
  return {
    async byIds(ids) {
      const docs = await rooms
        .find({ _id: { $in: ids.filter(isId).map(oid) }, ...made }, { batchSize: ids.length + 1 })
        .toArray();
      const found = docs.map(docToRoom);
      await withQuotes(
        database,
        found.flatMap(({ lastMessage }) => lastMessage ?? []),
      );
      return found;
    },

    async idByNo(no) {
      const found = await rooms.findOne({ no, ...made }, { projection: { _id: 1 } });
      return found && found._id.toHexString();
    },

    async listed(before, limit) {
      const range = before === null ? {} : { no: { $lt: before } };
      const newest = (filter: Filter<RoomDoc>) =>
        rooms
          .find({ ...filter, ...range, ...made })
          .sort({ no: -1 })
          .limit(limit)
          .toArray();
      const [open, locked] = await Promise.all([
        newest({ roomType: 'OPEN' }),
        newest({ 'access.kind': 'password' }),
      ]);
      return [...open, ...locked]
        .sort((a, b) => b.no - a.no)
        .slice(0, limit)
        .map(docToRoom);
    },

    async withMembers(membersKey, roomType) {
      const found = await rooms
        .find({ membersKey, roomType, ...made })
        .sort({ _id: 1 })
        .toArray();
      return found.map(docToRoom);
    },

    find: query => findRooms(database, query),
  };
}

function writes(database: Database): Omit<RoomStore, keyof Lookups> {
  const { rooms } = database;
  return {
    nextNo: () => nextNumber(database, 'rooms', 1),

    async begin(room) {
      await rooms.insertOne({ ...roomToDoc(room), making: true });
    },

    async finish(roomId) {
      await rooms.updateOne({ _id: oid(roomId) }, { $unset: { making: 1 } });
    },

    ...heads(database),
    ...endings(database),

    async settings(roomId, settings, at) {
      const isEndless = settings.expiresAt === null;
      await rooms.updateOne(
        { _id: oid(roomId) },
        {
          $set: { ...asPaths(settings), settingsAt: at, ...(settings.expiresAt ? { expiring: true } : {}) },
          ...(isEndless ? { $unset: { expiring: 1 } } : {}),
          $max: { updatedAt: at },
        },
      );
    },

    async touch(ids, at) {
      await rooms.updateMany({ _id: { $in: ids.map(oid) } }, { $max: { updatedAt: at } });
    },

    async remove(roomId) {
      await rooms.deleteOne({ _id: oid(roomId) });
    },

    async unfinished(before) {
      const found = await rooms
        // Rooms of an import have old dates, and are gone on with by their import.
        .find({ making: true, createdAt: { $lt: before }, importing: { $exists: false } })
        .project<Pick<RoomDoc, '_id'>>({ _id: 1 })
        .toArray();
      return found.map(({ _id }) => _id.toHexString());
    },
  };
}

/** What is derived from the log and written behind. */
function heads({ rooms }: Database): Pick<RoomStore, 'moveHeads' | 'replaceLastMessage' | 'raiseUncounted'> {
  return {
    async moveHeads(heads) {
      await rooms.bulkWrite(
        heads.map(({ roomId, lastSeq, lastMessage, memberCount, membersKey, at, ...highest }) => ({
          updateOne: {
            filter: {
              _id: oid(roomId),
              // Another node may have shown a newer state of the same last message.
              $or: [
                { lastSeq: { $lt: lastSeq } },
                { lastSeq, 'lastMessage.revision': { $not: { $gt: lastMessage?.revision ?? 0 } } },
              ],
            },
            update: {
              $set: {
                lastSeq,
                lastMessage: lastMessage && messageToDoc(lastMessage),
                memberCount,
                membersKey,
              },
              $max: { updatedAt: at, ...highest },
            },
          },
        })),
        { ordered: false },
      );
    },

    async replaceLastMessage(roomId, message) {
      await rooms.updateOne(
        {
          _id: oid(roomId),
          'lastMessage._id': oid(message.id),
          'lastMessage.revision': { $not: { $gt: message.revision } },
        },
        {
          $set: { lastMessage: messageToDoc(message) },
          $max: { updatedAt: message.changedAt ?? message.createdAt },
        },
      );
    },

    async raiseUncounted(roomId, seq) {
      await rooms.updateOne({ _id: oid(roomId) }, { $max: { lastUncountedSeq: seq } });
    },
  };
}

/** Rooms whose end comes. */
function endings({ rooms }: Database): Pick<RoomStore, 'expiring' | 'expire' | 'reopen'> {
  return {
    async expiring(before, limit) {
      const found = await rooms
        .find({ expiring: true, expiresAt: { $lte: before } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .project<Pick<RoomDoc, '_id' | 'expiresAt'>>({ expiresAt: 1 })
        .toArray();
      return found.map(({ _id, expiresAt }) => ({ roomId: _id.toHexString(), expiresAt: expiresAt! }));
    },

    async expire(roomId, settings, now) {
      const { modifiedCount } = await rooms.updateOne(
        { _id: oid(roomId), expiring: true, expiresAt: { $lte: now } },
        {
          $set: { ...asPaths(settings), settingsAt: now },
          $unset: { expiring: 1 },
          $max: { updatedAt: now },
        },
      );
      return modifiedCount === 1;
    },

    async reopen(roomId, settings, at) {
      const { modifiedCount } = await rooms.updateOne(
        { _id: oid(roomId), freezingReasonCode: EXPIRED },
        { $set: { ...asPaths(settings), settingsAt: at }, $max: { updatedAt: at } },
      );
      return modifiedCount === 1;
    },
  };
}

/** The rooms of a link, frozen and thawed many at once. */
export function roomFreezer({ rooms }: Database): RoomFreezer {
  return {
    async toFreeze({ linkSid, frozen, reasonCode, after, limit }) {
      const found = await rooms
        .find({
          'link.sid': linkSid,
          ...made,
          ...(after ? { _id: { $gt: oid(after) } } : {}),
          ...(frozen
            ? { 'rules.isFreezed': { $ne: true } }
            : { 'rules.isFreezed': true, freezingReasonCode: reasonCode }),
        })
        .sort({ _id: 1 })
        .limit(limit)
        .project<Pick<RoomDoc, '_id'>>({ _id: 1 })
        .toArray();
      return found.map(({ _id }) => _id.toHexString());
    },

    async settingsOf(roomIds, settings, at) {
      await rooms.updateMany(
        { _id: { $in: roomIds.map(oid) } },
        { $set: asPaths(settings), $max: { updatedAt: at } },
      );
    },
  };
}

async function roomIdsOf({ memberships }: Database, userId: string) {
  const mine = memberships.find({ userId }).project<Pick<MembershipDoc, 'roomId'>>({ roomId: 1 });
  return (await mine.toArray()).map(({ roomId }) => roomId);
}

/** Each rule by itself: two masters who change different ones at the same moment both get their way. */
function asPaths({ rules, ...settings }: RoomSettings): Record<string, unknown> {
  const changed = Object.entries(rules ?? {}).map(([rule, value]) => [`rules.${rule}`, value]);
  return { ...settings, ...(Object.fromEntries(changed) as object) };
}

/** The platform's lists, newest first. */
async function findRooms(database: Database, query: RoomQuery): Promise<Room[]> {
  const { links, linkSid, roomType, memberId, after, limit } = query;
  if (linkSid !== undefined && links && !links.includes(linkSid)) return [];
  const filter: Filter<RoomDoc> = { ...made };
  if (roomType) filter.roomType = roomType;
  if (linkSid !== undefined) filter['link.sid'] = linkSid;
  else if (links) filter['link.sid'] = { $in: [...links] };
  const range = {
    ...(after ? { $lt: oid(after) } : {}),
    ...(memberId === undefined ? {} : { $in: await roomIdsOf(database, memberId) }),
  };
  if (Object.keys(range).length > 0) filter._id = range;
  const found = await database.rooms.find(filter).sort({ _id: -1 }).limit(limit).toArray();
  return found.map(docToRoom);
}
