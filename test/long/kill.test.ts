import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { API_KEY } from '../helpers/engine.ts';
import type { Message, Room } from '../helpers/client.ts';
import { uncounted } from '../helpers/party.ts';
import { someone } from '../helpers/people.ts';
import { Platform } from '../helpers/platform.ts';
import { eventually, freePort, startServer } from '../helpers/processes.ts';
import { expectWholeLog, membersByLog, unreadByLog } from '../helpers/witness.ts';
import { Agent } from './agents.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 20);

/** A small generator, so that a run can be had again (as far as a kill can be repeated). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What each of these deeds writes. */
const ACTS = { inviteRoom: 'member.invited', kickOutUsers: 'member.kicked', leaveOutRoom: 'member.left' };

/** A town of people and rooms that lives on through the deaths of its server. */
class Town {
  readonly folder = mkdtempSync(join(tmpdir(), 'madang-kill-'));
  readonly random = randomFrom(SEED);
  readonly people = Array.from({ length: 8 }, (_, i) => someone(`p${i}`));
  readonly agents = this.people.map(id => new Agent(id, this.random));
  readonly first = new Map<string, string[]>();
  port = 0;
  server!: Awaited<ReturnType<typeof startServer>>;
  platform!: Platform;

  async begin(): Promise<void> {
    this.port = await freePort();
    await this.startServer();
    await this.platform.people(...this.people);
    for (let i = 0; i < 3; i++) {
      const members = [...this.people.slice(i), ...this.people.slice(0, i)].slice(0, 5);
      const room = await this.platform.room(members, {
        rules: { canInviteMemebrs: true, canLeaveOutRoom: true },
      });
      this.first.set(room._id, members);
    }
  }

  async startServer(): Promise<void> {
    this.server = await startServer(this.folder, this.port);
    this.platform = new Platform(this.server.url, API_KEY);
    await Promise.all(this.agents.map(agent => agent.connect(this.server.url)));
  }

  /** Traffic, until `count` deeds were answered; then `strike`, in the middle of it. */
  async live(count: number, strike: () => Promise<void>): Promise<void> {
    let done = 0;
    const struck: Promise<void>[] = [];
    const onDone = () => {
      if (++done === count) struck.push(strike());
    };
    await Promise.all(this.agents.map(agent => agent.work([...this.first.keys()], this.people, onDone)));
    await Promise.all(struck);
  }

  async logOf(roomId: string): Promise<Message[]> {
    const log: Message[] = [];
    for (let before = Number.MAX_SAFE_INTEGER; before > 1; before = log.at(-1)!.seq) {
      const { list } = await this.platform.do<{ list: Message[] }>(
        'GET',
        `/chat/rooms/${roomId}/messages?limit=500&before=${before}`,
      );
      log.push(...list);
    }
    return log.reverse();
  }

  async check(): Promise<void> {
    for (const agent of this.agents) await agent.catchUp();
    for (const agent of this.agents) {
      for (const [before, again] of await agent.repeat(3)) {
        // Others may have read it since, or have left.
        if (again.success)
          expect(uncounted(again.data.message)).to.deep.equal(uncounted(before.data.message));
        else expect(again.error).to.equal('ROOM_NO_EXISTS');
      }
    }
    for (const [roomId, first] of this.first) {
      const log = await this.logOf(roomId);
      expectWholeLog(log);
      this.#checkDeeds(roomId, log);
      await this.#checkMembers(roomId, log, membersByLog(log, first));
    }
  }

