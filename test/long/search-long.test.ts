import { expect } from 'chai';
import { sendMessage } from '../../src/domain/messages/send.ts';
import type { Message as Stored, UserActor } from '../../src/domain/model.ts';
import { Words } from '../../scripts/bench/words.ts';
import type { ChatClient } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { searchAll, type Query } from '../helpers/searching.ts';

const MESSAGES = Number(process.env['MESSAGES'] ?? 100_000);
const ROOMS = 200;
const QUESTIONS = Number(process.env['RUNS'] ?? 400);

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');

interface Known {
  id: string;
  roomId: string;
  authorId: string;
  at: string;
  text: string;
}

describe(`search among ${MESSAGES} messages`, function () {
  this.timeout(1_800_000);
  const chatter = new Words(7);
  const known: Known[] = [];
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let rooms: string[];
  /** Bob came when this many messages were there. */
  const late = Math.floor(MESSAGES / 2);

  before(async () => {
    engine = await startEngine({ env: { MAX_USER_ROOMS: '10000' } });
    const [a, b] = [someone('ann'), someone('bob')];
    ann = await engine.connect(a, 'ann');
    bob = await engine.connect(b, 'bob');
    rooms = [];
    for (let i = 0; i < ROOMS; i++) {
      const body = {
        name: `room ${i}`,
        roomType: 'OPEN',
        joinUsers: [{ _id: a, nickName: 'ann', master: true }],
      };
      rooms.push((await engine.platform.do('POST', '/chat/room', body))._id);
    }
    await fill(engine, rooms, a, late);
    for (const roomId of rooms.slice(0, ROOMS / 2)) await bob.do('joinRoom', roomId);
    await fill(engine, rooms, a, MESSAGES - late);
  });
  after(() => engine.close());

  async function fill(on: Engine, into: readonly string[], author: string, count: number): Promise<void> {
    const actor: UserActor = { kind: 'user', userId: author, nickName: 'ann', profileUrl: null };
    const started = performance.now();
    for (let left = count; left > 0; left -= 500) {
      const batch = Array.from({ length: Math.min(500, left) }, () => {
        const roomId = into[chatter.below(into.length)]!;
        const content = { type: 'TEXT' as const, text: chatter.text() };
        return sendMessage(on.app.chat, actor, { roomId, syncKey: `k${Math.random()}`, content });
      });
      known.push(...(await Promise.all(batch)).map(toKnown));
    }
    const sent = performance.now();
    await on.app.chat.indexer.flush();
    const rate = (from: number) => Math.round(count / ((performance.now() - from) / 1000));
    process.stdout.write(
      `      ${count} sends in ${Math.round(sent - started)} ms, indexed ${Math.round(performance.now() - sent)} ms later (${rate(started)}/s)\n`,
    );
  }

  const toKnown = ({ id, roomId, author, createdAt, data }: Stored): Known => ({
    id,
    roomId,
    authorId: author.authorId,
    at: createdAt.toISOString(),
    text: plain(data.content.text!),
  });

  const expected = (mine: readonly Known[], { keyword, roomId }: Query): string[] =>
    mine
      .filter(message => (!roomId || message.roomId === roomId) && message.text.includes(plain(keyword)))
      .sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1))
      .map(({ id }) => id);

  /** Words, ends and beginnings that stand together, single letters, and what nobody wrote. */
  function aKeyword(): string {
    const { text } = known[chatter.below(known.length)]!;
    const from = chatter.below(Math.max(1, text.length - 6));
    const kinds = [
      () => chatter.word(),
      () => text.slice(from, from + 2 + chatter.below(6)),
      () => text.slice(from, from + 4),
      () => `${chatter.word()} ${chatter.word()}`,
      () => text.slice(from, from + 1),
    ];
    return kinds[chatter.below(kinds.length)]!().toWellFormed();
  }

  it('finds all that a plain comparison finds and nothing else, in one room and in all', async () => {
    const seen = new Set(rooms.slice(0, ROOMS / 2));
    const bobs = known.slice(late).filter(({ roomId }) => seen.has(roomId));
    let hits = 0;
    for (let i = 0; i < QUESTIONS / 4; i++) {
      const keyword = aKeyword();
      const roomId = rooms[chatter.below(ROOMS / 2)]!;
      for (const query of [{ keyword }, { keyword, roomId }]) {
        for (const [client, mine] of [
          [ann, known],
          [bob, bobs],
        ] as const) {
          const wanted = expected(mine, query);
          const found = (await searchAll(client, query, 10)).map(({ _id }) => _id);
          // What half of all messages have is compared as far as ten pages go.
          const all =
            wanted.length > found.length && found.length >= 300 ? wanted.slice(0, found.length) : wanted;
          expect(found, JSON.stringify(query)).to.deep.equal(all);
          hits += found.length;
        }
      }
    }
    process.stdout.write(`      ${hits} hits compared\n`);
    expect(hits).to.be.greaterThan(1_000);
  });

  it('answers a first page quickly', async () => {
    const times = { 'in one room': [] as number[], 'in all rooms': [] as number[] };
    for (let i = 0; i < QUESTIONS; i++) {
      const keyword = aKeyword();
      for (const [name, list] of Object.entries(times)) {
        const query =
          name === 'in one room' ? { keyword, roomId: rooms[chatter.below(ROOMS)]! } : { keyword };
        const started = performance.now();
        await ann.do('searchMessages', query);
        list.push(performance.now() - started);
      }
    }
    for (const [name, list] of Object.entries(times)) {
      list.sort((a, b) => a - b);
      const [p50, p99] = [list[Math.floor(list.length * 0.5)]!, list[Math.floor(list.length * 0.99)]!];
      process.stdout.write(`      ${name}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`);
      expect(p99).to.be.lessThan(1_000);
    }
    const { segments, messages } = engine.database;
    for (const collection of [messages, segments]) {
      const stats = await engine.database.connection.db!.command({ collStats: collection.collectionName });
      const per = (bytes: number) => Math.round(bytes / MESSAGES);
      process.stdout.write(
        `      ${collection.collectionName}: ${stats['count']} documents, ${per(stats['storageSize'])} + ${per(stats['totalIndexSize'])} bytes (data + indexes) per message\n`,
      );
    }
  });
});
