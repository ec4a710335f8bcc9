import { asHidden } from '../../domain/messages/hidden.ts';
import { whoHid } from '../../domain/messages/hide.ts';
import { maySeeMember } from '../../domain/access.ts';
import type { DomainEvents } from '../../domain/events.ts';
import { signExport } from '../../domain/exports/access.ts';
import type { Member, Message } from '../../domain/model.ts';
import { unreadFrom } from '../../domain/rooms/counting.ts';
import { countsReady, isCounted } from '../../domain/rooms/counts.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import { Coalescer } from '../kit/coalescer.ts';
import type { ChatSocket, UserNamespace } from '../kit/namespace.ts';
import { encodeFrame, type Frame } from '../kit/outbox.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import type { WirePresence } from './catalogue/presence.ts';
import { encodeExport, encodeMessage, RoomEncoder } from './present.ts';
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
  /** Of each room, what is told one after the other because the store has to be asked. */
  readonly #later = new WeakMap<LiveRoom, Promise<void>>();

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
    events.on('message.hidden', event => this.#hidden(event));
    events.on('room.changed', ({ live }) => this.#roomChanged(live));
    events.on('room.created', ({ live }) => this.#tellRoom(live, 'listenRoom', this.#connected(live)));
    events.on('room.removed', ({ live }) => this.#farewell(live, [...live.members.values()]));
    events.on('reads.stored', ({ live, move }) => this.#readsStored(live, move));
    events.on('typing', event => this.#typing(event));
    events.on('own.changed', event => this.#ownChanged(event));
    events.on('export.progressed', ({ userId, exportId, progress }) =>
      this.#send(
        options.users.of(userId),
        this.#frame(`progress_${exportId}`, JSON.stringify(progress)),
        'progress',
      ),
    );
    events.on('export.finished', event => this.#exportFinished(event));
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
    const mayHide = (socket: ChatSocket) =>
      live.members.get(socket.data.actor.userId)!.lastHiddenSeq >= message.seq;
    const change = message.deleted ? 'DELETE' : 'UPDATE';
    this.#tellMessage(
      live,
      viewers.filter(socket => !mayHide(socket)),
      message,
      change,
    );
    const unsure = viewers.filter(mayHide);
    if (unsure.length > 0) this.#afterwards(live, () => this.#tellHiders(live, unsure, message, change));
    const isLast = live.room.lastMessage?.id === message.id;
    // Many may react to one message at once.
    if (isLast && this.#isLarge(live)) return this.#calmLast.call(live);
    const affected = this.#connected(live).filter(
      member => sees(member) && (isLast || (message.deleted && unreadFrom(member) < message.seq)),
    );
    this.#tellRoom(live, 'updateRoomLastMessage', affected);
  }

  /** Whoever hid a message gets nothing of what it says now. */
  async #tellHiders(
    live: LiveRoom,
    sockets: readonly ChatSocket[],
    message: Message,
    change: 'UPDATE' | 'DELETE',
  ): Promise<void> {
    const memberOf = (socket: ChatSocket) => live.members.get(socket.data.actor.userId);
    const hidden = await whoHid(
      this.#parts.chat,
      message,
      sockets.flatMap(socket => memberOf(socket) ?? []),
    );
    const viewing = new Set(this.#options.viewers.of(live.id));
    const still = sockets.filter(socket => viewing.has(socket) && memberOf(socket));
    const didHide = (socket: ChatSocket) => hidden.has(socket.data.actor.userId);
    this.#tellMessage(
      live,
      still.filter(socket => !didHide(socket)),
      message,
      change,
    );
    this.#tellMessage(live, still.filter(didHide), asHidden(message), change);
  }

  /** The other devices of who hid a message hide it too; rooms in which it counted or stood last look different. */
  #hidden({ live, userId, message, by }: DomainEvents['message.hidden']): void {
    const own = [...this.#options.users.of(userId)].filter(socket => socket.id !== by);
    const viewing = new Set(this.#options.viewers.of(live.id));
    this.#tellMessage(
      live,
      own.filter(socket => viewing.has(socket)),
      message,
      message.deleted ? 'DELETE' : 'UPDATE',
    );
    const member = live.members.get(userId);
    if (member) this.#tellRoom(live, 'updateRoomLastMessage', [member]);
  }

  /** Tells something of a room once the store has answered, in the order of asking. */
  #afterwards(live: LiveRoom, work: () => Promise<void>): void {
    const { chat } = this.#parts;
    const turn = (this.#later.get(live) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => chat.reporter.problem('asking the store before telling', error));
    this.#later.set(live, turn);
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

  /** Who is not here is told when they come back. */
  #exportFinished({ userId, outcome }: DomainEvents['export.finished']): void {
    const { chat } = this.#parts;
    const sockets = [...this.#options.users.of(userId)];
    if (sockets.length === 0) return;
    const frame = encodeExport(outcome, signExport(chat, outcome.exportId));
    this.#send(sockets, this.#frame('exportFinished', frame), 'exportFinished');
    chat.exports.told(userId, outcome.exportId);
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
    if (viewers.length === 0) return;
    this.#send(
      viewers,
      this.#frame(`listenMessage_${live.id}`, encodeMessage(live, message, eventType)),
      'listenMessage',
    );
  }

  #tellRoom(
    live: LiveRoom,
    event: RoomEventName,
    members: readonly Member[],
    only?: readonly ChatSocket[],
  ): void {
    if (live.removed) return;
    const known = members.filter(member => isCounted(live, member));
    if (known.length < members.length) this.#tellUncounted(live, event, members, only);
    if (known.length === 0) return;
    this.#encoder.each(live, known, (json, group) => {
      const frame = this.#frame(event, json);
      for (const member of group) this.#send(only ?? this.#options.users.of(member.userId), frame, event);
    });
  }

  /** The store has to be asked about some: they are told what is true then. */
  #tellUncounted(
    live: LiveRoom,
    event: RoomEventName,
    members: readonly Member[],
    only?: readonly ChatSocket[],
  ): void {
    const open = members.filter(member => !isCounted(live, member));
    const isThere = (member: Member) => live.members.get(member.userId) === member;
    this.#afterwards(live, async () => {
      await countsReady(this.#parts.chat, live, open);
      const sockets = only?.filter(socket => socket.connected);
      this.#tellRoom(live, event, open.filter(isThere), sockets);
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
