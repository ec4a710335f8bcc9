import type {
  Announcement,
  Author,
  Contact,
  Edit,
  Member,
  Message,
  Room,
  Rules,
  StoredFile,
  User,
  Reaction,
} from '../../domain/model.ts';
import { filePath, fileUrl } from './files.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';

/** Domain -> Room and Message of protocol 1, fields listed by hand so that nothing leaks. */

export const presentMessage = (message: Message) => ({
  _id: message.id,
  syncKey: message.syncKey,
  roomId: message.roomId,
  seq: message.seq,
  author: presentAuthor(message.author),
  data: { type: message.data.type, content: presentContent(message.data.content) },
  meta: message.meta,
  status: { deleted: message.deleted, hidden: message.hidden ?? false },
  replyTo: presentQuote(message),
  mentions: message.mentions,
  reactions: message.reactions.map(presentReaction),
  links: message.links,
  editedAt: message.editedAt,
  createdAt: message.createdAt,
});

/** A message of a page: how many of those who could see it have not read it; nobody, once the room is gone. */
export const presentRead = (live: LiveRoom | undefined, message: Message) => ({
  ...presentMessage(message),
  unreadUserCount: live?.readers.count(message).unread ?? 0,
});

export const presentAuthor = ({ authorId, nickName, profileUrl }: Author) => ({
  authorId,
  nickName,
  profileUrl,
});

/** People of a reaction who are named; the rest are counted. */
const NAMED = 50;

export const presentReaction = ({ emoji, userIds }: Reaction) => ({
  emoji,
  count: userIds.length,
  userIds: userIds.slice(0, NAMED),
});

function presentQuote({ replyTo, quote }: Message) {
  if (replyTo === null) return null;
  if (!quote) return { _id: replyTo };
  const { seq, author, data, deleted } = quote;
  return {
    _id: replyTo,
    seq,
    author: presentAuthor(author),
    data: { type: data.type, content: presentContent(data.content) },
    status: { deleted },
  };
}

export const presentAnnouncement = ({ id, roomId, content, messageId, by, createdAt }: Announcement) => ({
  _id: id,
  roomId,
  content,
  messageId,
  author: presentAuthor(by),
  createdAt,
});

/** What a message was before an edit, and who made the edit (`ADMIN`: the platform). */
export const presentEdit = ({ data, at, by }: Edit) => ({
  data: { type: data.type, content: presentContent(data.content) },
  editedAt: at,
  editedBy: by,
});

const presentContent = ({ text, rawData, files }: Message['data']['content']) => ({
  ...(text === undefined ? {} : { text }),
  ...(rawData === undefined ? {} : { rawData }),
  ...(files === undefined ? {} : { files: files.map(presentFile) }),
});

const presentFile = (file: StoredFile) => ({
  name: file.name,
  path: file.path,
  url: fileUrl(file),
  size: file.size,
  mimeType: file.mimeType ?? 'application/octet-stream',
  ...(file.thumbnail === undefined ? {} : { thumbnail: filePath(file.thumbnail) }),
  ...(file.duration === undefined ? {} : { duration: file.duration }),
  ...(file.frameSize === undefined
    ? {}
    : { frameSize: { width: file.frameSize.width, height: file.frameSize.height } }),
});

export const presentJoinUser = (member: Member, showMeta: boolean) => ({
  _id: member.userId,
  nickName: member.nickName,
  profileUrl: member.profileUrl,
  lastReadMessageId: member.lastReadMessageId,
  master: member.master,
  alarmOn: member.alarmOn,
  mutedUntil: member.mutedUntil,
  meta: showMeta ? contactOf(member.meta) : null,
  joinedSeq: member.joinedSeq,
  createdAt: member.createdAt,
});

const contactOf = (meta: Contact | null) => meta;

/** The rules in the seed's spelling. */
export const presentRules = ({ canInviteMembers, ...rules }: Rules) => ({
  canCopyMessage: rules.canCopyMessage,
  canCaptureMessage: rules.canCaptureMessage,
  canDeleteMessage: rules.canDeleteMessage,
  canShareMessage: rules.canShareMessage,
  canInviteMemebrs: canInviteMembers,
  canLeaveOutRoom: rules.canLeaveOutRoom,
  canShowMemberList: rules.canShowMemberList,
  canShowMemberMeta: rules.canShowMemberMeta,
  canSeeHistory: rules.canSeeHistory,
  isFreezed: rules.isFreezed,
  showTyping: rules.showTyping,
  slowModeSeconds: rules.slowModeSeconds,
  wordFilter: rules.wordFilter,
});

/** What is the same for everybody who sees the room, but for messages, members and announcements. */
export const presentRoomHead = (room: Room) => ({
  _id: room.id,
  no: room.no,
  roomType: room.roomType,
  name: room.name,
  profileUrl: room.profileUrl,
  link: room.link && { sid: room.link.sid, name: room.link.name },
  rules: presentRules(room.rules),
  meta: room.meta,
  freezingReasonCode: room.freezingReasonCode,
  opensAt: room.opensAt,
  expiresAt: room.expiresAt,
  createdAt: room.createdAt,
});

/** A room with these members, as somebody with this unread count sees it. */
export function presentRoom(
  room: Room,
  members: readonly Member[],
  view: {
    joinUserCount: number;
    lastMessage: Message | null;
    lastAnnouncement: Announcement | null;
    unread: number;
    mentions: number;
    showMeta: (member: Member) => boolean;
  },
) {
  return {
    ...presentRoomHead(room),
    lastAnnouncement: view.lastAnnouncement && presentAnnouncement(view.lastAnnouncement),
    joinUserCount: view.joinUserCount,
    joinUsers: members.map(member => presentJoinUser(member, view.showMeta(member))),
    lastSeq: room.lastSeq,
    lastMessage: view.lastMessage && presentMessage(view.lastMessage),
    unReadMsgCount: view.unread,
    mentionCount: view.mentions,
  };
}

/** E-mail and phone go to oneself, to masters, and to others by rule. */
export const mayShowMeta = (room: Room, viewer: Member) => (member: Member) =>
  room.rules.canShowMemberMeta || viewer.master || member.userId === viewer.userId;

export const presentPerson = ({
  id,
  nickName,
  profileUrl,
}: Pick<User, 'id' | 'nickName' | 'profileUrl'>) => ({ _id: id, nickName, profileUrl });

/** Rules as a client sends them -> as they are here; what is not sent is absent. */
export function readRules(
  rules: Partial<ReturnType<typeof presentRules>> | null | undefined,
): Partial<Rules> {
  if (!rules) return {};
  const { canInviteMemebrs, ...rest } = rules;
  return { ...rest, ...(canInviteMemebrs === undefined ? {} : { canInviteMembers: canInviteMemebrs }) };
}
