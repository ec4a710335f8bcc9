import { maySeeMember } from '../../domain/access.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Member } from '../../domain/model.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { CLOSE, type Feed, type Feeds } from './feeds.ts';
import { byRules, presentFrame, presentMember, presentMessageFrame, wireId } from './present.ts';

/** In larger rooms the reading of everybody to everybody would be all that the stream carries. */
const MAX_READERS_TOLD = 100;

/** Domain events -> the six frames of the stream, each encoded once. */
export class FeedFanout {
  readonly #feeds: Feeds;
  readonly #parts: ProtocolParts;

  constructor(parts: ProtocolParts, feeds: Feeds) {
    this.#parts = parts;
    this.#feeds = feeds;
    const { events } = parts.chat;
    events.on('messages.created', event => this.#created(event));
    events.on('reads.stored', event => this.#read(event));
    events.on('presence.changed', event => this.#presence(event));
    events.on('room.removed', ({ live }) => this.#closeRoom(live));
    events.on('tokens.revoked', ({ userId, at }) => this.#revoked(userId, at));
  }

  /** The first message of these is the joining or leaving that the members changed with. */
  #created({ live, messages, joined, left }: DomainEvents['messages.created']): void {
    if ([...this.#feeds.of(live.id)].length === 0) return;
    for (const member of left) this.#farewell(live, member);
    messages.forEach((message, i) => {
      this.#send(
        'message',
        this.#feeds.of(live.id),
        presentMessageFrame(live, message, this.#parts.fileLink),
      );
      if (i > 0) return;
      for (const member of joined)
        this.#tell(live, 'member_join', member, presentMember(live, member, byRules(live)));
      for (const member of left) this.#tell(live, 'member_leave', member, { user_id: wireId(member.userId) });
    });
  }

  /** Who is out is told so, and nothing that comes after it. */
  #farewell(live: LiveRoom, { userId }: Member): void {
    const id = wireId(userId);
    const own = [...this.#feeds.ofUser(userId)].filter(feed => feed.live.id === live.id);
    this.#send('member_leave', own, presentFrame(live, 'member_leave', id, { user_id: id }));
    for (const feed of own) this.#feeds.close(feed, CLOSE.forbidden, 'YOU_ARE_NO_JOINED_ROOM');
  }

  #read({ live, move }: DomainEvents['reads.stored']): void {
    if (move.userIds.length > MAX_READERS_TOLD) return;
    for (const userId of move.userIds) {
      const member = live.members.get(userId);
      if (member) this.#tell(live, 'read', member, { user_id: wireId(userId), last_read_at: move.at });
    }
  }

  #presence({ userId, online }: DomainEvents['presence.changed']): void {
    const status = online ? 'online' : 'offline';
    for (const live of this.#feeds.rooms()) {
      const member = live.members.get(userId);
      if (member) this.#tell(live, `member_${status}`, member, { user_id: wireId(userId), status });
    }
  }

  /** What is about a member goes to those who may see that member. */
  #tell(live: LiveRoom, type: string, about: Member, data: object): void {
    const receivers = [...this.#feeds.of(live.id)].filter(
      ({ userId }) => userId === null || maySeeMember(live.room, live.members.get(userId) ?? null, about),
    );
    if (receivers.length > 0)
      this.#send(type, receivers, presentFrame(live, type, wireId(about.userId), data));
  }

  #send(type: string, feeds: Iterable<Feed>, json: string): void {
    const bytes = Buffer.from(json);
    let count = 0;
    // A slow one is closed on the way, which changes the set.
    for (const feed of [...feeds]) {
      this.#feeds.send(feed, bytes);
      count++;
    }
    this.#parts.metrics.framesSent(`feed ${type}`, count);
  }

  #closeRoom(live: LiveRoom): void {
    for (const feed of [...this.#feeds.of(live.id)]) this.#feeds.close(feed, CLOSE.noRoom, 'ROOM_NO_EXISTS');
  }

  #revoked(userId: string, at: Date): void {
    for (const feed of [...this.#feeds.ofUser(userId)]) {
      const isOlder = feed.issuedAt !== null && feed.issuedAt * 1000 < at.getTime();
      if (isOlder) this.#feeds.close(feed, CLOSE.noIdentity, 'TOKEN_INVALID');
    }
  }
}
