import type { Edit } from '../../domain/model.ts';
import type { EditStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { EditDoc } from '../models/talk.ts';

export function editStore({ edits }: Database): EditStore {
  return {
    async add(edit, max) {
      await edits.insertOne(toDoc(edit));
      const messageId = oid(edit.messageId);
      const tooMany = await edits.find({ messageId }).sort({ at: -1 }).skip(max).limit(1).toArray();
      if (tooMany[0]) await edits.deleteMany({ messageId, at: { $lte: tooMany[0].at } });
    },

    async drop({ id }) {
      await edits.deleteOne({ _id: oid(id) });
    },

    async of(messageId) {
      const found = edits.find({ messageId: oid(messageId) }).sort({ at: -1, _id: -1 });
      return (await found.toArray()).map(fromDoc);
    },

    async removeOf(messageId) {
      await edits.deleteMany({ messageId: oid(messageId) });
    },

    async removeRoom(roomId) {
      await edits.deleteMany({ roomId: oid(roomId) });
    },

    async removeAuthor(authorId) {
      await edits.deleteMany({ authorId });
    },
  };
}

const toDoc = ({ id, messageId, roomId, before, ...rest }: Edit): EditDoc => ({
  _id: oid(id),
  messageId: oid(messageId),
  roomId: oid(roomId),
  ...(before ? { before } : {}),
  ...rest,
});

const fromDoc = ({ _id, messageId, roomId, authorId, by, at, before, data }: EditDoc): Edit => ({
  id: _id.toHexString(),
  messageId: messageId.toHexString(),
  roomId: roomId.toHexString(),
  authorId,
  by,
  at,
  before: before ?? null,
  data,
});
