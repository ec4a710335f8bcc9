import type { MessageChanges } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import { docToMessage, oid } from '../convert.ts';
import { withQuotes } from './quotes.ts';
import { reactionChanges, type ReactionChanges } from './reactions.ts';
import { alive, counted, readable, stepper } from './steps.ts';

export const messageChanges = (database: Database): MessageChanges => ({
  ...contentChanges(database),
  ...reactionChanges(database),
});

function contentChanges(database: Database): Omit<MessageChanges, keyof ReactionChanges> {
  const { messages } = database;
  const step = stepper(database);

  return {
    async edit(before, { data, links, editedAt }) {
      const same = before.editedAt ? { editedAt: before.editedAt } : { editedAt: { $exists: false } };
      const hasLinks = links.length > 0;
      const doc = await step({ _id: oid(before.id), ...alive, ...same }, editedAt, {
        $set: { data, editedAt, ...(hasLinks ? { links, linked: true as const } : {}) },
        ...(hasLinks ? {} : { $unset: { links: 1, linked: 1 } }),
      });
      return doc && readable(database, doc);
    },

    async delete(id, at) {
      const content = { 'data.content': {}, 'status.deleted': true, uncounted: true as const };
      const emptied = { reactions: 1, links: 1, linked: 1, mentions: 1, mentioned: 1, replyTo: 1 } as const;
      const doc =
        (await step({ _id: oid(id), ...alive, act: { $exists: false } }, at, {
          $set: content,
          $unset: { ...emptied, meta: 1 },
        })) ??
        // An account of a joining or leaving keeps what nodes and clients read in it.
        (await step({ _id: oid(id), ...alive, act: { $exists: true } }, at, {
          $set: content,
          $unset: emptied,
        }));
      return doc && readable(database, doc);
    },

    async touchReplies(roomId, messageId, at, limit) {
      const filter = { roomId: oid(roomId), replyTo: messageId };
      const { matchedCount } = await messages.updateMany(filter, counted(at));
      if (matchedCount === 0) return [];
      const docs = await messages.find(filter).sort({ seq: -1 }).limit(limit).toArray();
      return withQuotes(database, docs.reverse().map(docToMessage));
    },
  };
}
