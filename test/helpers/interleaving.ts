import { expect } from 'chai';
import { oid } from '../../src/storage/convert.ts';
import type { Act } from './acts.ts';
import { newKey, type Message, type Room } from './client.ts';
import type { Engine } from './engine.ts';
import { uncounted } from './party.ts';
import { someone } from './people.ts';
import {
  departuresOf,
  expectWholeLog,
  membersByLog,
  unreadByLog,
  Witness,
  type Answered,
} from './witness.ts';

/** What an act may be answered when others were quicker. */
const LEGAL = new Set([
  'ROOM_NO_EXISTS',
  'YOU_ARE_NO_JOINED_ROOM',
  'YOU_HAVE_NO_AUTHORIZATION',
  'JOIN_USER_ALREADY_EXISTS',
  'WRONG_TARGET_USER_IDS',
  'MESSAGE_NO_EXISTS',
  'USER_NO_EXISTS',
]);

interface Sent {
  roomId: string;
  userId: string;
  syncKey: string;
  content: string;
  mentions: string[];
  message: Message | null;
}

/** Several people, each on two connections, in several rooms: acts in any order at once, and what must be true after. */
export class Interleaving {
  readonly #engine: Engine;
  readonly #people: string[];
  readonly #rooms: { room: Room; first: string[] }[] = [];
  readonly #witnesses: Witness[] = [];
  readonly #sent: Sent[] = [];
  #running: Promise<unknown>[] = [];
  /** Viewing and leaving a view are in order on one connection, as a client does it. */
  readonly #views = new Map<string, Promise<unknown>>();

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#people = ['ann', 'bob', 'eve', 'joe'].map(name => someone(name));
  }

  static async start(engine: Engine): Promise<Interleaving> {
    const all = new Interleaving(engine);
    const [ann, bob, eve] = all.#people as [string, string, string, string];
    await engine.platform.people(...all.#people);
    for (const [first, roomType] of [
      [[ann, bob, eve], 'GROUP'],
      [[bob, ann], 'OPEN'],
    ] as const) {
      const room = await engine.platform.room(first, {
        roomType,
        rules: { canInviteMemebrs: true, canLeaveOutRoom: true },
      });
      all.#rooms.push({ room, first: [...first] });
    }
    for (const id of [...all.#people, ann, bob]) {
      const witness = new Witness(await engine.connect(id));
      for (const { room, first } of all.#rooms) witness.begin(room._id, first.includes(id));
      all.#witnesses.push(witness);
    }
    return all;
  }

  async play(acts: readonly Act[]): Promise<void> {
    let count = 0;
    for (const act of acts) {
      this.#running.push(this.#act(act));
      if (!act.isLast) continue;
      await this.#settle();
      if (++count % 3 === 0) await this.check();
    }
    await this.#settle();
    await this.check();
  }

  close(): void {
    for (const { client } of this.#witnesses) client.close();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#running.splice(0));
  }

  async #act({ kind, who, room: at, pick }: Act): Promise<void> {
    const witness = this.#witnesses[who % this.#witnesses.length]!;
    const { room } = this.#rooms[at % this.#rooms.length]!;
    const target = this.#people[pick % this.#people.length]!;
    const roomId = room._id;
    switch (kind) {
      case 'send':
        return this.#send(witness, {
          roomId,
          userId: witness.client.userId,
          syncKey: newKey(),
          content: `${pick}`,
          mentions: this.#people.filter((_, i) => (pick >> i) % 2 === 1),
          message: null,
        });
      case 'retry':
        return this.#retry(witness.client.userId, pick);
      case 'read':
        return this.#read(witness, pick);
      case 'hide':
      case 'mark':
        return this.#ownMark(witness, kind, pick);
      case 'view':
      case 'unview':
        return this.#inOrder(witness, roomId, kind);
      case 'invite':
        return legal(await witness.ask('inviteRoom', { roomId, targetUserIds: [target] }));
      case 'kick':
        return legal(await witness.ask('kickOutUsers', { roomId, targetUserIds: [target] }));
      case 'leave':
        return legal(await witness.ask('leaveOutRoom', roomId));
      case 'forget':
        return this.#forget(roomId);
      case 'delete': {
        const known = this.#sent.filter(({ message }) => message);
        if (known.length === 0) return;
        await this.#platform('DELETE', `/chat/messages/${known[pick % known.length]!.message!._id}`);
        return;
      }
      case 'asUser':
      case 'admin': {
        const author = { authorId: kind === 'admin' ? 'ADMIN' : target };
        const data = { type: 'TEXT', content: { text: 'from the platform' } };
        await this.#platform('POST', `/chat/rooms/${roomId}/messages`, { author, data });
      }
    }
  }

  /** What a server with too many rooms does: it drops one that nobody needs at the moment. */
  async #forget(roomId: string): Promise<void> {
    const { registry, ledger } = this.#engine.app.chat;
    await ledger.flush();
    if (registry.peek(roomId)?.idle) registry.forget(roomId);
  }

  async #platform(method: string, path: string, body?: unknown): Promise<void> {
    const response = await this.#engine.platform.call(method, path, body);
    if (response.status !== 200) expect(LEGAL, `${method} ${path}`).to.include(response.body.error);
  }

  async #send(witness: Witness, sent: Sent): Promise<void> {
    if (!this.#sent.includes(sent)) this.#sent.push(sent);
    const { roomId, syncKey, content, mentions } = sent;
    const data = { type: 'TEXT', content };
    const answer = await witness.ask('sendMessage', { roomId, syncKey, data, mentions });
    legal(answer);
    if (!answer.success) return;
    const { message } = answer.data as { message: Message };
    if (sent.message) expect([message._id, message.seq]).to.deep.equal([sent.message._id, sent.message.seq]);
    sent.message = message;
  }

  /** Sends again what this person sent before, from any of their connections, answered or not. */
  async #retry(userId: string, pick: number): Promise<void> {
    const own = this.#sent.filter(sent => sent.userId === userId);
    const connections = this.#witnesses.filter(({ client }) => client.userId === userId);
    if (own.length === 0) return;
    const again = own[own.length - 1 - (pick % Math.min(5, own.length))]!;
    await this.#send(connections[pick % connections.length]!, again);
  }

  async #read(witness: Witness, pick: number): Promise<void> {
    const known = this.#sent.filter(({ message }) => message);
    if (known.length === 0) return;
    const { roomId, message } = known[pick % known.length]!;
    const payload = { roomId, messageId: message!._id };
    legal(await witness.ask('updateReadMessage', payload, () => witness.read(roomId, message!.seq)));
  }

  /** What somebody does to a message for themselves alone. */
  async #ownMark(witness: Witness, kind: 'hide' | 'mark', pick: number): Promise<void> {
    const known = this.#sent.filter(({ message }) => message);
    if (known.length === 0) return;
    const { roomId, message } = known[known.length - 1 - (pick % Math.min(12, known.length))]!;
    const messageId = message!._id;
    if (kind === 'hide') return legal(await witness.ask('hideMessage', { messageId }));
    legal(await witness.ask('markAsUnread', { roomId, messageId }, () => witness.marked(roomId)));
  }

  async #inOrder(witness: Witness, roomId: string, kind: 'view' | 'unview'): Promise<void> {
    const place = `${this.#witnesses.indexOf(witness)} ${roomId}`;
    const turn = (this.#views.get(place) ?? Promise.resolve()).then(async () => {
      if (kind === 'unview') legal(await witness.ask('leaveRoom', roomId, () => witness.unviewed(roomId)));
      else legal(await witness.ask('joinRoom', roomId, ({ lastSeq }) => witness.viewed(roomId, lastSeq)));
    });
    this.#views.set(place, turn);
    await turn;
  }

  /** Everything that has to be true whenever nothing is under way. */
  async check(): Promise<void> {
    await Promise.all(this.#witnesses.map(({ client }) => client.settled()));
    expect(this.#witnesses.flatMap(({ complaints }) => complaints)).to.deep.equal([]);
    for (const { room, first } of this.#rooms) {
      const log = await this.#engine.platform.messages(room._id);
      expectWholeLog(log);
      this.#checkAcked(room._id, log);
      await this.#checkReaders(room._id, log);
      const members = membersByLog(log, first);
      const { list } = await this.#engine.platform.do<{ list: Room['joinUsers'] }>(
        'GET',
        `/chat/rooms/${room._id}/members`,
      );
      expect(list.map(user => user._id).sort(), 'members by the log').to.deep.equal(
        [...members.keys()].sort(),
      );
      // Strangers who come into an OPEN room that everybody had left find no master.
      if (!wasEmpty(log, first))
        expect(
          list.some(user => user.master),
          'a master is left',
        ).to.equal(true);
      for (const witness of this.#witnesses) await this.#checkSight(witness, room._id, log, members);
    }
  }

  #checkAcked(roomId: string, log: readonly Message[]): void {
    for (const { message, content, userId, ...sent } of this.#sent) {
      if (sent.roomId !== roomId || !message) continue;
      const stored = log[message.seq - 1];
      expect(stored?._id, 'an acked message').to.equal(message._id);
      expect(stored!.author.authorId).to.equal(userId);
      if (!stored!.status.deleted) expect(stored!.data.content).to.deep.equal({ text: content });
    }
  }

  async #checkSight(
    witness: Witness,
    roomId: string,
    log: Message[],
    members: Map<string, number>,
  ): Promise<void> {
    const { client } = witness;
    const sight = witness.sight(roomId);
    const joinedAt = members.get(client.userId);
    const name = `${client.userId} in ${roomId}`;
    expect(sight.isMember, `${name} knows whether they are in`).to.equal(joinedAt !== undefined);
    expect(
      departuresOf(log, client.userId),
      `${name}: a view ends where the departure stands`,
    ).to.include.members(sight.ends);
    const listed = (await client.rooms()).find(room => room._id === roomId);
    if (joinedAt === undefined) return void expect(listed, `${name} is not in`).to.equal(undefined);
    const own = await this.#own(client.userId, roomId);
    const seen = log.map(message => (own.hidden.has(message._id) ? asHidden(message) : message));
    const visible = seen.slice(Math.max(0, joinedAt - 1));
    const readUpTo = own.mark ?? this.#readPosition(client.userId, roomId, log, joinedAt);
    const counting = seen.filter(({ status }) => !status.hidden);
    const wanted = [
      unreadByLog(counting, client.userId, readUpTo),
      counting.filter(({ seq, mentions }) => seq > readUpTo && mentions.includes(client.userId)).length,
      log.length,
    ];
    const countsOf = (room: Room) => [room.unReadMsgCount, room.mentionCount, room.lastSeq];
    // Frames for which the store has to be asked come a little later.
    for (let i = 0; i < 20 && sight.newest && `${countsOf(sight.newest)}` !== `${wanted}`; i++)
      await client.settled();
    const last = visible.at(-1) ?? null;
    for (const [what, shown] of [
      ['list', listed],
      ['query', await client.room(roomId)],
      ['frame', sight.newest],
    ] as const) {
      if (what === 'frame' && !shown) continue;
      expect(countsOf(shown!), `${what} of ${name}`).to.deep.equal(wanted);
      expect(shown!.lastMessage, `last message in ${what} of ${name}`).to.deep.equal(last);
    }
    if (sight.next !== null) expect(sight.next, `${name} views all`).to.equal(log.length + 1);
    expect((await client.history(roomId)).map(uncounted), `history of ${name}`).to.deep.equal(visible);
  }

  /** Private marks are in no log: what counts is what is stored of them, when nothing is under way. */
  async #own(userId: string, roomId: string): Promise<{ mark: number | null; hidden: Set<string> }> {
    const { app, database } = this.#engine;
    await app.chat.ledger.flush();
    const room = { roomId: oid(roomId), userId };
    const member = await database.memberships.findOne(room);
    const hides = await database.hides.find({ ...room, no: member!.no }).toArray();
    return {
      mark: member!.unreadFromSeq ?? null,
      hidden: new Set(hides.map(({ messageId }) => messageId.toHexString())),
    };
  }

  /** Everybody's read positions say who has read the last message; so does whoever is asked. */
  async #checkReaders(roomId: string, log: readonly Message[]): Promise<void> {
    const { app, database } = this.#engine;
    await app.chat.ledger.flush();
    const last = log.at(-1);
    const live = await app.chat.registry.get(roomId);
    if (!last || !live) return;
    const writer = last.author.authorId === 'ADMIN' ? last.meta?.['actorId'] : last.author.authorId;
    const members = await database.memberships.find({ roomId: oid(roomId) }).toArray();
    const asked = members.filter(({ userId, joinedSeq }) => userId !== writer && joinedSeq < last.seq);
    const read = asked.filter(({ lastReadSeq }) => lastReadSeq >= last.seq).length;
    const message = (await app.chat.stores.log.byId(last._id))!;
    expect(live.readers.count(message), 'readers').to.deep.equal({ read, unread: asked.length - read });
  }

  /** What somebody has read: by joining, sending, viewing and saying so, on any of their connections. */
  #readPosition(userId: string, roomId: string, log: readonly Message[], joinedAt: number): number {
    const views = this.#witnesses
      .filter(({ client }) => client.userId === userId)
      .map(({ seen }) => seen.get(roomId) ?? 0);
    const keys = new Set(this.#sent.filter(sent => sent.userId === userId).map(({ syncKey }) => syncKey));
    const own = log
      .filter(({ author, syncKey }) => author.authorId === userId && keys.has(syncKey))
      .map(({ seq }) => seq);
    return Math.max(joinedAt, ...views, ...own);
  }
}

const wasEmpty = (log: readonly Message[], first: readonly string[]): boolean =>
  log.some((_, i) => membersByLog(log.slice(0, i + 1), first).size === 0);

/** A message as whoever hid it sees it. */
const asHidden = (message: Message): Message => ({
  ...message,
  data: { type: message.data.type, content: {} },
  meta: null,
  replyTo: null,
  mentions: [],
  reactions: [],
  links: [],
  status: { deleted: message.status.deleted, hidden: true },
});

function legal(answer: Answered): void {
  if (!answer.success) expect(LEGAL, answer.message).to.include(answer.error);
}
