import type { Member, Message } from '../../domain/model.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { RoomView } from '../../domain/rooms/list.ts';
import {
  mayShowMeta,
  presentJoinUser,
  presentMessage,
  presentRoom,
  presentRoomHead,
} from '../kit/present.ts';

/** Domain -> the frames of `/chat`. */

export const presentView = (view: RoomView) =>
  presentRoom(view.room, view.shown, {
    joinUserCount: view.room.memberCount,
    lastMessage: view.lastMessage,
    unread: view.unread,
    showMeta: mayShowMeta(view.room, view.me),
  });

/** `listenMessage_`: the message and what happened to it, encoded. */
export const encodeMessage = (message: Message, eventType: 'CREATE' | 'UPDATE' | 'DELETE'): string =>
  JSON.stringify({ ...presentMessage(message), eventType });

interface Parts {
  version: number;
  /** The room without messages and members. */
  head: string;
  /** Members by user id, encoded once. */
  users: Map<string, string>;
  masters: string;
  all: string | null;
}

/**
 * A room as many receivers get it: everything that they share is encoded once per version of the room, and what
 * differs (unread count, the own entry of `joinUsers`) is spliced in.
 */
export class RoomEncoder {
  readonly #parts = new WeakMap<LiveRoom, Parts>();
  readonly #inlineMax: number;

  constructor(inlineMax: number) {
    this.#inlineMax = inlineMax;
  }

  /**
   * Encodes the room for each of these members and hands out each distinct text once, with those who get it.
   * `omit`: a member who is out already and is shown a room without themselves.
   */
  each(live: LiveRoom, members: readonly Member[], give: (json: string, members: Member[]) => void): void {
    const parts = this.#partsOf(live);
    const last = live.room.lastMessage && JSON.stringify(presentMessage(live.room.lastMessage));
    const groups = new Map<string, Member[]>();
    for (const member of members) {
      const alone = this.#isAlone(live, member);
      const sees = live.lastMessageFor(member) !== null;
      const key = `${alone ? member.userId : ''}|${sees ? 1 : 0}|${live.unreadOf(member)}`;
      const group = groups.get(key);
      if (group) group.push(member);
      else groups.set(key, [member]);
    }
    for (const group of groups.values()) {
      const [first] = group as [Member];
      const users = this.#isAlone(live, first) ? this.#mastersAnd(parts, first) : this.#all(live, parts);
      const lastMessage = live.lastMessageFor(first) ? last : null;
      give(assemble(live, parts.head, users, { lastMessage, unread: live.unreadOf(first) }), group);
    }
  }

  /** The room for somebody who is out of it: no members, no messages. */
  farewell(live: LiveRoom): string {
    return assemble(live, this.#partsOf(live).head, '', { lastMessage: null, unread: 0 });
  }

  /** Large rooms and closed lists show each receiver only themselves and the masters. */
  #isAlone(live: LiveRoom, member: Member): boolean {
    return live.members.size > this.#inlineMax || (!live.room.rules.canShowMemberList && !member.master);
  }

  #mastersAnd(parts: Parts, member: Member): string {
    if (member.master) return parts.masters;
    const own = parts.users.get(member.userId) ?? encodeUser(member, parts, false);
    return parts.masters === '' ? own : `${parts.masters},${own}`;
  }

  #all(live: LiveRoom, parts: Parts): string {
    return (parts.all ??= [...live.members.values()].map(member => userOf(live, parts, member)).join(','));
  }

  #partsOf(live: LiveRoom): Parts {
    const known = this.#parts.get(live);
    if (known?.version === live.version) return known;
    const parts: Parts = {
      version: live.version,
      head: JSON.stringify(presentRoomHead(live.room)).slice(0, -1),
      users: new Map(),
      masters: '',
      all: null,
    };
    parts.masters = live
      .masters()
      .map(member => userOf(live, parts, member))
      .join(',');
    this.#parts.set(live, parts);
    return parts;
  }
}

/** Frames go to many: e-mail and phone are in them only by rule. */
function userOf(live: LiveRoom, parts: Parts, member: Member): string {
  return parts.users.get(member.userId) ?? encodeUser(member, parts, live.room.rules.canShowMemberMeta);
}

function encodeUser(member: Member, parts: Parts, showMeta: boolean): string {
  const json = JSON.stringify(presentJoinUser(member, showMeta));
  parts.users.set(member.userId, json);
  return json;
}

function assemble(
  { room, members }: LiveRoom,
  head: string,
  users: string,
  { lastMessage, unread }: { lastMessage: string | null; unread: number },
): string {
  return (
    `${head},"joinUserCount":${members.size},"joinUsers":[${users}],"lastSeq":${room.lastSeq}` +
    `,"lastMessage":${lastMessage ?? 'null'},"unReadMsgCount":${unread}}`
  );
}
