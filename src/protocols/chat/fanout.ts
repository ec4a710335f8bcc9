import { maySeeMember } from '../../domain/access.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Member, Message } from '../../domain/model.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import { Coalescer } from '../kit/coalescer.ts';
import type { ChatSocket, UserNamespace } from '../kit/namespace.ts';
import { encodeFrame, type Frame } from '../kit/outbox.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import type { WirePresence } from './catalogue/presence.ts';
import { encodeMessage, RoomEncoder } from './present.ts';
import type { Viewers } from './viewers.ts';

export interface FanoutOptions {
  namespace: string;
  users: UserNamespace;
  viewers: Viewers;
  inlineMax: number;
}

/** Frames of large rooms, and of read positions, come at most once in this time per room, in milliseconds. */
const CALM = 500;
/** In a large room receipts are told less often: everybody's reading goes to everybody. */
const RECEIPTS_PER_VIEWER = 10;

interface Position {
  messageId: string | null;
  seq: number;
}

type RoomEventName = 'listenRoom' | 'updateRoomLastMessage';

/** Domain events -> frames of `/chat`: who gets what, each frame encoded once. */
export class Fanout {
  readonly #parts: ProtocolParts;
  readonly #options: FanoutOptions;
  readonly #encoder: RoomEncoder;
  readonly #calmRoom: Coalescer<LiveRoom>;
  readonly #calmLast: Coalescer<LiveRoom>;
  readonly #calmReads: Coalescer<LiveRoom>;
  /** Receipts that wait to be told, by room and user. */
  readonly #receipts = new Map<LiveRoom, Map<string, Position>>();
  #receiptTimer: NodeJS.Timeout | null = null;

  constructor(parts: ProtocolParts, options: FanoutOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#encoder = new RoomEncoder(options.inlineMax);
    this.#calmRoom = new Coalescer(CALM, live => this.#tellRoom(live, 'listenRoom', this.#connected(live)));
    this.#calmLast = new Coalescer(CALM, live =>
      this.#tellRoom(live, 'updateRoomLastMessage', this.#connected(live)),
    );
    this.#calmReads = new Coalescer(CALM, live => this.#tellRoom(live, 'listenRoom', this.#viewing(live)));
    const { events } = parts.chat;
    events.on('messages.created', event => this.#created(event));
    events.on('message.changed', ({ live, message }) => this.#changed(live, message));
    events.on('room.changed', ({ live }) => this.#roomChanged(live));
    events.on('room.created', ({ live }) => this.#tellRoom(live, 'listenRoom', this.#connected(live)));
    events.on('room.removed', ({ live }) => this.#farewell(live, [...live.members.values()]));
    events.on('reads.stored', ({ live, move }) => this.#readsStored(live, move));
    events.on('typing', event => this.#typing(event));
    events.on('own.changed', event => this.#ownChanged(event));
    events.on('upload.progressed', ({ userId, syncKey, progress }) =>
      this.#send(
        options.users.of(userId),
        this.#frame(`progress_${syncKey}`, JSON.stringify(progress)),
        'progress',
      ),
    );
  }

  stop(): void {
    for (const calm of [this.#calmRoom, this.#calmLast, this.#calmReads]) calm.stop();
    if (this.#receiptTimer) clearTimeout(this.#receiptTimer);
  }

  #created({ live, messages, joined, left }: DomainEvents['messages.created']): void {
    if (left.length > 0) this.#farewell(live, left);
    const viewers = [...this.#options.viewers.of(live.id)];
    if (viewers.length > 0) {
      for (const message of messages) this.#tellMessage(live, viewers, message, 'CREATE');
    }
    if (joined.length > 0 || left.length > 0) this.#roomChanged(live);
    if (this.#isLarge(live)) this.#calmLast.call(live);
    else this.#tellRoom(live, 'updateRoomLastMessage', this.#connected(live));
  }

  #changed(live: LiveRoom, message: Message): void {
    const sees = (member: Member | undefined) =>
      member !== undefined && live.hiddenUpTo(member) < message.seq;
    const viewers = [...this.#options.viewers.of(live.id)].filter(socket =>
      sees(live.members.get(socket.data.actor.userId)),
    );
    this.#tellMessage(live, viewers, message, message.deleted ? 'DELETE' : 'UPDATE');
    const isLast = live.room.lastMessage?.id === message.id;
    // Many may react to one message at once.
    if (isLast && this.#isLarge(live)) return this.#calmLast.call(live);
    const affected = this.#connected(live).filter(
      member => sees(member) && (isLast || (message.deleted && member.lastReadSeq < message.seq)),
    );
    this.#tellRoom(live, 'updateRoomLastMessage', affected);
  }

  #roomChanged(live: LiveRoom): void {
    if (this.#isLarge(live)) this.#calmRoom.call(live);
    else this.#tellRoom(live, 'listenRoom', this.#connected(live));
  }

  #ownChanged({ live, userId, by }: DomainEvents['own.changed']): void {
    const member = live.members.get(userId);
    const others = [...this.#options.users.of(userId)].filter(socket => socket.id !== by);
    if (member && others.length > 0) this.#tellRoom(live, 'updateRoomLastMessage', [member], others);
  }

  /** Whoever is out is told so once, and gets nothing more of the room. */
  #farewell(live: LiveRoom, left: readonly Member[]): void {
    const frame = this.#frame('listenRoom', this.#encoder.farewell(live));
    for (const { userId } of left) {
      for (const socket of this.#options.users.of(userId)) {
        this.#options.viewers.remove(socket, live.id);
        this.#send([socket], frame, 'listenRoom');
      }
    }
  }

  /** To the other viewers who may see the one who types. */
  #typing({ live, userId, nickName, isTyping }: DomainEvents['typing']): void {
    const { room, members } = live;
    const typist = members.get(userId);
    const others = [...this.#options.viewers.of(live.id)].filter(({ data: { actor } }) => {
      const viewer = members.get(actor.userId);
      return actor.userId !== userId && viewer && (!typist || maySeeMember(room, viewer, typist));
    });
    const json = JSON.stringify({ userId, nickName, isTyping });
    this.#send(others, this.#frame(`typing_${live.id}`, json), 'typing');
  }

  tellPresence(sockets: readonly ChatSocket[], presence: WirePresence): void {
    this.#send(sockets, this.#frame('presence', JSON.stringify(presence)), 'presence');
  }

  #tellMessage(
    live: LiveRoom,
    viewers: ChatSocket[],
    message: Message,
    eventType: 'CREATE' | 'UPDATE' | 'DELETE',
  ): void {
    this.#send(
      viewers,
      this.#frame(`listenMessage_${live.id}`, encodeMessage(message, eventType)),
      'listenMessage',
    );
  }

  #tellRoom(
    live: LiveRoom,
    event: RoomEventName,
    members: readonly Member[],
    only?: readonly ChatSocket[],
  ): void {
    if (members.length === 0 || live.removed) return;
    this.#encoder.each(live, members, (json, group) => {
      const frame = this.#frame(event, json);
      for (const member of group) this.#send(only ?? this.#options.users.of(member.userId), frame, event);
    });
  }

  #readsStored(live: LiveRoom, { userIds, messageId, seq }: DomainEvents['reads.stored']['move']): void {
    const waiting = this.#receipts.get(live) ?? new Map<string, Position>();
    this.#receipts.set(live, waiting);
    for (const userId of userIds) waiting.set(userId, { messageId, seq });
    if (!this.#isLarge(live)) {
      this.#calmReads.call(live);
      queueMicrotask(() => this.#tellReceipts(live));
    } else
      this.#receiptTimer ??= setTimeout(
        () => this.#tellAllReceipts(),
        live.viewers.size * RECEIPTS_PER_VIEWER,
      );
  }

