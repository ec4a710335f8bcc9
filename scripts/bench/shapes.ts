import { randomBytes } from 'node:crypto';
import type { User } from './tokens.ts';

/**
 * The objects that bare and naive send. They have the fields of the engine's own frames
 * (`Room` and `Message` of protocol 1), so that all three push about the same bytes; the report
 * prints the mean size of a frame per target, which shows it when they drift apart.
 */
export interface WireMember extends User {
  profileUrl: string | null;
  lastReadMessageId: string | null;
  master: boolean;
  alarmOn: boolean;
  meta: object | null;
  createdAt: string;
  joinedSeq: number;
}

export interface WireMessage {
  _id: string;
  seq: number;
  syncKey: string;
  roomId: string;
  author: { authorId: string; nickName: string; profileUrl: string | null };
  data: { type: string; content: { text: string } };
  meta: object | null;
  status: { deleted: boolean; hidden: boolean };
  replyTo: object | null;
  mentions: string[];
  reactions: object[];
  links: object[];
  editedAt: string | null;
  createdAt: string;
}

export interface WireRoom {
  _id: string;
  no: number;
  name: string;
  roomType: string;
  profileUrl: string | null;
  link: { sid: string; name: string } | null;
  joinUsers: WireMember[];
  joinUserCount: number;
  rules: Record<string, boolean>;
  lastMessage: WireMessage | null;
  lastSeq: number;
  lastAnnouncement: object | null;
  meta: object | null;
  freezingReasonCode: string | null;
  opensAt: string | null;
  expiresAt: string | null;
  createdAt: string;
  unReadMsgCount: number;
}

/** Body of `POST /chat/room`, as the driver sends it to every target. */
export interface RoomBody {
  name: string;
  roomType: string;
  link: { sid: string; name: string };
  joinUsers: (User & { master: boolean })[];
  message?: {
    author: { authorId: string; nickName: string };
    data: { type: string; content: { text: string } };
  };
}

export interface SendBody {
  syncKey: string;
  roomId: string;
  data: { type: string; content: string };
}

/** Above this many members a room shows only the caller and the masters, as the engine does. */
export const INLINE_MEMBERS = 100;

const RULES = {
  canCopyMessage: true,
  canCaptureMessage: true,
  canDeleteMessage: true,
  canShareMessage: true,
  canInviteMemebrs: true,
  canLeaveOutRoom: false,
  canShowMemberList: true,
  canShowMemberMeta: true,
  canSeeHistory: false,
  isFreezed: false,
};

export function newId(): string {
  return randomBytes(12).toString('hex');
}

export function memberOf(user: User & { master?: boolean }): WireMember {
  return {
    _id: user._id,
    nickName: user.nickName,
    profileUrl: null,
    lastReadMessageId: newId(), // as in a room where everybody has read something
    master: user.master ?? false,
    alarmOn: true,
    meta: null,
    createdAt: new Date().toISOString(),
    joinedSeq: 0,
  };
}

export function roomOf(body: RoomBody, no: number): WireRoom {
  return {
    _id: newId(),
    no,
    name: body.name,
    roomType: body.roomType,
    profileUrl: null,
    link: body.link,
    joinUsers: body.joinUsers.map(memberOf),
    joinUserCount: body.joinUsers.length,
    rules: RULES,
    lastMessage: null,
    lastSeq: 0,
    lastAnnouncement: null,
    meta: null,
    freezingReasonCode: null,
    opensAt: null,
    expiresAt: null,
    createdAt: new Date().toISOString(),
    unReadMsgCount: 0,
  };
}

export function messageOf(author: User, body: SendBody, seq: number): WireMessage {
  return {
    _id: newId(),
    seq,
    syncKey: body.syncKey,
    roomId: body.roomId,
    author: { authorId: author._id, nickName: author.nickName, profileUrl: null },
    data: { type: body.data.type, content: { text: body.data.content } },
    meta: null,
    status: { deleted: false, hidden: false },
    replyTo: null,
    mentions: [],
    reactions: [],
    links: [],
    editedAt: null,
    createdAt: new Date().toISOString(),
  };
}

/** A room as a frame shows it: all members while there are few, else the masters. */
export function shownRoom(room: WireRoom): WireRoom {
  if (room.joinUsers.length <= INLINE_MEMBERS) return room;
  return { ...room, joinUsers: room.joinUsers.filter(member => member.master) };
}
