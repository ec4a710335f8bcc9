import { isId } from '../../domain/ids.ts';
import { quoteOf } from '../../domain/messages/quote.ts';
import type { Message } from '../../domain/model.ts';
import type { Database } from '../database.ts';
import { docToMessage, oid } from '../convert.ts';

/**
 * Gives replies what they quote, as it is now: one query for all of them, none where nothing is a reply. What is quoted
 * is never stored with the reply, so that an edit or a deletion reaches every quote.
 */
export async function withQuotes<M extends Message>({ messages }: Database, list: M[]): Promise<M[]> {
  const ids = [...new Set(list.flatMap(({ replyTo }) => replyTo ?? []))].filter(isId);
  if (ids.length === 0) return list;
  const docs = await messages
    .find(
      { _id: { $in: ids.map(oid) } },
      { batchSize: ids.length + 1, projection: { reactions: 0, meta: 0 } },
    )
    .toArray();
  const quotes = new Map(docs.map(doc => [doc._id.toHexString(), quoteOf(docToMessage(doc))]));
  for (const message of list) {
    if (message.replyTo !== null) message.quote = quotes.get(message.replyTo) ?? null;
  }
  return list;
}
