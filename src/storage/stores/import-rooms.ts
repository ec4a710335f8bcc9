import type { Filter } from 'mongodb';
import type { ImportedMessage, ImportedRoom, ImportRoomStore } from '../../domain/ports.ts';
import { docToMessage, messageToDoc, oid, roomToDoc } from '../convert.ts';
import type { Database } from '../database.ts';
import type { MessageDoc } from '../models/message.ts';
import type { RoomDoc } from '../models/room.ts';
import { memberStore } from './members.ts';
import { insertOrdered } from './message-log.ts';

const DUPLICATE_KEY = 11_000;

const toImported = (doc: RoomDoc): ImportedRoom => ({
  roomId: doc._id.toHexString(),
  importing: doc.importing ?? null,
  isHidden: doc.making === true,
  key: doc.importKey?.key ?? null,
});

const toImportedMessage = ({ _id, roomId, seq, syncKey }: MessageDoc): ImportedMessage => ({
  id: _id.toHexString(),
  roomId: roomId.toHexString(),
  seq,
  syncKey,
});

export const importRoomStore = (database: Database): ImportRoomStore => ({
  ...making(database),
  ...ending(database),
  ...messages(database),
});

type Making = Pick<ImportRoomStore, 'make' | 'byKey' | 'inHand' | 'direct' | 'mark' | 'marked' | 'unmark'>;
type Ending = Pick<ImportRoomStore, 'open' | 'readAll'>;

function making(database: Database): Making {
  const { rooms } = database;
  const people = memberStore(database);
  const one = async (filter: Filter<RoomDoc>) => {
    const doc = await rooms.findOne(filter);
    return doc && toImported(doc);
  };
  return {
    async make(room, importKey, importing, members) {
      // Members first: a room that is there has all of them, so what is there need not be looked at again.
      // Those of an attempt that broke off, or of another holder of the import, are there already.
      await people.add(members);
      try {
        await rooms.insertOne({ ...roomToDoc(room), making: true, importKey, importing });
        return true;
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
        const isThis = (await rooms.findOne({ _id: oid(room.id) }, { projection: { _id: 1 } })) !== null;
        if (!isThis) await people.removeRoom(room.id);
        return isThis;
      }
    },

    byKey: ({ scope, key }) => one({ 'importKey.scope': scope, 'importKey.key': key }),

    inHand: (importId, key) => one({ 'importing.importId': importId, 'importKey.key': key }),

    direct: (membersKey, link) =>
      one({ membersKey, roomType: 'DIRECT', ...(link ? { 'link.sid': link.sid } : { link: null }) }),

    async mark(roomId, importKey, importing, instead) {
      const held = instead === null ? { importing: { $exists: false } } : { 'importing.importId': instead };
      const { matchedCount } = await rooms.updateOne(
        { _id: oid(roomId), ...held },
        { $set: { importKey, importing } },
      );
      return matchedCount === 1;
    },

    async marked(importId, after, limit) {
      const docs = await rooms
        .find({ 'importing.importId': importId, ...(after ? { _id: { $gt: oid(after) } } : {}) })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return docs.map(toImported);
    },

    async unmark(roomIds) {
      await rooms.updateMany({ _id: { $in: roomIds.map(oid) } }, { $unset: { importing: 1 } });
    },
  };
}

function ending({ rooms, memberships }: Database): Ending {
  return {
    async open(roomId, { last, at, thaw }) {
      await rooms.updateOne(
        { _id: oid(roomId) },
        {
          $set: {
            'importing.isOpen': true,
            ...(last ? { lastSeq: last.seq, lastMessage: messageToDoc(last) } : {}),
            ...(thaw
              ? { 'rules.isFreezed': thaw.isFreezed, freezingReasonCode: thaw.freezingReasonCode }
              : {}),
          },
          $max: { updatedAt: at },
          $unset: { making: 1 },
        },
      );
    },

    async readAll(roomId, last, except) {
      await memberships.updateMany(
        {
          roomId: oid(roomId),
          userId: { $nin: [...except] },
          lastReadSeq: { $lte: last.seq },
        },
        { $set: { lastReadSeq: last.seq, lastReadMessageId: last.id, lastReadAt: last.createdAt } },
      );
    },
  };
}

function messages({ messages: log, rooms }: Database): Omit<ImportRoomStore, keyof Making | keyof Ending> {
  const found = async (filter: Filter<MessageDoc>) => {
    const docs = await log
      .find(filter)
      .project<Pick<MessageDoc, '_id' | 'roomId' | 'seq' | 'syncKey'>>({ roomId: 1, seq: 1, syncKey: 1 })
      .toArray();
    return docs.map(doc => toImportedMessage(doc as MessageDoc));
  };
  return {
    append: batch =>
      insertOrdered(
        log,
        batch.map(message => ({ ...messageToDoc(message), imported: true })),
      ),

    async last(roomId) {
      const [doc] = await log
        .find({ roomId: oid(roomId) })
        .sort({ seq: -1 })
        .limit(1)
        .toArray();
      return doc ? docToMessage(doc) : null;
    },

    byIds: ids => found({ _id: { $in: ids.map(oid) } }),

    byKeys: (roomId, syncKeys) =>
      found({ roomId: oid(roomId), syncKey: { $in: [...syncKeys] }, imported: true }),

    async raise(roomId, { uncounted, mention }) {
      await rooms.updateOne(
        { _id: oid(roomId) },
        { $max: { lastUncountedSeq: uncounted, lastMentionSeq: mention } },
      );
    },
  };
}
