import { Types } from 'mongoose';
import { DEFAULT_RULES, type Member, type Message, type Room, type User } from '../domain/model.ts';
import { fold, gramsOf } from '../domain/users/fold.ts';
import type { MembershipDoc } from './models/membership.ts';
import type { MessageDoc } from './models/message.ts';
import type { RoomDoc } from './models/room.ts';
import type { UserDoc } from './models/user.ts';

/** Between the inner truth and what is stored: ids, and fields that are absent when they say nothing. */

export const oid = (id: string): Types.ObjectId => Types.ObjectId.createFromHexString(id);

export function messageToDoc(message: Message): MessageDoc {
  const doc: MessageDoc = {
    _id: oid(message.id),
    roomId: oid(message.roomId),
    seq: message.seq,
    syncKey: message.syncKey,
    syncHash: message.syncHash,
    author: message.author,
    data: message.data,
    createdAt: message.createdAt,
  };
  if (message.meta) doc.meta = message.meta;
  if (message.deleted) doc.status = { deleted: true };
  if (message.uncountedFor !== null) doc.uncountedFor = message.uncountedFor;
  if (message.uncountedFor !== null || message.deleted) doc.uncounted = true;
  if (message.act) doc.act = message.act;
  if (message.replyTo) doc.replyTo = message.replyTo;
  if (message.mentions.length > 0 && !message.deleted) {
    doc.mentions = message.mentions;
    doc.mentioned = true;
  }
  if (message.links.length > 0) Object.assign(doc, { links: message.links, linked: true });
  if (message.reactions.length > 0) doc.reactions = message.reactions;
  if (message.editedAt) doc.editedAt = message.editedAt;
  if (message.changedAt) doc.changedAt = message.changedAt;
  if (message.revision > 0) doc.revision = message.revision;
  return doc;
}

export function docToMessage(doc: MessageDoc): Message {
  return {
    id: doc._id.toHexString(),
    roomId: doc.roomId.toHexString(),
    seq: doc.seq,
    syncKey: doc.syncKey,
    syncHash: doc.syncHash,
    author: doc.author,
    data: doc.data,
    meta: doc.meta ?? null,
    deleted: doc.status?.deleted ?? false,
    uncountedFor: doc.uncountedFor ?? null,
    act: doc.act ?? null,
    replyTo: doc.replyTo ?? null,
    mentions: doc.mentions ?? [],
    links: doc.links ?? [],
    // One that its last person took back may be there for a moment.
    reactions: (doc.reactions ?? []).filter(({ userIds }) => userIds.length > 0),
    editedAt: doc.editedAt ?? null,
    createdAt: doc.createdAt,
    changedAt: doc.changedAt ?? null,
    revision: doc.revision ?? 0,
  };
}

export function roomToDoc(room: Room): RoomDoc {
  const { id, lastMessage, access, ...rest } = room;
  const doc = { ...rest, _id: oid(id), lastMessage: lastMessage && messageToDoc(lastMessage) };
  return { ...doc, ...(access ? { access } : {}), ...(room.expiresAt ? { expiring: true } : {}) };
}

export function docToRoom(doc: RoomDoc): Room {
  const { _id, lastMessage, access = null, ...fields } = doc;
  // What only the store, imports and pushes know of a room.
  const {
    making: _,
    expiring: __,
    importKey: ___,
    importing: ____,
    settingsAt: _____,
    pushedSeq: ______,
    ...rest
  } = fields;
  return {
    ...rest,
    // Rooms that were stored before a rule was thought of have its default.
    rules: { ...DEFAULT_RULES, ...doc.rules },
    lastMentionSeq: doc.lastMentionSeq ?? 0,
    lastAnnouncement: doc.lastAnnouncement ?? null,
    access,
    id: _id.toHexString(),
    lastMessage: lastMessage && docToMessage(lastMessage),
  };
}

export function memberToDoc(member: Member): Omit<MembershipDoc, '_id'> {
  const { roomId, pending, ...rest } = member;
  const doc = { ...rest, roomId: oid(roomId), nickKey: fold(member.nickName) };
  return pending ? { ...doc, pending } : doc;
}

export function docToMember(doc: MembershipDoc): Member {
  return {
    roomId: doc.roomId.toHexString(),
    userId: doc.userId,
    no: doc.no,
    nickName: doc.nickName,
    profileUrl: doc.profileUrl,
    master: doc.master,
    alarmOn: doc.alarmOn,
    meta: doc.meta,
    joinedSeq: doc.joinedSeq,
    lastReadSeq: doc.lastReadSeq,
    lastReadMessageId: doc.lastReadMessageId,
    lastReadAt: doc.lastReadAt,
    unreadFromSeq: doc.unreadFromSeq ?? null,
    lastHiddenSeq: doc.lastHiddenSeq ?? 0,
    mutedUntil: doc.mutedUntil ?? null,
    createdAt: doc.createdAt,
    updatedAt: doc.updatedAt,
    pending: doc.pending ?? null,
  };
}

export const docToUser = (doc: UserDoc): User => ({
  id: doc._id,
  nickName: doc.nickName,
  profileUrl: doc.profileUrl,
  meta: doc.meta ?? null,
  lastSeenAt: doc.lastSeenAt,
  tokensValidFrom: doc.tokensValidFrom,
});

/** The fields by which a nick is found. */
export const nickFields = (nickName: string) => ({
  nickName,
  nickKey: fold(nickName),
  grams: gramsOf(nickName),
});
