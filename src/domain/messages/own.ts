import { requireThawed } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Member } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';

/**
 * Whether a member may write into a room at this moment, in whatever way but by a plain send: an edit, a reply, a
 * reaction, a message shared from elsewhere, an announcement. Asked again after every wait.
 * Errors: ROOM_NO_EXISTS (gone meanwhile), ROOM_IS_FREEZED.
 */
export async function requireWriting(chat: Chat, live: LiveRoom, member: Member): Promise<void> {
  if (live.removed || live.members.get(member.userId)?.pending !== null)
    throw new ChatError('ROOM_NO_EXISTS');
  requireThawed(chat, live.room, 'user');
}
