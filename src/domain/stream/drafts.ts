import { isDeparture, type Message, type Room } from '../model.ts';
import type { Report, RoomFacts, StreamDraft } from '../ports.ts';

/**
 * What happened -> what is told of it. Ids follow from what happened alone, so that nodes and restarts that note the
 * same thing twice note one event.
 */

export const createdId = (roomId: string, seq: number): string => `message.created:${roomId}:${seq}`;
export const roomCreatedId = (roomId: string): string => `room.created:${roomId}`;

/** A message, after what it does to the members of its room: whoever finds the message told need not look further. */
export function createdDrafts(message: Message, linkSid: string | null): StreamDraft[] {
  const { roomId, seq, createdAt: at, act } = message;
  const base = { at, roomId, linkSid, seq };
  const created: StreamDraft = {
    ...base,
    id: createdId(roomId, seq),
    event: 'message.created',
    facts: { message },
  };
  if (!act) return [created];
  const event = isDeparture(act) ? 'member.left' : 'member.joined';
  const members = { userIds: [...act.userIds], actorId: act.actorId };
  return [{ ...base, id: `${event}:${roomId}:${seq}`, event, facts: { members } }, created];
}

/** Null where nothing was edited or deleted. */
export function changedDraft(message: Message, linkSid: string | null): StreamDraft | null {
  const { id, roomId, seq, changedAt, deleted } = message;
  if (!changedAt) return null;
  const event = deleted ? 'message.deleted' : 'message.updated';
  // A message is deleted once.
  const key = deleted ? id : `${id}:${changedAt.getTime()}`;
  return { id: `${event}:${key}`, event, at: changedAt, roomId, linkSid, seq, facts: { message } };
}

export const reportedDraft = ({ id, at, roomId, linkSid, ...report }: Report): StreamDraft => ({
  id: `message.reported:${id}`,
  event: 'message.reported',
  at,
  roomId,
  linkSid,
  seq: null,
  facts: {
    report: {
      reportId: id,
      messageId: report.messageId,
      reporterId: report.reporterId,
      authorId: report.authorId,
      type: report.type,
      text: report.text,
      reason: report.reason,
    },
  },
});

export const roomDraft = (
  event: 'room.created' | 'room.updated' | 'room.deleted',
  room: Room,
  at: Date,
): StreamDraft => ({
  id: event === 'room.updated' ? `${event}:${room.id}:${at.getTime()}` : `${event}:${room.id}`,
  event,
  at,
  roomId: room.id,
  linkSid: room.link?.sid ?? null,
  seq: null,
  facts: { room: factsOf(room) },
});

const factsOf = (room: Room): RoomFacts => ({
  id: room.id,
  no: room.no,
  roomType: room.roomType,
  name: room.name,
  profileUrl: room.profileUrl,
  link: room.link,
  rules: { ...room.rules },
  memberCount: room.memberCount,
  meta: room.meta,
  freezingReasonCode: room.freezingReasonCode,
  opensAt: room.opensAt,
  expiresAt: room.expiresAt,
  createdAt: room.createdAt,
});
