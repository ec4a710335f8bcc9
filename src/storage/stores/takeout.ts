import type { Document } from 'mongodb';
import type { Collection } from 'mongoose';
import type { TakeoutRecord, TakeoutStore } from '../../domain/ports.ts';
import { docToMessage, oid } from '../convert.ts';
import type { Database } from '../database.ts';
import type { MessageDoc } from '../models/message.ts';

const PAGE = 500;

/** What is stored about a person beside their messages and memberships. */
interface Records {
  kind: string;
  /** The name of the collection. */
  of: string;
  filter: (userId: string) => Document;
  /** The fields that are shown. */
  fields: readonly string[];
}

/** What is stored about a person: a new collection that names people gets its line in `RECORDS`. */
export function takeoutStore(database: Database): TakeoutStore {
  const { messages, connection } = database;
  return {
    async roomsOf(userId) {
      const rooms = messages.aggregate<{ _id: MessageDoc['roomId'] }>([
        { $match: { 'author.authorId': userId } },
        { $group: { _id: '$roomId' } },
      ]);
      return (await rooms.toArray()).map(({ _id }) => _id.toHexString());
    },

    async messagesOf(userId, roomId, after, limit) {
      const docs = await messages
        .find({
          'author.authorId': userId,
          roomId: oid(roomId),
          ...(after === null ? {} : { syncKey: { $gt: after } }),
        })
        .sort({ syncKey: 1 })
        .limit(limit)
        .batchSize(limit + 1)
        .toArray();
      return docs.map(docToMessage);
    },

    async *recordsOf(userId) {
      for (const records of RECORDS)
        yield* pagesOf(connection.collection<Document>(records.of), records, userId);
    },
  };
}

/** Some have no index by person: an export is rare, works in the background, and these collections are small. */
const RECORDS: readonly Records[] = [
  {
    kind: 'reaction',
    of: 'messages',
    filter: userId => ({ 'reactions.userIds': userId, reactions: { $exists: true } }),
    fields: ['roomId', 'seq', 'reactions'],
  },
  {
    kind: 'edit',
    of: 'edits',
    filter: userId => ({ authorId: userId }),
    fields: ['roomId', 'messageId', 'at', 'data'],
  },
  {
    kind: 'announcement',
    of: 'announcements',
    filter: userId => ({ 'by.authorId': userId }),
    fields: ['roomId', 'content', 'createdAt'],
  },
  { kind: 'block', of: 'blocks', filter: userId => ({ userId }), fields: ['targetId', 'at'] },
  { kind: 'device', of: 'pushTokens', filter: userId => ({ userId }), fields: ['platform', 'at'] },
  { kind: 'hidden', of: 'hides', filter: userId => ({ userId }), fields: ['roomId', 'messageId', 'at'] },
  {
    kind: 'restriction',
    of: 'bans',
    filter: userId => ({ userId }),
    fields: ['roomId', 'kind', 'at', 'until'],
  },
  {
    kind: 'report',
    of: 'reports',
    filter: userId => ({ reporterId: userId }),
    fields: ['roomId', 'messageId', 'reason', 'status', 'at'],
  },
  {
    kind: 'act',
    of: 'auditLog',
    filter: userId => ({ 'actor.id': userId, 'actor.kind': 'user' }),
    fields: ['roomId', 'act', 'at'],
  },
  {
    kind: 'upload',
    of: 'uploads',
    filter: userId => ({ userId }),
    fields: ['roomId', 'type', 'name', 'size', 'createdAt'],
  },
  {
    kind: 'export',
    of: 'exports',
    filter: userId => ({ 'by.id': userId, 'by.kind': 'user' }),
    fields: ['roomId', 'format', 'email', 'state', 'createdAt'],
  },
];

async function* pagesOf(
  collection: Collection<Document>,
  { filter, fields, kind }: Records,
  userId: string,
): AsyncGenerator<TakeoutRecord[]> {
  const projection = Object.fromEntries<number>([
    ['_id', 0] as const,
    ...fields.map(field => [field, 1] as const),
  ]);
  let page: TakeoutRecord[] = [];
  const found: AsyncIterable<Document> = collection.find(filter(userId)).project(projection).batchSize(PAGE);
  for await (const doc of found) {
    page.push(recordOf(kind, doc, userId));
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Its own `kind` (of a restriction) gives way to what it is; of reactions only the person's own are shown. */
function recordOf(kind: string, { kind: type, reactions, ...rest }: Document, userId: string): TakeoutRecord {
  const mine = (reactions as MessageDoc['reactions'])?.filter(({ userIds }) => userIds.includes(userId));
  return {
    kind,
    ...(type === undefined ? {} : { type: type as unknown }),
    ...(mine ? { emojis: mine.map(({ emoji }) => emoji) } : {}),
    ...rest,
  };
}
