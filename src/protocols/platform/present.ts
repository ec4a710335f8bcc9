import { ADMIN_ID, type User } from '../../domain/model.ts';
import type {
  Broadcast,
  Delivery,
  Import,
  RoomFacts,
  StreamEvent,
  UserProfile,
  Webhook,
} from '../../domain/ports.ts';
import type { ManagedMessage } from '../../domain/rooms/managed.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { Stats } from '../../domain/stats.ts';
import { cleanMeta, cleanUrl } from '../../domain/messages/content.ts';
import { readContent } from '../kit/content.ts';
import { presentMessage, presentRoom, presentRules } from '../kit/present.ts';
import type { ImportView, MessageBody, PersonBody, UserView } from './catalogue.ts';

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
    mentions: 0,
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

export const presentImport = (job: Import): ImportView => ({
  importId: job.id,
  state: job.state,
  validate: job.validate,
  failure: job.failure,
  size: job.size,
  line: job.line,
  progress: job.size === 0 ? 0 : job.offset / job.size,
  counts: job.counts,
  errors: job.errors,
  createdAt: job.createdAt,
  startedAt: job.startedAt,
  finishedAt: job.finishedAt,
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

export const presentWebhook = (webhook: Webhook) => ({
  id: webhook.id,
  url: webhook.url,
  events: [...webhook.events],
  links: webhook.links && [...webhook.links],
  active: webhook.disabledAt === null,
  disabledReason: webhook.disabledReason,
  disabledAt: webhook.disabledAt,
  failingSince: webhook.failingSince,
  createdAt: webhook.createdAt,
  updatedAt: webhook.updatedAt,
});

export const presentDelivery = (delivery: Delivery) => ({
  id: delivery.id,
  eventId: delivery.eventId,
  event: delivery.event,
  roomId: delivery.roomId,
  status: delivery.status,
  attempts: delivery.attempts,
  statusCode: delivery.statusCode,
  error: delivery.error,
  duration: delivery.duration,
  lastAttemptAt: delivery.lastAttemptAt,
  nextAttemptAt: delivery.nextAttemptAt,
});

/** The body of a webhook, and an entry of `GET /chat/events`. */
export const presentEvent = ({ id, event, at, roomId, facts }: StreamEvent) => ({
  id,
  event,
  at,
  data: presentFacts(roomId, facts),
});

function presentFacts(roomId: string, { message, room, members, report }: StreamEvent['facts']): object {
  if (message) return presentMessage(message);
  if (room) return presentRoomFacts(room);
  if (members) return { roomId, userIds: members.userIds, actorId: members.actorId };
  return { roomId, ...report };
}

const presentRoomFacts = (room: RoomFacts) => ({
  _id: room.id,
  no: room.no,
  roomType: room.roomType,
  name: room.name,
  profileUrl: room.profileUrl,
  link: room.link && { sid: room.link.sid, name: room.link.name },
  rules: presentRules(room.rules),
  joinUserCount: room.memberCount,
  meta: room.meta,
  freezingReasonCode: room.freezingReasonCode,
  opensAt: room.opensAt,
  expiresAt: room.expiresAt,
  createdAt: room.createdAt,
});

export const presentBroadcast = (broadcast: Broadcast) => ({
  broadcastId: broadcast.id,
  status: broadcast.status,
  rooms: broadcast.rooms,
  written: broadcast.written,
  failed: broadcast.failed,
  createdAt: broadcast.createdAt,
  finishedAt: broadcast.finishedAt,
});

/** Figures of the node that answers. */
export interface NodeFigures {
  connections: number;
  liveRooms: number;
  sendsWaiting: number;
  /** What runs behind the store, for people. */
  engine: string;
}

export const presentStats = (stats: Stats, node: NodeFigures) => ({
  rooms: stats.rooms,
  users: stats.users,
  messages: stats.messages,
  messagesPerDay: stats.messagesPerDay,
  node,
});
