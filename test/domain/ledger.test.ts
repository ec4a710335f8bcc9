import { expect } from 'chai';
import fc from 'fast-check';
import { Events } from '../../src/domain/events.ts';
import type { Member, Room } from '../../src/domain/model.ts';
import { Delivery } from '../../src/domain/messages/delivery.ts';
import { Sequencer } from '../../src/domain/messages/sequencer.ts';
import type {
  MarkStore,
  MemberStore,
  ReadMove,
  RoomHead,
  RoomStore,
  Stores,
} from '../../src/domain/ports.ts';
import { Ledger } from '../../src/domain/rooms/ledger.ts';
import type { LiveRoom } from '../../src/domain/rooms/live.ts';
import { loadRooms } from '../../src/domain/rooms/load.ts';
import { RoomRegistry } from '../../src/domain/rooms/registry.ts';
import { MemoryLog, OUTAGE, Problems, QuickTime, aMember, aRoom, at, turns } from './fakes.ts';

/** Rooms and memberships in memory; a write fails when it is told to, before or after it took effect. */
class MemoryStores {
  readonly log = new MemoryLog();
  readonly roomDocs = new Map<string, Room>();
  readonly memberDocs: Member[] = [];
  faults: ('before' | 'after' | null)[] = [];
  readonly moves: { heads: RoomHead[]; reads: ReadMove[] } = { heads: [], reads: [] };
  #mark: Date | null = null;

  readonly marks: MarkStore = {
    now: async () => at(),
    read: async () => this.#mark,
    write: async (_name, when) => void (this.#mark = when),
  };

  readonly rooms = {
    byIds: async (ids: readonly string[]) => (
      await turns(1),
      ids.flatMap(id => copy(this.roomDocs.get(id)) ?? [])
    ),
    moveHeads: (heads: readonly RoomHead[]) =>
      this.#write(() => {
        for (const { roomId, at: updatedAt, ...head } of heads) {
          const room = this.roomDocs.get(roomId)!;
          if (room.lastSeq <= head.lastSeq) Object.assign(room, head, { updatedAt });
          this.moves.heads.push({ roomId, at: updatedAt, ...head });
        }
      }),
  } as unknown as RoomStore;

  readonly members = {
    ofRooms: async (ids: readonly string[]) =>
      this.memberDocs.filter(({ roomId }) => ids.includes(roomId)).map(copyMember),
    moveReads: (moves: readonly ReadMove[]) =>
      this.#write(() => {
        for (const move of moves) {
          this.moves.reads.push(move);
          for (const member of this.memberDocs) {
            const isMeant = member.roomId === move.roomId && move.userIds.includes(member.userId);
            if (isMeant && member.lastReadSeq < move.seq) member.lastReadSeq = move.seq;
          }
        }
      }),
  } as unknown as MemberStore;

  get stores(): Stores {
    const { log, rooms, members, marks } = this;
    return { log, rooms, members, marks } as unknown as Stores;
  }

  async #write(work: () => void): Promise<void> {
    const fault = this.faults.shift() ?? null;
    await turns(1);
    if (fault === 'before') throw OUTAGE;
    work();
    if (fault === 'after') throw OUTAGE;
  }
}

const copy = (room: Room | undefined): Room | undefined => room && { ...room, rules: { ...room.rules } };
const copyMember = (member: Member): Member => ({ ...member });

/** What one process keeps in memory above these stores; a crash is a new one. */
class Process {
  readonly problems = new Problems();
  readonly events = new Events(this.problems);
  readonly ledger: Ledger;
  readonly registry: RoomRegistry;
  readonly sequencer: Sequencer;
  readonly delivery: Delivery;
  readonly told: ReadMove[] = [];

