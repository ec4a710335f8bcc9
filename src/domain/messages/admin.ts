import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import { ADMIN_ID, type Member, type MembershipAct, type Message } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { actText } from '../texts.ts';
import { submitMessage } from './send.ts';

/** The author of what the engine itself writes. */
export const ADMIN_AUTHOR = { authorId: ADMIN_ID, nickName: '', profileUrl: null };

/** A syncKey that no client can have made. */
export const newSyncKey = (): string => `admin-${randomUUID()}`;

/**
 * Stores the ADMIN message that IS a joining, leaving or kick; members change when it is applied.
 * `nameOf` gives nicks of people who are not members yet or not any more.
 */
export function submitAct(
  chat: Chat,
  live: LiveRoom,
  act: MembershipAct,
  options: { syncKey: string; joined?: Member[]; nameOf: (userId: string) => string },
): Promise<Message> {
  const meta = {
    event: act.event,
    userIds: act.userIds,
    ...(act.actorId === null ? {} : { actorId: act.actorId }),
  };
  return submitMessage(chat, live, {
    author: ADMIN_AUTHOR,
    syncKey: options.syncKey,
    data: { type: 'ADMIN', content: { text: actText(act, options.nameOf) } },
    meta,
    // One's own act never counts as unread for oneself.
    uncountedFor: act.actorId,
    act,
    ...(options.joined ? { joined: options.joined } : {}),
  });
}
