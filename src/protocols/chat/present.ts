import type { Chat } from '../../domain/chat.ts';
import type { Signature } from '../../domain/files/signing.ts';
import { asSeenBy } from '../../domain/messages/hide.ts';
import type { Announcement, Member, Message, Room, UserActor } from '../../domain/model.ts';
import type { ExportOutcome } from '../../domain/ports.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { RoomView } from '../../domain/rooms/list.ts';
import { Encoded } from '../kit/event.ts';
import { exportUrl } from '../kit/exports.ts';
import {
  mayShowMeta,
  presentAnnouncement,
  presentJoinUser,
  presentMessage,
  presentRead,
  presentRoomHead,
} from '../kit/present.ts';

/**
 * Domain -> the frames and answers of `/chat`, as JSON. What many receivers share (the room, its members, its last
 * message) is encoded once; what differs (unread count, the own entry of `joinUsers`) is spliced in.
 */

/** A message in the answer to somebody: as they see it, who may have hidden it, with how many have not read it. */
export async function presentSeen(chat: Chat, { userId }: UserActor, message: Message) {
  const live = await chat.registry.get(message.roomId);
  const member = live?.members.get(userId);
  const [seen = message] = member ? await asSeenBy(chat, member, [message]) : [];
  return presentRead(live, seen);
}

/** `listenMessage_`: the message, how many have not read it, and what happened to it. */
export const encodeMessage = (
  live: LiveRoom,
  message: Message,
  eventType: 'CREATE' | 'UPDATE' | 'DELETE',
): string => {
  const { unread } = live.readers.count(message);
  return `${encodeLast(message).slice(0, -1)},"unreadUserCount":${unread},"eventType":"${eventType}"}`;
};

/** `exportFinished`: where the export is had, or why it is not. */
export const encodeExport = ({ exportId, error, mailed }: ExportOutcome, signature: Signature): string =>
  JSON.stringify({
    exportId,
    url: error === null ? exportUrl(exportId, signature) : null,
    ...(error === null ? {} : { error }),
    ...(mailed === null ? {} : { mailed }),
  });

/** A room as one member sees it. */
export function encodeView(view: RoomView): string {
  const showMeta = mayShowMeta(view.room, view.me);
  const users = view.shown.map(member => encodeUser(member, view.version, showMeta(member))).join(',');
  return assemble(view.room, view.version, {
    count: view.memberCount,
    users,
    last: view.lastMessage,
    announcement: view.lastAnnouncement,
    unread: view.unread,
    mentions: view.mentions,
  });
}

export const encodeList = (list: readonly RoomView[], nextCursor: string | null): Encoded =>
  new Encoded(`{"list":[${list.map(encodeView).join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`);

/** Messages are never changed in place: an edited one is another object. */
const lastJson = new WeakMap<Message, string>();

function encodeLast(message: Message): string {
  let json = lastJson.get(message);
  if (json === undefined) lastJson.set(message, (json = JSON.stringify(presentMessage(message))));
  return json;
}

/** Nor are announcements. */
const announcementJson = new WeakMap<Announcement, string>();

function encodeAnnouncement(announcement: Announcement): string {
  let json = announcementJson.get(announcement);
  if (json === undefined) {
    json = JSON.stringify(presentAnnouncement(announcement));
    announcementJson.set(announcement, json);
  }
  return json;
}

/** The room without messages, members and announcements, open at its end. */
const headJson = new WeakMap<Room, { version: number; json: string }>();

function encodeHead(room: Room, version: number): string {
  const known = headJson.get(room);
  if (known?.version === version) return known.json;
  const json = JSON.stringify(presentRoomHead(room)).slice(0, -1);
  headJson.set(room, { version, json });
  return json;
}

/** A member around their read position, which changes all the time. */
interface UserJson {
  version: number;
  showMeta: boolean;
  before: string;
  after: string;
}
const userJson = new WeakMap<Member, UserJson>();
const READ = '"lastReadMessageId":';

