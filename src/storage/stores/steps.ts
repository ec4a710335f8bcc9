import type { Filter, UpdateFilter } from 'mongodb';
import type { Message } from '../../domain/model.ts';
import type { Database } from '../database.ts';
import { docToMessage } from '../convert.ts';
import type { MessageDoc } from '../models/message.ts';
import { withQuotes } from './quotes.ts';

export const alive = { 'status.deleted': { $ne: true } } as const;

/** Every change is counted, and its time only goes forward. */
export const counted = (at: Date) => ({ $max: { changedAt: at }, $inc: { revision: 1 } });

/** One step of the store: the message right after it, or null where the filter does not fit any more. */
export const stepper =
  ({ messages }: Database) =>
  (filter: Filter<MessageDoc>, at: Date, update: UpdateFilter<MessageDoc>) =>
    messages.findOneAndUpdate(filter, { ...update, ...counted(at) }, { returnDocument: 'after' });

export async function readable(database: Database, doc: MessageDoc): Promise<Message> {
  const [message] = await withQuotes(database, [docToMessage(doc)]);
  return message!;
}
