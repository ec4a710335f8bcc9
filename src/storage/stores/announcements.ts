import type { Announcement } from '../../domain/model.ts';
import type { AnnouncementStore } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import type { AnnouncementDoc } from '../models/talk.ts';

const NEWEST = { createdAt: -1, _id: -1 } as const;

export function announcementStore({ announcements }: Database): AnnouncementStore {
  return {
    async add(announcement, max) {
      await announcements.insertOne(toDoc(announcement));
      const roomId = oid(announcement.roomId);
      const tooMany = announcements.find({ roomId }).sort(NEWEST).skip(max).project({ _id: 1 });
      const ids = (await tooMany.toArray()).map(({ _id }) => _id as AnnouncementDoc['_id']);
      if (ids.length > 0) await announcements.deleteMany({ _id: { $in: ids } });
    },

    async remove(roomId, id) {
      const { deletedCount } = await announcements.deleteOne({ _id: oid(id), roomId: oid(roomId) });
      return deletedCount === 1;
    },

    async newest(roomId, limit) {
      const found = announcements
        .find({ roomId: oid(roomId) })
        .sort(NEWEST)
        .limit(limit);
      return (await found.toArray()).map(fromDoc);
    },

    async setContent(messageId, content) {
      const { matchedCount } = await announcements.updateMany(
        { messageId: oid(messageId) },
        { $set: { content } },
      );
      return matchedCount;
    },

    async removeOf(messageId) {
      return (await announcements.deleteMany({ messageId: oid(messageId) })).deletedCount;
    },

    async removeRoom(roomId) {
      await announcements.deleteMany({ roomId: oid(roomId) });
    },

    async eraseAuthor(userId) {
      const own = { 'by.authorId': userId };
      await announcements.updateMany(own, { $set: { 'by.nickName': '', 'by.profileUrl': null } });
      return (await announcements.distinct('roomId', own)).map(id => id.toHexString());
    },
  };
}

const toDoc = ({ id, roomId, messageId, ...rest }: Announcement): AnnouncementDoc => ({
  _id: oid(id),
  roomId: oid(roomId),
  ...(messageId === null ? {} : { messageId: oid(messageId) }),
  ...rest,
});

const fromDoc = ({ _id, roomId, content, messageId, seq, by, createdAt }: AnnouncementDoc): Announcement => ({
  id: _id.toHexString(),
  roomId: roomId.toHexString(),
  content,
  messageId: messageId?.toHexString() ?? null,
  seq,
  by,
  createdAt,
});