  #checkDeeds(roomId: string, log: readonly Message[]): void {
    const byKey = new Map(
      log.map(message => [`${message.author.authorId} ${message.syncKey}`, uncounted(message)]),
    );
    const acts = new Map<string, number>();
    for (const { userId, event, payload, answer, ...deed } of this.agents.flatMap(agent => agent.deeds)) {
      if (deed.roomId !== roomId || !answer?.success) continue;
      if (event === 'sendMessage')
        expect(byKey.get(`${userId} ${payload.syncKey}`), 'an acked message').to.deep.equal(
          uncounted(answer.data.message),
        );
      else if (event !== 'updateReadMessage')
        acts.set(`${ACTS[event]} ${userId}`, (acts.get(`${ACTS[event]} ${userId}`) ?? 0) + 1);
    }
    for (const [act, acked] of acts) {
      const stored = log.filter(
        ({ meta }) => `${String(meta?.['event'])} ${String(meta?.['actorId'])}` === act,
      ).length;
      expect(stored, `acked ${act}`).to.be.at.least(acked);
    }
  }

  async #checkMembers(roomId: string, log: Message[], members: Map<string, number>): Promise<void> {
    const { list } = await this.platform.do<{ list: Room['joinUsers'] }>(
      'GET',
      `/chat/rooms/${roomId}/members`,
    );
    expect(list.map(user => user._id).sort(), 'members by the log').to.deep.equal([...members.keys()].sort());
    const readUpTo = new Map<string, number>();
    for (const { client, userId, deeds } of this.agents) {
      const joinedAt = members.get(userId);
      const listed = (await client.rooms()).find(room => room._id === roomId);
      const asked = await client.ask<Room>('queryRoom', { roomId });
      if (joinedAt === undefined) {
        expect([listed, asked.error], `${userId} is out`).to.deep.equal([undefined, 'ROOM_NO_EXISTS']);
        continue;
      }
      const reads = deeds.flatMap(({ event, payload, answer, ...deed }) => {
        if (deed.roomId !== roomId || !answer?.success) return [];
        if (event === 'sendMessage') return [answer.data.message.seq as number];
        return event === 'updateReadMessage'
          ? [log.find(message => message._id === payload.messageId)!.seq]
          : [];
      });
      readUpTo.set(userId, Math.max(joinedAt, ...reads));
      const unread = unreadByLog(log, userId, readUpTo.get(userId)!);
      const last = log.slice(Math.max(0, joinedAt - 1)).at(-1) ?? null;
      for (const [what, room] of [
        ['listenRooms', listed],
        ['queryRoom', asked.data],
      ] as const) {
        const shown = [room?.lastSeq, room?.unReadMsgCount, room?.lastMessage];
        expect(shown, `${what} of ${userId} in ${roomId}: ${asked.error}`).to.deep.equal([
          log.length,
          unread,
          last,
        ]);
      }
    }
    await this.#checkReaders(roomId, log, readUpTo);
  }

  /** On each message, how many have not read it: everybody's place in the log tells. */
  async #checkReaders(roomId: string, log: Message[], readUpTo: Map<string, number>): Promise<void> {
    const member = this.agents.find(({ userId }) => readUpTo.has(userId));
    if (!member) return;
    const expected = log.map(({ _id, seq, author, meta }) => {
      const waiting = [...readUpTo].filter(
        ([userId, read]) => read < seq && userId !== author.authorId && userId !== meta?.['actorId'],
      );
      return [_id, waiting.length];
    });
    // Places are told once they are stored, a moment after they are reached.
    await eventually(`the readers of ${roomId}`, async () => {
      const shown: (Message & { unreadUserCount?: number })[] = await member.client.history(roomId);
      const counts = shown.map(({ _id, unreadUserCount }) => [_id, unreadUserCount]);
      return JSON.stringify(counts) === JSON.stringify(expected.slice(-counts.length));
    });
  }

  async end(): Promise<void> {
    for (const agent of this.agents) agent.close();
    await this.server?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe(`a town whose server is killed again and again (SEED=${SEED})`, function () {
  this.timeout(1_800_000);
  let town: Town;
  beforeEach(async () => {
    town = new Town();
    await town.begin();
  });
  afterEach(() => town.end());

  it(`loses no acked message and nothing derived when the whole server is killed, ${ROUNDS} times`, async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      await town.live(40 + Math.floor(town.random() * 200), () => town.server.kill());
      expect(town.server.faults, 'answers of INTERNAL_ERROR').to.deep.equal([]);
      await town.startServer();
      await town.check();
    }
  });

  it('loses nothing either when the database is killed under it, and comes back with a restart', async () => {
    for (let round = 1; round <= Math.ceil(ROUNDS / 4); round++) {
      const isUnavailable = async () => (await town.platform.call('GET', '/readyz')).status === 503;
      await town.live(40 + Math.floor(town.random() * 200), async () => {
        process.kill(town.server.databasePid(), 'SIGKILL');
        await eventually('503', isUnavailable);
        expect(await town.server.stop(), 'ends by itself').to.be.oneOf([0, 1]);
      });
      expect(town.server.faults, 'answers of INTERNAL_ERROR').to.deep.equal([]);
      await town.startServer();
      await town.check();
    }
  });
});
