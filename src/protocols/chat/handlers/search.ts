import { searchUsers } from '../../../domain/members/list.ts';
import { listGallery } from '../../../domain/search/gallery.ts';
import { searchMessages } from '../../../domain/search/search.ts';
import type { EventHandler, EventTable } from '../../kit/event.ts';
import { presentMessage, presentPerson } from '../../kit/present.ts';
import * as catalogue from '../catalogue/search.ts';

const PAGE = 30;
const MAX_PAGE = 100;

const search: EventHandler<catalogue.SearchPayload, catalogue.SearchData> = async (
  chat,
  { actor },
  { from, to, ...rest },
) => {
  const { list, nextCursor } = await searchMessages(chat, actor, {
    ...rest,
    from: from === undefined ? null : new Date(from),
    to: to === undefined ? null : new Date(to),
  });
  return {
    list: list.map(({ message, highlights }) => ({ ...presentMessage(message), highlights })),
    nextCursor,
  };
};

/** What is looked for: messages, files and links, people. */
export function handleSearch(events: EventTable): void {
  events.add(catalogue.searchMessages, search);
  events.add(catalogue.searchMessagesByRoom, search);
  events.add(catalogue.listGallery, async (chat, { actor }, { count, ...input }) => {
    const page = { ...input, count: Math.min(count ?? PAGE, MAX_PAGE) };
    const { list, nextCursor } = await listGallery(chat, actor, page);
    return { list: list.map(presentMessage), nextCursor };
  });
  events.add(catalogue.searchUsers, async (chat, { actor }, { keyword }) => ({
    list: (await searchUsers(chat, actor, keyword)).map(presentPerson),
    nextCursor: null,
  }));
}