  constructor(memory: MemoryStores, time: QuickTime) {
    const { stores } = memory;
    const common = { stores, events: this.events, clock: time, reporter: this.problems };
    this.ledger = new Ledger({ ...common, interval: 60_000 });
    this.registry = new RoomRegistry(ids => loadRooms(stores, time, ids));
    const onDirty = (live: LiveRoom) => this.ledger.headMoved(live);
    const { log, members } = memory;
    this.delivery = new Delivery({
      log,
      members,
      events: this.events,
      reporter: this.problems,
      onDirty,
      onDoubt: live => (live.headKnown = false),
    });
    const publish = (live: LiveRoom, messages: Parameters<Delivery['accept']>[1]['messages']) =>
      this.delivery.accept(live, { messages, joined: [] });
    this.sequencer = new Sequencer({ log, clock: time, reporter: this.problems, publish });
    this.events.on('reads.stored', ({ move }) => this.told.push(move));
  }

  send(live: LiveRoom, authorId: string, syncKey: string) {
    return this.sequencer.submit(live, {
      author: { authorId, nickName: authorId, profileUrl: null },
      syncKey,
      syncHash: '',
      data: { type: 'TEXT', content: { text: syncKey } },
      meta: null,
      uncountedFor: null,
      act: null,
      replyTo: null,
      mentions: [],
      links: [],
    });
  }
}

const PEOPLE = ['ann', 'bob', 'eve'];

function setUp(roomCount = 3) {
  const memory = new MemoryStores();
  for (let i = 0; i < roomCount; i++) {
    const room = aRoom();
    memory.roomDocs.set(room.id, room);
    memory.memberDocs.push(...PEOPLE.map(id => aMember(room.id, id)));
  }
  const time = new QuickTime();
  return { memory, time, ids: [...memory.roomDocs.keys()], start: () => new Process(memory, time) };
}

const step = fc.oneof(
  fc.record({ do: fc.constant('send' as const), room: fc.nat({ max: 2 }), who: fc.constantFrom(...PEOPLE) }),
  fc.record({
    do: fc.constant('read' as const),
    room: fc.nat({ max: 2 }),
    who: fc.constantFrom(...PEOPLE),
    part: fc.nat({ max: 4 }),
  }),
  fc.constant({ do: 'flush' as const }),
  fc.constant({ do: 'crash' as const }),
);
const faults = fc.array(fc.constantFrom(null, 'before' as const, 'after' as const), { maxLength: 20 });

