import { expect } from 'chai';
import type { ChatClient, Message, Room } from './client.ts';

/** What a client was told about one room, and whether it may have been. */
interface Sight {
  isMember: boolean;
  /** The `seq` that has to come next while the room is viewed. */
  next: number | null;
  /** The newest frame with the room in it; null when this client itself read since. */
  newest: Room | null;
  /** Where a view ended because the member was out: the departure must stand there. */
  ends: number[];
  lastSeq: number;
}

/**
 * Watches one client: every frame and the acks that matter, in the order in which they came. It objects at once to a
 * hole, a repeat, a disorder, and to anything of a room that the client is not in.
 */
export class Witness {
  readonly client: ChatClient;
  readonly complaints: string[] = [];
  /** The highest `seq` that was told while viewing, by room. */
  readonly seen = new Map<string, number>();
  readonly #sights = new Map<string, Sight>();

  constructor(client: ChatClient) {
    this.client = client;
    client.socket.onAny((name: string, data: unknown) => this.#frame(name, data));
  }

  begin(roomId: string, isMember: boolean): void {
    this.#sights.set(roomId, { isMember, next: null, newest: null, ends: [], lastSeq: 0 });
  }

  sight(roomId: string): Sight {
    return this.#sights.get(roomId)!;
  }

  /** Sends an event; `onAnswer` runs in the place that the ack has among the frames. */
  ask(event: string, payload: unknown, onAnswer: (data: any) => void = () => undefined): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.client.socket.timeout(30_000).emit(event, payload, (error: Error | null, answer: Answered) => {
        if (error) return reject(new Error(`${event} of ${this.client.userId} was not answered`));
        if (answer.success) onAnswer(answer.data);
        resolve(answer);
      });
    });
  }

  viewed(roomId: string, lastSeq: number): void {
    const sight = this.sight(roomId);
    if (sight.next !== null && sight.next !== lastSeq + 1) {
      this.#complain(`joinRoom says ${lastSeq} where ${sight.next - 1} was told`);
    }
    sight.next = lastSeq + 1;
    sight.newest = null;
    this.#saw(roomId, lastSeq);
  }

  marked(roomId: string): void {
    this.sight(roomId).newest = null;
  }

  unviewed(roomId: string): void {
    this.sight(roomId).next = null;
  }

  read(roomId: string, seq: number): void {
    this.sight(roomId).newest = null;
    this.#saw(roomId, seq);
  }

  #frame(name: string, data: unknown): void {
    const [kind, roomId] = name.split('_') as [string, string | undefined];
    if (kind === 'listenMessage') this.#message(roomId!, data as Message & { eventType: string });
    else if (kind === 'readReceipts') {
      if (this.sight(roomId!).next === null) this.#complain('receipts of a room that is not viewed');
    } else if (kind === 'listenRoom' || kind === 'updateRoomLastMessage') this.#room(kind, data as Room);
    else if (kind === 'roomHeads') this.#heads(data as { heads: { roomId: string; lastSeq: number }[] });
    else this.#complain(`unexpected frame ${name}`);
  }

  /** Frames and heads travel in order: a head is exactly what was told. */
  #heads({ heads }: { heads: { roomId: string; lastSeq: number }[] }): void {
    for (const { roomId, lastSeq } of heads) {
      const { next } = this.sight(roomId);
      if (next !== null && lastSeq !== next - 1) this.#complain(`head ${lastSeq} where ${next - 1} was told`);
    }
  }

  #message(roomId: string, { seq, eventType }: Message & { eventType: string }): void {
    const sight = this.sight(roomId);
    if (sight.next === null) return this.#complain(`${eventType} of ${seq} in a room that is not viewed`);
    if (eventType !== 'CREATE') return;
    if (seq !== sight.next) this.#complain(`message ${seq} where ${sight.next} had to come`);
    sight.next = seq + 1;
    this.#saw(roomId, seq);
  }

  #room(kind: string, room: Room): void {
    const sight = this.sight(room._id);
    const isIn = room.joinUsers.some(user => user._id === this.client.userId);
    if (isIn) {
      if (room.lastSeq < sight.lastSeq)
        this.#complain(`${kind} goes back from ${sight.lastSeq} to ${room.lastSeq}`);
      Object.assign(sight, { isMember: true, newest: room, lastSeq: room.lastSeq });
      return;
    }
    if (!sight.isMember) this.#complain(`${kind} of a room that the client is not in`);
    if (sight.next !== null) sight.ends.push(sight.next);
    Object.assign(sight, { isMember: false, newest: null, next: null });
  }

  #saw(roomId: string, seq: number): void {
    this.seen.set(roomId, Math.max(this.seen.get(roomId) ?? 0, seq));
  }

  #complain(what: string): void {
    this.complaints.push(`${this.client.userId}: ${what}`);
  }
}

export interface Answered {
  success: boolean;
  error: string | null;
  message?: string;
  data: any;
}

/** What the log alone says about who is in a room: user id -> the `seq` of the joining, 0 for the first members. */
export function membersByLog(log: readonly Message[], first: readonly string[]): Map<string, number> {
  const members = new Map(first.map(id => [id, 0]));
  for (const { meta, seq } of log) {
    const { event, userIds } = (meta ?? {}) as { event?: string; userIds?: string[] };
    if (event === 'member.joined' || event === 'member.invited') {
      for (const id of userIds!) if (!members.has(id)) members.set(id, seq);
    } else if (event?.startsWith('member.')) for (const id of userIds!) members.delete(id);
  }
  return members;
}

/** `seq`s of the acts by which somebody went out. */
export const departuresOf = (log: readonly Message[], userId: string): number[] =>
  log
    .filter(({ meta }) =>
      ['member.left', 'member.kicked', 'member.banned', 'member.removed'].includes(String(meta?.['event'])),
    )
    .filter(({ meta }) => (meta!['userIds'] as string[]).includes(userId))
    .map(({ seq }) => seq);

/** Messages of others after the read position; deleted ones and own acts do not count. By walking the whole log. */
export function unreadByLog(log: readonly Message[], userId: string, readUpTo: number): number {
  const isOwn = ({ author, meta }: Message) => author.authorId === userId || meta?.['actorId'] === userId;
  return log.filter(message => message.seq > readUpTo && !message.status.deleted && !isOwn(message)).length;
}

/** 1, 2, 3 …, each id and each (author, syncKey) once. */
export function expectWholeLog(log: readonly Message[]): void {
  expect(log.map(message => message.seq)).to.deep.equal(log.map((_, i) => i + 1));
  const unique = (values: string[]) => expect(new Set(values).size).to.equal(values.length);
  unique(log.map(message => message._id));
  unique(log.map(message => `${message.author.authorId} ${message.syncKey}`));
}
