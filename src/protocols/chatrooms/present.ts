import { maySeeMember } from '../../domain/access.ts';
import type { Member, Message, Room } from '../../domain/model.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { FileLink } from '../kit/files.ts';
import type { ChatType } from './catalogue.ts';

/** Domain -> the objects of seed 3, fields listed by hand so that nothing leaks. */

/** Rooms made elsewhere show as what they are to a stranger here: direct, public, or private. */
export function chatTypeOf({ roomType, access }: Room): ChatType {
  if (roomType === 'DIRECT') return 'CHTP10';
  if (roomType === 'OPEN') return 'CHTP20';
  return access ? 'CHTP30' : 'CHTP40';
}

/** A room that everybody may find. */
export const isListed = (room: Room): boolean => ['CHTP20', 'CHTP30'].includes(chatTypeOf(room));

/** A direct room has no name of its own: it shows the other one's nick. */
export function chatNameOf(room: Room, viewerId: string, members: Iterable<Member>): string {
  if (room.roomType !== 'DIRECT' || room.name !== '') return room.name;
  const other = [...members].find(member => member.userId !== viewerId);
  return other?.nickName ?? '';
}

export const presentNew = (room: Room, chatName: string) => ({
  chatSeq: room.no,
  chatName,
  chatType: chatTypeOf(room),
});

export const presentListed = (room: Room, chatName: string, isJoined: boolean) => ({
  ...presentNew(room, chatName),
  isDirected: room.roomType === 'DIRECT',
  isPassword: room.access !== null,
  isJoined,
});

export const presentMine = (room: Room, chatName: string) => ({
  ...presentListed(room, chatName, true),
  isJoined: true as const,
});

/** The room as it welcomes a new member. */
export const presentJoined = (live: LiveRoom, me: Member) => ({
  ...presentNew(live.room, chatNameOf(live.room, me.userId, live.members.values())),
  isDirected: live.room.roomType === 'DIRECT',
  users: [...live.members.values()]
    .filter(member => maySeeMember(live.room, me, member))
    .map(({ userId, nickName }) => ({ id: userId, nickname: nickName })),
});

/** What there is to read: the text, or the link of the file. */
function contentOf({ data: { content } }: Message, linkOf: FileLink): string {
  const [file] = content.files ?? [];
  return file ? linkOf(file) : (content.text ?? content.rawData?.text ?? '');
}

export const presentLine = (message: Message, linkOf: FileLink) => ({
  id: message.seq,
  user: message.author.authorId,
  nickname: message.author.nickName,
  content: contentOf(message, linkOf),
  type: message.data.type,
  createdAt: message.createdAt,
});

export const presentChat = (room: Room, message: Message, linkOf: FileLink) => ({
  at: room.no,
  content: contentOf(message, linkOf),
  user: message.author.authorId,
  nickname: message.author.nickName,
  seq: message.seq,
  createdAt: message.createdAt,
  ...(message.data.type === 'TEXT' ? {} : { type: message.data.type }),
});

export type WireNew = ReturnType<typeof presentNew>;
export type WireListed = ReturnType<typeof presentListed>;
export type WireMine = ReturnType<typeof presentMine>;
export type WireLine = ReturnType<typeof presentLine>;
export type WireChat = ReturnType<typeof presentChat>;
