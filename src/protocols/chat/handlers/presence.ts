import { sayTyping } from '../../../domain/presence/typing.ts';
import type { EventTable } from '../../kit/event.ts';
import * as catalogue from '../catalogue/presence.ts';
import type { Followers } from '../followers.ts';
import type { Viewers } from '../viewers.ts';

const done = { result: true } as const;

export function handlePresence(events: EventTable, viewers: Viewers, followers: Followers): void {
  events.add(catalogue.subscribePresence, async (_chat, { connectionId }, { userIds }) => ({
    list: await followers.follow(connectionId, userIds),
  }));
  events.add(catalogue.unsubscribePresence, (_chat, { connectionId }, { userIds }) => {
    followers.unfollow(connectionId, userIds);
    return { list: [] };
  });
  events.add(catalogue.typing, async (chat, { actor, connectionId }, input) => {
    const isConnected = () => viewers.isConnected(connectionId);
    await sayTyping(chat, actor, { ...input, connectionId, isConnected });
    return done;
  });
}