describe('the ledger', () => {
  it('loses nothing to failing writes and crashes: heads and read positions end where they were left', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), faults, async (steps, given) => {
      const { memory, ids, start } = setUp();
      memory.faults = [...given];
      let node = start();
      let key = 0;
      /** Read positions that the ledger was asked to store and said it had. */
      const promised = new Map<string, number>();
      const settle = async () => {
        while (memory.faults.length > 0)
          await node.ledger
            .flush()
            .catch(() => undefined)
            .then(() => memory.faults.shift());
        await node.ledger.flush();
      };
      for (const step of steps) {
        if (step.do === 'crash') {
          node.ledger.stop();
          node = start();
          await node.ledger
            .heal(node.registry, live => node.sequencer.ensureHead(live))
            .catch(() => undefined);
        } else if (step.do === 'flush') await node.ledger.flush().catch(() => undefined);
        else {
          const live = (await node.registry.get(ids[step.room]!))!;
          await node.sequencer.ensureHead(live);
          if (step.do === 'send') await node.send(live, step.who, String(++key));
          else {
            const member = live.members.get(step.who)!;
            const seq = Math.floor((live.room.lastSeq * step.part) / 4);
            if (live.read(member, seq, null, at())) node.ledger.readsMoved(live);
          }
        }
        for (const { roomId, userIds, seq } of node.told.splice(0)) {
          for (const userId of userIds) promised.set(`${roomId} ${userId}`, seq);
        }
      }
      await node.ledger.heal(node.registry, live => node.sequencer.ensureHead(live)).catch(() => undefined);
      await settle();
      for (const id of ids) {
        const log = memory.log.of(id);
        const live = await node.registry.get(id);
        expect(memory.roomDocs.get(id)!.lastSeq, 'the stored head').to.equal(log.length);
        expect(memory.roomDocs.get(id)!.lastMessage?.id).to.equal(log.at(-1)?.id);
        for (const { userId, lastReadSeq } of memory.memberDocs.filter(({ roomId }) => roomId === id)) {
          expect(lastReadSeq, 'stored as in memory').to.equal(live!.members.get(userId)!.lastReadSeq);
          const own = log.findLast(({ author }) => author.authorId === userId)?.seq ?? 0;
          expect(lastReadSeq, 'own messages are read').to.be.at.least(
            Math.max(own, promised.get(`${id} ${userId}`) ?? 0),
          );
        }
      }
      node.ledger.stop();
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('moves heads and read positions only forward', async () => {
    const { memory, ids, start } = setUp(1);
    const node = start();
    const live = (await node.registry.get(ids[0]!))!;
    for (let i = 0; i < 5; i++) {
      await node.send(live, 'ann', String(i));
      node.ledger.flushSoon();
    }
    await node.ledger.flush();
    const heads = memory.moves.heads.map(head => head.lastSeq);
    expect(heads).to.deep.equal([...heads].sort((a, b) => a - b));
    expect(heads.at(-1)).to.equal(5);
    node.ledger.stop();
  });

  it('tells a read position only once it is stored', async () => {
    const { memory, ids, start } = setUp(1);
    const node = start();
    const live = (await node.registry.get(ids[0]!))!;
    await node.send(live, 'ann', '1');
    await node.ledger.flush();
    node.told.length = 0;
    live.read(live.members.get('bob')!, 1, 'a message', at());
    node.ledger.readsMoved(live);
    memory.faults = ['before'];
    expect(
      await node.ledger.flush().then(
        () => 'stored',
        () => 'failed',
      ),
    ).to.equal('failed');
    expect(node.told).to.deep.equal([]);
    await node.ledger.flush();
    expect(node.told.map(({ userIds, seq }) => [userIds, seq])).to.deep.equal([[['bob'], 1]]);
    node.ledger.stop();
  });

  it('writes one move for all viewers who are at the same place', async () => {
    const { memory, ids, start } = setUp(1);
    const node = start();
    const live = (await node.registry.get(ids[0]!))!;
    for (const id of PEOPLE) live.view(id, `connection of ${id}`);
    await node.send(live, 'ann', '1');
    await node.ledger.flush();
    expect(memory.moves.reads.map(({ userIds, seq }) => [[...userIds].sort(), seq])).to.deep.equal([
      [PEOPLE, 1],
    ]);
    node.ledger.stop();
  });

  it('keeps a room in memory until what it writes of it is stored', async () => {
    const { ids, start } = setUp(1);
    const node = start();
    const live = (await node.registry.get(ids[0]!))!;
    await node.send(live, 'ann', '1');
    const flushed = node.ledger.flush();
    expect(live.idle, 'while the write is under way').to.equal(false);
    await flushed;
    expect(live.idle).to.equal(true);
    node.ledger.stop();
  });

  it('leaves out of unread counts after a restart what it left out before: own acts and messages in own name', async () => {
    const { ids, start, memory } = setUp(1);
    const node = start();
    const live = (await node.registry.get(ids[0]!))!;
    const uncounted = {
      author: { authorId: 'bob', nickName: '', profileUrl: null },
      uncountedFor: 'bob',
      act: null,
    };
    const rest = {
      syncKey: 'k',
      syncHash: '',
      data: { type: 'TEXT' as const, content: { text: 'x' } },
      meta: null,
    };
    await node.sequencer.submit(live, { ...uncounted, ...rest, replyTo: null, mentions: [], links: [] });
    await node.send(live, 'ann', '1');
    await node.ledger.flush();
    const unread = (room: LiveRoom) => PEOPLE.map(id => room.unreadOf(room.members.get(id)!));
    expect(unread(live)).to.deep.equal([0, 1, 2]);
    node.ledger.stop();
    const again = start();
    expect(memory.roomDocs.get(ids[0]!)!.lastSeq).to.equal(2);
    expect(unread((await again.registry.get(ids[0]!))!)).to.deep.equal([0, 1, 2]);
  });
});