  #tellAllReceipts(): void {
    this.#receiptTimer = null;
    for (const live of this.#receipts.keys()) this.#tellReceipts(live);
  }

  #tellReceipts(live: LiveRoom): void {
    const waiting = this.#receipts.get(live);
    this.#receipts.delete(live);
    const viewers = [...this.#options.viewers.of(live.id)];
    if (!waiting || viewers.length === 0) return;
    const all = [...waiting].map(([userId, { messageId, seq }]) => ({ userId, messageId, seq }));
    const open = live.room.rules.canShowMemberList;
    const mayKnow = (userId: string) => open || live.members.get(userId)?.master === true;
    const event = `readReceipts_${live.id}`;
    const isMaster = (socket: ChatSocket) => live.members.get(socket.data.actor.userId)?.master === true;
    const everything = this.#frame(event, JSON.stringify({ reads: all }));
    this.#send(
      viewers.filter(socket => open || isMaster(socket)),
      everything,
      'readReceipts',
    );
    const reads = all.filter(({ userId }) => mayKnow(userId));
    if (open || reads.length === 0) return;
    this.#send(
      viewers.filter(socket => !isMaster(socket)),
      this.#frame(event, JSON.stringify({ reads })),
      'readReceipts',
    );
  }

  /** Members with a connection here; the smaller side is walked. */
  #connected(live: LiveRoom): Member[] {
    const { users } = this.#options.users;
    if (users.size < live.members.size)
      return [...users.keys()].flatMap(userId => live.members.get(userId) ?? []);
    return [...live.members.values()].filter(member => users.has(member.userId));
  }

  #viewing(live: LiveRoom): Member[] {
    return [...live.viewers.keys()].flatMap(userId => live.members.get(userId) ?? []);
  }

  #isLarge(live: LiveRoom): boolean {
    return live.members.size > this.#options.inlineMax;
  }

  #frame(event: string, json: string): Frame {
    return encodeFrame(this.#options.namespace, event, json);
  }

  #send(sockets: Iterable<ChatSocket>, frame: Frame, name: string): void {
    let count = 0;
    for (const socket of sockets) {
      this.#parts.outbox.send(socket, frame);
      count++;
    }
    this.#parts.metrics.framesSent(name, count);
  }
}
