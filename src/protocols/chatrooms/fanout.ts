import { maySeeMember } from '../../domain/access.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Member } from '../../domain/model.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { ChatSocket, UserNamespace } from '../kit/namespace.ts';
import { encodeFrame } from '../kit/outbox.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { NAMESPACE } from './catalogue.ts';
import { chatNameOf, isListed, presentChat, presentNew } from './present.ts';

/** Domain events -> frames of `/chatrooms`, each encoded once. */
export class ChatroomsFanout {
  readonly #parts: ProtocolParts;
  readonly #users: UserNamespace;

  constructor(parts: ProtocolParts, users: UserNamespace) {
    this.#parts = parts;
    this.#users = users;
    const { events } = parts.chat;
    events.on('messages.created', event => this.#created(event));
    events.on('room.created', ({ live }) => this.#newRoom(live));
    events.on('room.removed', ({ live }) => this.#removed(live));
  }

  /** The first message of these is the joining or leaving that the members changed with. */
  #created({ live, messages, joined, left }: DomainEvents['messages.created']): void {
    if (this.#users.users.size === 0) return;
    const chatSeq = live.room.no;
    for (const { userId } of left)
      this.#send(this.#users.of(userId), 'user leave', { chatSeq, user: userId });
    const members = this.#connected(live);
    this.#joined(live, members, joined);
    for (const member of left) {
      const receivers = members.filter(viewer => maySeeMember(live.room, viewer, member));
      this.#send(this.#sockets(receivers), 'user leave', { chatSeq, user: member.userId });
    }
    for (const message of messages)
      this.#send(this.#sockets(members), 'chat', presentChat(live.room, message, this.#parts.fileLink));
  }

  /** Where the list of members is closed, everybody is told only of whom they may see. */
  #joined(live: LiveRoom, members: readonly Member[], joined: readonly Member[]): void {
    if (joined.length === 0) return;
    const groups = new Map<string, { users: string[]; receivers: Member[] }>();
    for (const viewer of members) {
      const users = joined
        .filter(member => maySeeMember(live.room, viewer, member))
        .map(({ userId }) => userId);
      const key = users.length === joined.length ? 'all' : users.join('\n');
      const group = groups.get(key) ?? { users, receivers: [] };
      group.receivers.push(viewer);
      groups.set(key, group);
    }
    for (const { users, receivers } of groups.values()) {
      if (users.length > 0)
        this.#send(this.#sockets(receivers), 'join room', { chatSeq: live.room.no, users });
    }
  }

  #newRoom(live: LiveRoom): void {
    if (isListed(live.room)) {
      const everybody = [...this.#users.users.values()].flatMap(sockets => [...sockets]);
      return this.#send(everybody, 'new room', presentNew(live.room, live.room.name));
    }
    const members = this.#connected(live);
    if (live.room.roomType !== 'DIRECT')
      return this.#send(this.#sockets(members), 'new room', presentNew(live.room, live.room.name));
    for (const { userId } of members) {
      const name = chatNameOf(live.room, userId, live.members.values());
      this.#send(this.#users.of(userId), 'new room', presentNew(live.room, name));
    }
  }

  /** The room is gone: everybody is out of it. */
  #removed(live: LiveRoom): void {
    for (const { userId } of this.#connected(live))
      this.#send(this.#users.of(userId), 'user leave', { chatSeq: live.room.no, user: userId });
  }

  /** Members with a connection here; the smaller side is walked. */
  #connected(live: LiveRoom): Member[] {
    const { users } = this.#users;
    if (users.size < live.members.size)
      return [...users.keys()].flatMap(userId => live.members.get(userId) ?? []);
    return [...live.members.values()].filter(member => users.has(member.userId));
  }

  #sockets(members: readonly Member[]): ChatSocket[] {
    return members.flatMap(({ userId }) => [...this.#users.of(userId)]);
  }

  #send(sockets: Iterable<ChatSocket>, event: string, data: object): void {
    const frame = encodeFrame(NAMESPACE, event, JSON.stringify(data));
    let count = 0;
    for (const socket of sockets) {
      this.#parts.outbox.send(socket, frame);
      count++;
    }
    this.#parts.metrics.framesSent(`chatrooms ${event}`, count);
  }
}
