import type { Filter, UpdateFilter } from 'mongodb';
import type { Message } from '../../domain/model.ts';
import type { MessageChanges } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { docToMessage, oid } from '../convert.ts';
import type { MessageDoc } from '../models/message.ts';
import { withQuotes } from './quotes.ts';

const alive = { 'status.deleted': { $ne: true } } as const;

/** Reactions that their last person took back. */
const withoutEmpty = { $pull: { reactions: { userIds: { $size: 0 } } } } as const;

/** How often a reaction is tried against others that come at the same moment. */
const ATTEMPTS = 10;

export function messageChanges(database: Database): MessageChanges {
  const { messages } = database;
  const readable = async (doc: MessageDoc | null): Promise<Message | null> =>
    doc && (await withQuotes(database, [docToMessage(doc)]))[0]!;
  /** Every change is counted, and its time only goes forward. */
  const step = (filter: Filter<MessageDoc>, at: Date, update: UpdateFilter<MessageDoc>) =>
    messages.findOneAndUpdate(
      filter,
      { ...update, $max: { changedAt: at }, $inc: { revision: 1 } },
      { returnDocument: 'after' },
    );

  return {
    async edit(before, { data, links, editedAt }) {
      const same = before.editedAt ? { editedAt: before.editedAt } : { editedAt: { $exists: false } };
      const filter = { _id: oid(before.id), ...alive, ...same };
      const hasLinks = links.length > 0;
      const doc = await step(filter, editedAt, {
        $set: { data, editedAt, ...(hasLinks ? { links } : {}) },
        ...(hasLinks ? {} : { $unset: { links: 1 } }),
      });
      return readable(doc);
    },

    async delete(id, at) {
      const content = { 'data.content': {}, 'status.deleted': true, uncounted: true as const };
      const emptied = { reactions: 1, links: 1, replyTo: 1 } as const;
      const own = await step({ _id: oid(id), ...alive, act: { $exists: false } }, at, {
        $set: content,
        $unset: { ...emptied, meta: 1 },
      });
      // An account of a joining or leaving keeps what nodes and clients read in it.
      return readable(
        own ??
          (await step({ _id: oid(id), ...alive, act: { $exists: true } }, at, {
            $set: content,
            $unset: emptied,
          })),
      );
    },

    async addReaction(id, { emoji, userId, at }, max) {
      const _id = oid(id);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const doc =
          (await step({ _id, ...alive, reactions: { $elemMatch: { emoji, userIds: { $ne: userId } } } }, at, {
            $push: { 'reactions.$.userIds': userId },
          })) ??
          (await step(
            {
              _id,
              ...alive,
              'reactions.emoji': { $ne: emoji },
              [`reactions.${max - 1}`]: { $exists: false },
            },
            at,
            { $push: { reactions: { emoji, userIds: [userId] } } },
          ));
        if (doc) return { message: (await readable(doc))!, changed: true };
        const now = await messages.findOne({ _id, ...alive });
        if (!now) return null;
        const known = now.reactions?.find(reaction => reaction.emoji === emoji);
        if (known?.userIds.includes(userId)) return { message: (await readable(now))!, changed: false };
        if (known) continue;
        if (now.reactions!.every(({ userIds }) => userIds.length > 0)) return 'full';
        await messages.updateOne({ _id }, withoutEmpty);
      }
      throw new Error('a reaction was overtaken again and again');
    },

    async removeReaction(id, { emoji, userId, at }) {
      const _id = oid(id);
      const doc = await step({ _id, ...alive, reactions: { $elemMatch: { emoji, userIds: userId } } }, at, {
        $pull: { 'reactions.$.userIds': userId },
      });
      // Nobody is left in it, unless somebody came in meanwhile.
      if (doc)
        await messages.updateOne(
          { _id, reactions: { $elemMatch: { emoji, userIds: { $size: 0 } } } },
          withoutEmpty,
        );
      const message = await readable(doc ?? (await messages.findOne({ _id, ...alive })));
      return message && { message, changed: doc !== null };
    },

    async touchReplies(roomId, messageId, at, limit) {
      const filter = { roomId: oid(roomId), replyTo: messageId };
      const { matchedCount } = await messages.updateMany(filter, {
        $max: { changedAt: at },
        $inc: { revision: 1 },
      });
      if (matchedCount === 0) return [];
      const docs = await messages.find(filter).sort({ seq: -1 }).limit(limit).toArray();
      return withQuotes(database, docs.reverse().map(docToMessage));
    },

    async eraseReactions(userId, at) {
      const filter = { 'reactions.userIds': userId, reactions: { $exists: true } };
      await messages.updateMany(filter, {
        $pull: { 'reactions.$[].userIds': userId },
        $max: { changedAt: at },
        $inc: { revision: 1 },
      } as UpdateFilter<MessageDoc>);
    },
  };
}
