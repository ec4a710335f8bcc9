import { ADMIN_ID, type Member, type Message, type MessageType, type Room } from '../../domain/model.ts';
import { isReadByAll } from '../../domain/reads/reads.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { FileLink } from '../kit/files.ts';

/** Domain -> the objects of seed 2, fields listed by hand so that nothing leaks. */

export type WireId = number | string;

/** A JSON number where the id is a canonical decimal that a double holds exactly, else the string. */
export function wireId(id: string): WireId {
  const number = /^(?:0|[1-9]\d{0,15})$/.test(id) ? Number(id) : Number.NaN;
  return Number.isSafeInteger(number) ? number : id;
}

/** Whose e-mail the receiver may see. */
export type MayShow = (member: Member) => boolean;

/** What goes to many shows e-mail addresses only where every member may see every other's. */
export const byRules =
  ({ room }: LiveRoom): MayShow =>
  () =>
    room.rules.canShowMemberMeta && room.rules.canShowMemberList;

const TYPES: Record<MessageType, string> = {
  TEXT: 'text',
  CARD: 'text',
  PHOTO: 'image',
  VIDEO: 'video',
  FILE: 'file',
  ADMIN: 'system',
};

/** Who wrote it: the engine's own messages are those of user 0. */
const authorOf = ({ author }: Message): WireId =>
  author.authorId === ADMIN_ID ? 0 : wireId(author.authorId);

/** VIDEO and FILE show the name of the file; a PHOTO the text that goes with it. */
function textOf({ data: { type, content } }: Message): string {
  if (type === 'CARD') return content.rawData?.text ?? '';
  if (type === 'VIDEO' || type === 'FILE') return content.files?.[0]?.name ?? '';
  return content.text ?? '';
}

export const presentBrief = (message: Message) => ({
  id: message.seq,
  user_id: authorOf(message),
  message: textOf(message),
  message_type: TYPES[message.data.type],
  created_at: message.createdAt,
});

export function presentMessage(live: LiveRoom, message: Message, mayShow: MayShow, linkOf: FileLink) {
  const { author, data, createdAt, changedAt } = message;
  const [file] = data.content.files ?? [];
  return {
    id: message.seq,
    chat_room_id: live.room.no,
    user_id: authorOf(message),
    message: textOf(message),
    message_type: TYPES[data.type],
    file_url: file ? linkOf(file) : null,
    is_read: isReadByAll(live, message),
    created_at: createdAt,
    updated_at: changedAt ?? createdAt,
    user: {
      id: authorOf(message),
      email: emailOf(live.members.get(author.authorId), mayShow),
      name: author.nickName,
    },
  };
}

const emailOf = (member: Member | undefined, mayShow: MayShow): string =>
  member && mayShow(member) ? (member.meta?.email ?? '') : '';

export const presentMember = (live: LiveRoom, member: Member, mayShow: MayShow) => ({
  id: member.no,
  chat_room_id: live.room.no,
  user_id: wireId(member.userId),
  role: member.master ? 'admin' : 'member',
  joined_at: member.createdAt,
  last_read_at: member.lastReadAt,
  unread_count: live.unreadOf(member),
  created_at: member.createdAt,
  user: { id: wireId(member.userId), email: emailOf(member, mayShow), name: member.nickName },
});

export const presentRoom = (
  room: Room,
  view: { memberCount: number; unread: number; lastMessage: Message | null },
) => ({
  id: room.no,
  room_id: room.id,
  name: room.name,
  room_type: room.roomType.toLowerCase(),
  member_count: view.memberCount,
  unread_count: view.unread,
  last_message: view.lastMessage && presentBrief(view.lastMessage),
  created_at: room.createdAt,
  updated_at: room.updatedAt,
});

export type WireMessage = ReturnType<typeof presentMessage>;
export type WireBrief = ReturnType<typeof presentBrief>;
export type WireMember = ReturnType<typeof presentMember>;
export type WireRoom = ReturnType<typeof presentRoom>;

/** One frame of the stream. */
export const presentFrame = (live: LiveRoom, type: string, userId: WireId, data: object): string =>
  JSON.stringify({ type, room_id: live.room.no, user_id: userId, data });

export const presentMessageFrame = (live: LiveRoom, message: Message, linkOf: FileLink): string =>
  presentFrame(live, 'message', authorOf(message), presentMessage(live, message, byRules(live), linkOf));
