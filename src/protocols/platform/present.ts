import { ADMIN_ID, type User } from '../../domain/model.ts';
import type { UserProfile } from '../../domain/ports.ts';
import type { ManagedMessage } from '../../domain/rooms/managed.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import { cleanMeta, cleanUrl } from '../../domain/messages/content.ts';
import { readContent } from '../kit/content.ts';
import { presentRoom } from '../kit/present.ts';
import type { MessageBody, PersonBody, UserView } from './catalogue.ts';

/** Domain -> what partners see, and back. */

/** A room as a platform sees it: with contact data, and nobody's unread count. */
export function presentManaged(live: LiveRoom, inlineMax: number) {
  const all = [...live.members.values()];
  const masters = all.filter(member => member.master);
  const others = all.filter(member => !member.master);
  const chosen = new Set([
    ...masters,
    ...(masters.length < inlineMax ? others.slice(masters.length - inlineMax) : []),
  ]);
  return presentRoom(live.room, all.length <= inlineMax ? all : all.filter(member => chosen.has(member)), {
    joinUserCount: live.members.size,
    lastMessage: live.room.lastMessage,
    lastAnnouncement: live.room.lastAnnouncement,
    unread: 0,
    showMeta: () => true,
  });
}

export const presentUser = (user: User): UserView => ({
  _id: user.id,
  nickName: user.nickName,
  profileUrl: user.profileUrl,
  meta: user.meta,
  lastSeenAt: user.lastSeenAt,
});

/** A person as a platform sends them. */
export const readPerson = ({
  _id,
  nickName,
  profileUrl,
  master,
  meta,
}: PersonBody): UserProfile & { master: boolean } => ({
  id: _id,
  nickName: nickName.toWellFormed() || _id,
  profileUrl: cleanUrl(profileUrl, 'profileUrl'),
  master: master ?? false,
  meta: cleanMeta(meta),
});

export const readMessage = ({ author, data, syncKey, meta }: MessageBody): ManagedMessage => ({
  authorId: author.authorId,
  content: readContent(data.type, data.content),
  syncKey: syncKey ?? null,
  meta: meta ?? null,
});

export const isInSomeonesName = (message: MessageBody | undefined): boolean =>
  message !== undefined && message.author.authorId !== ADMIN_ID;

export const readDate = (text: string | null | undefined): Date | null => (text ? new Date(text) : null);
