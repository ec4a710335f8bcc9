import { maySeeMember, requireManaged, requireMember } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import { asSeenBy } from '../messages/hide.ts';
import type { Member, Message, PlatformActor, Room, UserActor } from '../model.ts';
import type { ExportJob, RoomExport } from '../ports.ts';
import { isPresent, type LiveRoom } from '../rooms/live.ts';

/** Messages that are in memory at once. */
export const PAGE = 500;

/** Who asked, as an actor. */
export const platformOf = ({ by, links }: ExportJob): PlatformActor => ({
  kind: 'platform',
  keyId: by.id,
  links,
});
const userOf = ({ by }: ExportJob): UserActor => ({
  kind: 'user',
  userId: by.id,
  nickName: '',
  profileUrl: null,
});

/**
 * The room for whoever asked for its export, as they may see it now; a member's own is null for a platform.
 * Errors: ROOM_NO_EXISTS (out of it, or back in it and so with less to see), YOU_HAVE_NO_AUTHORIZATION (its rules).
 */
export async function lookFor(
  chat: Chat,
  job: ExportJob,
): Promise<{ live: LiveRoom; member: Member | null }> {
  if (job.by.kind === 'platform')
    return { live: await requireManaged(chat, platformOf(job), job.roomId!), member: null };
  const { live, member } = await requireMember(chat, userOf(job), job.roomId!);
  requireCopying(live.room);
  if (live.hiddenUpTo(member) > job.from) throw new ChatError('ROOM_NO_EXISTS');
  return { live, member };
}

/** The rule is the room's: masters follow it too. */
export function requireCopying(room: Room): void {
  if (!room.rules.canCopyMessage)
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'The rules of this room do not allow copying messages.');
}

/**
 * The messages of a room's export, oldest first, a page at a time. Before each page, and after the last one, it is
 * looked again whether the asker may see them: who is put out meanwhile gets nothing.
 */
export async function* pagesOf(
  chat: Chat,
  job: ExportJob,
  onRead: (seq: number) => void,
): AsyncGenerator<Message[]> {
  for (let from = job.from; from < job.upTo; from += PAGE) {
    const { member } = await lookFor(chat, job);
    const to = Math.min(job.upTo, from + PAGE);
    const page = await chat.stores.log.range(job.roomId!, from, to);
    yield await seenBy(chat, member, page);
    onRead(to);
  }
  await lookFor(chat, job);
}

/** What this member sees of these messages: not what they hid. */
async function seenBy(chat: Chat, member: Member | null, page: Message[]): Promise<Message[]> {
  if (!member) return page;
  return (await asSeenBy(chat, member, page)).filter(message => !message.hidden);
}

/** The room's part of its export. */
export async function roomExport(
  chat: Chat,
  job: ExportJob,
  onRead: (seq: number) => void,
): Promise<RoomExport> {
  const { live, member } = await lookFor(chat, job);
  const { lastAnnouncement } = live.room;
  const isOlder = lastAnnouncement !== null && lastAnnouncement.seq > 0 && lastAnnouncement.seq <= job.from;
  return {
    room: isOlder ? { ...live.room, lastAnnouncement: null } : live.room,
    members: [...live.members.values()].filter(
      other => isPresent(other) && (member === null || maySeeMember(live.room, member, other)),
    ),
    memberCount: live.members.size,
    showMeta: other =>
      member === null || member.master || other.userId === member.userId || live.room.rules.canShowMemberMeta,
    pages: pagesOf(chat, job, onRead),
    at: job.createdAt,
  };
}
