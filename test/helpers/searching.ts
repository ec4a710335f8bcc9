import type { ChatClient, Message } from './client.ts';

export interface Query {
  keyword: string;
  roomId?: string;
  authorId?: string;
  messageType?: string;
  from?: string;
  to?: string;
}

export type Found = Message & { highlights: { field: string; start: number; length: number }[] };

/** Everything that a search finds, page by page; with `full`, so many full pages at most. Throws when pages repeat a message or never end. */
export async function searchAll(client: ChatClient, query: Query, full = Infinity): Promise<Found[]> {
  const found: Found[] = [];
  for (let cursor: string | null = null, pages = 0; ; pages++) {
    const page: { list: Found[]; nextCursor: string | null } = await client.do('searchMessages', {
      ...query,
      ...(cursor === null ? {} : { cursor }),
    });
    found.push(...page.list);
    if (page.nextCursor === null || found.length >= full * 30) break;
    if (page.nextCursor === cursor || pages > 10_000) throw new Error('the pages of a search do not end');
    cursor = page.nextCursor;
  }
  if (new Set(found.map(({ _id }) => _id)).size < found.length) throw new Error('a message was found twice');
  return found;
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');

/** What a search has to find among these messages, in its order: the plainest way there is. */
export function expectedOf(messages: readonly Message[], query: Query): Message[] {
  const wanted = plain(query.keyword);
  const textsOf = ({ data: { content } }: Message): string[] => {
    const { text, files, rawData } = content as Record<string, any>;
    return [text, rawData?.text, ...(files ?? []).map((file: { name: string }) => file.name)];
  };
  return messages
    .filter(message => !message.status.deleted && message.data.type !== 'ADMIN')
    .filter(message => textsOf(message).some(text => text && plain(text).includes(wanted)))
    .filter(({ author }) => !query.authorId || author.authorId === query.authorId)
    .filter(({ data }) => !query.messageType || data.type === query.messageType)
    .filter(({ createdAt }) => !query.from || createdAt >= query.from)
    .filter(({ createdAt }) => !query.to || createdAt <= query.to)
    .sort((a, b) =>
      a.createdAt === b.createdAt ? (a._id < b._id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1,
    );
}