function encodeUser(member: Member, version: number, showMeta: boolean): string {
  let known = userJson.get(member);
  if (known?.version !== version || known.showMeta !== showMeta) {
    const json = JSON.stringify(presentJoinUser({ ...member, lastReadMessageId: null }, showMeta));
    const at = json.indexOf(`${READ}null`) + READ.length;
    known = { version, showMeta, before: json.slice(0, at), after: json.slice(at + 'null'.length) };
    userJson.set(member, known);
  }
  const { lastReadMessageId } = member;
  return `${known.before}${lastReadMessageId === null ? 'null' : `"${lastReadMessageId}"`}${known.after}`;
}

function assemble(
  room: Room,
  version: number,
  shown: {
    count: number;
    users: string;
    last: Message | null;
    announcement: Announcement | null;
    unread: number;
    mentions: number;
  },
): string {
  const last = shown.last ? encodeLast(shown.last) : 'null';
  const announcement = shown.announcement ? encodeAnnouncement(shown.announcement) : 'null';
  return (
    `${encodeHead(room, version)},"joinUserCount":${shown.count},"joinUsers":[${shown.users}],` +
    `"lastSeq":${room.lastSeq},"lastAnnouncement":${announcement},"lastMessage":${last},` +
    `"unReadMsgCount":${shown.unread},"mentionCount":${shown.mentions}}`
  );
}

/** A room for many of its members at once. */
export class RoomEncoder {
  readonly #inlineMax: number;

  constructor(inlineMax: number) {
    this.#inlineMax = inlineMax;
  }

  /** Encodes the room for each of these members and hands out each distinct text once, with those who get it. */
  each(live: LiveRoom, members: readonly Member[], give: (json: string, members: Member[]) => void): void {
    const groups = new Map<string, Member[]>();
    for (const member of members) {
      const alone = this.#isAlone(live, member) ? member.userId : '';
      const last = live.lastMessageFor(member);
      const seen = last ? (last.hidden ? 'hidden' : 'seen') : 'none';
      const announced = live.announcementFor(member) ? 1 : 0;
      const key = `${live.unreadOf(member)}|${live.mentionsOf(member)}|${seen}|${announced}|${alone}`;
      const group = groups.get(key);
      if (group) group.push(member);
      else groups.set(key, [member]);
    }
    const joined: { all?: string; masters?: string } = {};
    for (const group of groups.values()) {
      const [first] = group as [Member];
      const shown = {
        count: live.members.size,
        users: this.#isAlone(live, first)
          ? this.#mastersAnd(live, first, (joined.masters ??= this.#join(live, live.masters())))
          : (joined.all ??= this.#join(live, [...live.members.values()])),
        last: live.lastMessageFor(first),
        announcement: live.announcementFor(first),
        unread: live.unreadOf(first),
        mentions: live.mentionsOf(first),
      };
      give(assemble(live.room, live.version, shown), group);
    }
  }

  /** The room for somebody who is out of it: no members, no messages. */
  farewell({ room, version, members }: LiveRoom): string {
    return assemble(room, version, {
      count: members.size,
      users: '',
      last: null,
      announcement: null,
      unread: 0,
      mentions: 0,
    });
  }

  /** Large rooms and closed lists show each receiver only themselves and the masters. */
  #isAlone(live: LiveRoom, member: Member): boolean {
    return live.members.size > this.#inlineMax || (!live.room.rules.canShowMemberList && !member.master);
  }

  #mastersAnd(live: LiveRoom, member: Member, masters: string): string {
    if (member.master) return masters;
    const own = this.#join(live, [member]);
    return masters === '' ? own : `${masters},${own}`;
  }

  /** Frames go to many: e-mail and phone are in them only by rule. */
  #join({ room, version }: LiveRoom, members: readonly Member[]): string {
    return members.map(member => encodeUser(member, version, room.rules.canShowMemberMeta)).join(',');
  }
}
