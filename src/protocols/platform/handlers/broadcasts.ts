import { beginBroadcast, getBroadcast } from '../../../domain/broadcasts/broadcast.ts';
import { ChatError } from '../../../domain/errors.ts';
import { ADMIN_ID } from '../../../domain/model.ts';
import { readContent } from '../../kit/content.ts';
import { requireScope } from '../../kit/keys.ts';
import * as catalogue from '../catalogue.ts';
import type { Bind } from '../handlers.ts';
import { presentBroadcast, presentStats } from '../present.ts';

export function handleBroadcasts(bind: Bind): void {
  bind(catalogue.createBroadcast, async ({ chat, actor, key }, { message, syncKey, ...target }) => {
    const authorId = message.author?.authorId ?? ADMIN_ID;
    if (authorId !== ADMIN_ID) requireScope(key, 'act-as-user');
    const { id, rooms } = await beginBroadcast(chat, actor, {
      target,
      message: {
        authorId,
        content: readContent(message.data.type, message.data.content),
        meta: message.meta ?? null,
      },
      syncKey: syncKey ?? null,
    });
    return { broadcastId: id, rooms };
  });
  bind(catalogue.getBroadcast, async ({ chat, actor }, { id }) =>
    presentBroadcast(await getBroadcast(chat, actor, id)),
  );
  bind(catalogue.getStats, async ({ chat, actor, node }) => {
    if (actor.links !== null)
      throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This chat-api-key is bound to links.');
    return presentStats(await chat.stats.read(), node());
  });
}
