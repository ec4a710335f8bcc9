import type { MessageChanges } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { oid } from '../convert.ts';
import { alive, counted, readable, stepper } from './steps.ts';

export type ReactionChanges = Pick<MessageChanges, 'addReaction' | 'removeReaction' | 'eraseReactions'>;

/** How often a reaction is tried against others that come at the same moment. */
const ATTEMPTS = 10;

/** Reactions that their last person took back. */
const withoutEmpty = { $pull: { reactions: { userIds: { $size: 0 } } } } as const;

export function reactionChanges(database: Database): ReactionChanges {
  const { messages } = database;
  const step = stepper(database);

  return {
    async addReaction(id, { emoji, userId, at }, max) {
      const _id = oid(id);
      const isRoom = { 'reactions.emoji': { $ne: emoji }, [`reactions.${max - 1}`]: { $exists: false } };
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const doc =
          (await step({ _id, ...alive, reactions: { $elemMatch: { emoji, userIds: { $ne: userId } } } }, at, {
            $push: { 'reactions.$.userIds': userId },
          })) ??
          (await step({ _id, ...alive, ...isRoom }, at, {
            $push: { reactions: { emoji, userIds: [userId] } },
          }));
        if (doc) return { message: await readable(database, doc), changed: true };
        const now = await messages.findOne({ _id, ...alive });
        if (!now) return null;
        const known = now.reactions?.find(reaction => reaction.emoji === emoji);
        if (known?.userIds.includes(userId))
          return { message: await readable(database, now), changed: false };
        if (known || (now.reactions?.length ?? 0) < max) continue;
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
      const now = doc ?? (await messages.findOne({ _id, ...alive }));
      return now && { message: await readable(database, now), changed: doc !== null };
    },

    async eraseReactions(userId, at) {
      const filter = { 'reactions.userIds': userId, reactions: { $exists: true } };
      await messages.updateMany(filter, {
        $pull: { 'reactions.$[].userIds': userId },
        ...counted(at),
      });
    },
  };
}
