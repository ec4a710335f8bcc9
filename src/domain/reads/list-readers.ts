import { withMessage, type MessageAccess } from '../access.ts';
import type { Chat } from '../chat.ts';
import type { Member, UserActor } from '../model.ts';

/** People of each list who are named; all are counted. */
export const MAX_READERS = 1_000;

export interface ReaderLists {
  /** In the order of joining. */
  read: Member[];
  unread: Member[];
  readCount: number;
  unreadCount: number;
}

/**
 * Who has read a message and who has not, by read positions alone: members who were there before it, without its
 * author (of an ADMIN message: without whoever did what it tells). Positions are as receipts tell them, which is once
 * they are stored: what somebody reads while viewing is here within a second. Where the list of members is closed,
 * only masters get more than the counts. Errors: MESSAGE_NO_EXISTS.
 */
export async function listReaders(chat: Chat, actor: UserActor, messageId: string): Promise<ReaderLists> {
  return withMessage(chat, actor, messageId, async access => readersOf(access), 'welcome');
}

function readersOf({ live, member: me, message }: MessageAccess): ReaderLists {
  const { read: readCount, unread: unreadCount } = live.readers.count(message);
  const lists: ReaderLists = { read: [], unread: [], readCount, unreadCount };
  if (!live.room.rules.canShowMemberList && !me.master) return lists;
  for (const member of live.members.values()) {
    const hasRead = live.readers.hasRead(member.userId, message);
    if (hasRead === null) continue;
    const list = hasRead ? lists.read : lists.unread;
    if (list.length < MAX_READERS) list.push(member);
  }
  return lists;
}
