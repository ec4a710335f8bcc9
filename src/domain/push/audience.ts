import type { Member, Message } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** Why a member gets no push of a message, as far as the room itself knows. */
export type RoomReason =
  | 'NOT_A_KIND_TO_PUSH'
  | 'DELETED'
  | 'OWN_MESSAGE'
  | 'NOT_A_MEMBER'
  | 'JOINED_LATER'
  | 'ALARM_OFF'
  | 'READ';

/**
 * What people say and the platform announces. Joinings and leavings, and other lines that the engine writes, count
 * as unread but wake nobody.
 */
export const isPushed = ({ data, act, meta }: Message): boolean =>
  data.type !== 'ADMIN' || (act === null && meta?.['event'] === undefined);

/**
 * Null: they get one. A member who views the room has read the message already when this is asked. Who is muted by a
 * master may not write, but is told of what others write.
 */
export function whyNot(live: LiveRoom, member: Member | undefined, message: Message): RoomReason | null {
  if (!isPushed(message)) return 'NOT_A_KIND_TO_PUSH';
  if (message.deleted) return 'DELETED';
  if (!member) return 'NOT_A_MEMBER';
  if (member.userId === message.author.authorId) return 'OWN_MESSAGE';
  if (message.seq <= member.joinedSeq) return 'JOINED_LATER';
  if (!member.alarmOn) return 'ALARM_OFF';
  if (unreadFrom(member) >= message.seq || live.viewers.has(member.userId)) return 'READ';
  return null;
}

/** What comes after this `seq` is unread to the member. */
const unreadFrom = ({ lastReadSeq, unreadFromSeq }: Member): number =>
  unreadFromSeq === null ? lastReadSeq : Math.min(unreadFromSeq, lastReadSeq);

/** Of the messages that wait (the newest first), the newest that this member gets. */
export const newestFor = (
  live: LiveRoom,
  member: Member | undefined,
  messages: readonly Message[],
): Message | null => messages.find(message => whyNot(live, member, message) === null) ?? null;
