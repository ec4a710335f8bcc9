import { requireMaster, requireMember, requireSpeaking, withMessage } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { isId, newId } from '../ids.ts';
import { cleanText } from '../messages/content.ts';
import { filterText } from '../moderation/filter.ts';
import type { Announcement, Member, Message, UserActor } from '../model.ts';
import { holding, isSeen, type LiveRoom } from '../rooms/live.ts';
import { announcedText, followMessage, MAX_ANNOUNCEMENT, settleLast } from './settle.ts';

/** What masters pin to the top of a room. The newest is on the room; a text of its own is seen by all members. */

/** Announcements of a room that are kept, the newest. */
export const MAX_ANNOUNCEMENTS = 100;

/** Either a text of its own, or a message of the room. */
export type AnnouncementInput = { roomId: string } & ({ content: string } | { messageId: string });

/**
 * A master announces something to the room. The same again, while it is the newest, is that one.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION, ROOM_IS_FREEZED, MESSAGE_NO_EXISTS,
 * INVALID_PAYLOAD (a bad text), RATE_LIMITED.
 */
export async function addAnnouncement(
  chat: Chat,
  actor: UserActor,
  input: AnnouncementInput,
): Promise<Announcement> {
  const { live, member } = await requireMaster(chat, actor, input.roomId);
  return holding(live, async () => {
    await requireSpeaking(chat, live, member);
    if ('content' in input) {
      const content = filterText(chat, live.room, cleanText(input.content, MAX_ANNOUNCEMENT, 'content'));
      chat.quotas.send(actor.userId);
      return store(chat, live, member, { content, messageId: null, seq: 0 });
    }
    return withMessage(chat, actor, input.messageId, ({ message }) => {
      if (message.roomId !== live.id) throw new ChatError('MESSAGE_NO_EXISTS');
      chat.quotas.send(actor.userId);
      return storeOfMessage(chat, live, member, message);
    });
  });
}

async function storeOfMessage(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  message: Message,
): Promise<Announcement> {
  const about = { content: announcedText(message), messageId: message.id, seq: message.seq };
  const stored = await store(chat, live, member, about);
  // Whoever changed the message meanwhile did not find this announcement.
  const now = await chat.stores.log.byId(message.id);
  if (now?.revision === message.revision) return stored;
  await followMessage(chat, now ?? { ...message, deleted: true });
  if (!now || now.deleted) throw new ChatError('MESSAGE_NO_EXISTS');
  return { ...stored, content: announcedText(now) };
}

async function store(
  chat: Chat,
  live: LiveRoom,
  member: Member,
  about: Pick<Announcement, 'content' | 'messageId' | 'seq'>,
): Promise<Announcement> {
  const [last] = await chat.stores.announcements.newest(live.id, 1);
  if (last?.content === about.content && last.messageId === about.messageId) return last;
  const { userId: authorId, nickName, profileUrl } = member;
  const createdAt = new Date(Math.max(chat.clock.now(), (last?.createdAt.getTime() ?? 0) + 1));
  const by = { authorId, nickName, profileUrl };
  const announcement: Announcement = { id: newId(), roomId: live.id, ...about, by, createdAt };
  await chat.stores.announcements.add(announcement, MAX_ANNOUNCEMENTS);
  await settleLast(chat, live.id);
  return announcement;
}

/**
 * A master takes an announcement back; the one before it is the newest then. What is not there is taken back already.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION.
 */
export async function removeAnnouncement(
  chat: Chat,
  actor: UserActor,
  input: { roomId: string; announcementId: string },
): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  const { announcementId } = input;
  if (!isId(announcementId)) return;
  await holding(live, async () => {
    const wasThere = await chat.stores.announcements.remove(live.id, announcementId);
    if (wasThere || live.room.lastAnnouncement?.id === announcementId) await settleLast(chat, live.id);
  });
}

/**
 * The announcements of a room that a member may see, the newest first.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM.
 */
export async function listAnnouncements(
  chat: Chat,
  actor: UserActor,
  roomId: string,
): Promise<Announcement[]> {
  const { live, member } = await requireMember(chat, actor, roomId);
  const all = await chat.stores.announcements.newest(live.id, MAX_ANNOUNCEMENTS);
  const floor = live.hiddenUpTo(member);
  return all.filter(announcement => isSeen(announcement, floor));
}
