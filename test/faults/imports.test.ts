import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ObjectStore, Stores } from '../../src/domain/ports.ts';
import { objectOf } from '../../src/domain/imports/importer.ts';
import { inProcessBus } from '../../src/services/bus.ts';
import type { Message } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { sharedDisk } from '../helpers/files.ts';
import {
  aMessageLine,
  aTalk,
  jsonl,
  reportOf,
  roomIdOf,
  runImport,
  startImport,
  type Line,
  type Report,
} from '../helpers/imports.ts';
import { someone } from '../helpers/people.ts';
import { eventually } from '../helpers/processes.ts';

type Hook = (name: string, call: () => Promise<unknown>) => Promise<unknown>;

/** The same object, each call of which goes through the hook. */
const hooked = <T extends object>(real: T, hook: Hook): T =>
  new Proxy(real, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const call = () => value.apply(target, args) as Promise<unknown>;
        return typeof name === 'string' && name !== 'list' ? hook(name, call) : call();
      };
    },
  });

const hookedStores =
  (hook: Hook) =>
  (real: Stores): Stores => ({
    ...real,
    imports: hooked(real.imports, hook),
    importRooms: hooked(real.importRooms, hook),
  });

/** Runs something at the n-th insert of messages. */
const atAppend = (nth: number, work: () => void | Promise<void>): Hook => {
  let count = 0;
  return async (name, call) => {
    if (name === 'append' && ++count === nth) await work();
    return call();
  };
};

/** A talk of several pages with answers over their bounds, deletions and a second room. */
function aLongTalk(count = 3_500): { lines: Line[]; ann: string; bob: string; count: number } {
  const [ann, bob] = [someone('ann'), someone('bob')];
  const [room, ...messages] = aTalk([ann, bob], count);
  messages.forEach((line, i) => {
    if (i % 97 === 0 && i > 0) line['replyTo'] = `m-${Math.max(1, i - 50)}`;
    if (i % 501 === 500) line['deleted'] = true;
  });
  return { lines: [room, ...messages, ...aTalk([bob], 5)], ann, bob, count };
}

async function wholeLog(engine: Engine, roomId: string): Promise<Message[]> {
  const all: Message[] = [];
  for (let before = 1e9; before > 1; before = all.at(-1)!.seq) {
    const path = `/chat/rooms/${roomId}/messages?limit=500&before=${before}`;
    const { list } = await engine.platform.do<{ list: Message[] }>('GET', path);
    if (list.length === 0) break;
    all.push(...list);
  }
  return all.reverse();
}

/** Everything is there, once, in order, seen by its members; and nothing is left behind. */
async function expectWhole(engine: Engine, { ann, bob, count }: ReturnType<typeof aLongTalk>): Promise<void> {
  const roomId = await roomIdOf(engine, ann);
  const log = await wholeLog(engine, roomId);
  expect(log.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: count }, (_, i) => i + 1));
  expect(log.map(({ syncKey }) => syncKey)).to.deep.equal(log.map((_, i) => `m-${i + 1}`));
  log.forEach(({ replyTo }, i) => {
    const target = i % 97 === 0 && i > 0 ? log[Math.max(1, i - 50) - 1]!._id : undefined;
    expect(replyTo?._id, `answer of ${i + 1}`).to.equal(target);
  });
  const client = await engine.connect(ann);
  const room = await client.room(roomId);
  expect([room.lastSeq, room.unReadMsgCount, room.rules.isFreezed]).to.deep.equal([count, 0, false]);
  expect(room.lastMessage!._id).to.equal(log.at(-1)!._id);
  client.close();
  const { rooms, memberships } = engine.database;
  expect(await rooms.countDocuments({ $or: [{ making: true }, { importing: { $exists: true } }] })).to.equal(
    0,
  );
  expect(await memberships.countDocuments({ userId: bob })).to.equal(2);
  expect(await memberships.countDocuments({ roomId: { $nin: await rooms.distinct('_id') } })).to.equal(0);
}

const expectCounts = (report: Report, { lines }: { lines: Line[] }) =>
  expect([report.state, report.counts]).to.deep.equal([
    'done',
    { users: 0, rooms: 2, messages: lines.length - 2, skipped: 0, errors: 0 },
  ]);

describe('imports when something breaks', () => {
  const engines: Engine[] = [];
  const start = async (...options: Parameters<typeof startEngine>) => {
    const engine = await startEngine(...options);
    engines.push(engine);
    return engine;
  };
  let release = () => {};
  afterEach(async () => {
    release();
    await Promise.all(engines.splice(0).map(engine => engine.close()));
  });

  it('a server that is closed in the middle gives the import back, and the next one goes on: everything once', async () => {
    const database = `t${randomUUID().slice(0, 8)}`;
    const talk = aLongTalk();
    const closing: Promise<void>[] = [];
    const stores = hookedStores(atAppend(2, () => void closing.push(first.close())));
    const first = await startEngine({ database, stores });
    const { body } = await startImport(first.platform, jsonl(talk.lines));
    await eventually('the end of the first server', () => closing.length > 0);
    await closing[0];
    const second = await start({ database });
    const job = await second.app.chat.stores.imports.byId(body.importId as string);
    expect(job!.line, 'it was in the middle').to.be.within(1, talk.lines.length - 1);
    expectCounts(await reportOf(second.platform, body.importId as string), talk);
    await expectWhole(second, talk);
    const left: string[] = [];
    for await (const { key } of second.app.chat.files.objects.list('imports/')) left.push(key);
    expect(left).not.to.include(objectOf(body.importId as string));
  });

  it('of two nodes one works, and members on both are told', async () => {
    const [database, bus] = [`t${randomUUID().slice(0, 8)}`, inProcessBus()];
    const appends = [0, 0];
    const count =
      (i: number): Hook =>
      (name, call) => {
        if (name === 'append') appends[i]!++;
        return call();
      };
    const one = await start({ database, bus, stores: hookedStores(count(0)) });
    const two = await start({ database, bus, stores: hookedStores(count(1)) });
    const talk = aLongTalk();
    const clients = await Promise.all([one.connect(talk.bob), two.connect(talk.bob)]);
    expectCounts(
      await runImport(one.platform, talk.lines.map(line => JSON.stringify(line)).join('\n')),
      talk,
    );
    for (const client of clients) {
      await client.frame('listenRoom', () => client.of('listenRoom').length === 2);
      await client.settled();
      expect(client.frames.map(({ name }) => name)).to.deep.equal(['listenRoom', 'listenRoom']);
    }
    expect(appends.filter(number => number > 0)).to.have.length(1);
    await expectWhole(two, talk);
  });

  it('whatever breaks, before or after it has done its work, and whoever takes over: everything once, without a hole', async function () {
    this.timeout(180_000);
    const steps = [
      'make',
      'append',
      'last',
      'raise',
      'open',
      'readAll',
      'unmark',
      'save',
      'finish',
      'renew',
      'marked',
      'byIds',
      'read',
    ];
    const fault = fc.record({
      step: fc.constantFrom(...steps),
      skip: fc.integer({ min: 0, max: 3 }),
      when: fc.constantFrom('before', 'after'),
      silent: fc.boolean(),
    });
    let waiting: { step: string; skip: number; when: string; silent: boolean }[] = [];
    const time = { ahead: 0 };
    const breaks: Hook = async (name, call) => {
      const next = waiting[0];
      if (next?.step !== name || next.skip-- > 0) return call();
      waiting.shift();
      // The lease runs out while this node still works.
      if (next.silent) time.ahead += 60_000;
      else {
        if (next.when === 'after') await call();
        throw new Error(`${name} broke`);
      }
      return call();
    };
    const [database, bus] = [`t${randomUUID().slice(0, 8)}`, inProcessBus()];
    const options = {
      database,
      bus,
      clock: { now: () => Date.now() + time.ahead },
      stores: hookedStores(breaks),
      objects: hooked<ObjectStore>(sharedDisk(), breaks),
    };
    const nodes = [await start(options), await start(options)];
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 5 }), async faults => {
        const talk = aLongTalk(2_300);
        waiting = [];
        const { body } = await startImport(nodes[0]!.platform, jsonl(talk.lines));
        waiting = structuredClone(faults);
        const stuck = Date.now() + 3_000;
        await eventually('the end of an import', async () => {
          if (Date.now() > stuck) waiting = [];
          time.ahead += 61_000;
          for (const { app } of nodes) app.chat.imports.look();
          const job = await nodes[0]!.database.imports.findOne(
            { finishedAt: { $ne: null }, size: { $gt: 0 } },
            { sort: { _id: -1 } },
          );
          return job?._id.toHexString() === body.importId;
        });
        const { state, counts } = await reportOf(nodes[1]!.platform, body.importId as string);
        // Of two who worked at the same moment, each counts what it found; what is there is there once.
        expect([state, counts.errors]).to.deep.equal(['done', 0]);
        await expectWhole(nodes[1]!, talk);
      }),
      { numRuns: 6 },
    );
  });

  it('a file that is lost fails the import; its rooms stay hidden, and the same file again goes on with them', async () => {
    const database = `t${randomUUID().slice(0, 8)}`;
    const talk = aLongTalk();
    const closing: Promise<void>[] = [];
    const stores = hookedStores(atAppend(2, () => void closing.push(first.close())));
    const first = await startEngine({ database, stores });
    const { body } = await startImport(first.platform, jsonl(talk.lines));
    await eventually('the end of the first server', () => closing.length > 0);
    await closing[0];
    await sharedDisk().remove([objectOf(body.importId as string)]);
    const second = await start({ database });
    expect(await reportOf(second.platform, body.importId as string)).to.include({
      state: 'failed',
      failure: 'NOT_FOUND',
    });
    expect((await second.platform.do('GET', '/chat/rooms')).list).to.deep.equal([]);
    const again = await runImport(second.platform, jsonl(talk.lines));
    expect(again.counts).to.deep.include({ rooms: 2, errors: 0 });
    expect(again.counts.messages + again.counts.skipped).to.equal(talk.lines.length - 2);
    expect(again.counts.skipped).to.be.above(0);
    await expectWhole(second, talk);
  });

  it('a body whose node died is given up', async () => {
    const engine = await start();
    const { chat } = engine.app;
    const { body } = await startImport(engine.platform, '{}');
    const done = await chat.stores.imports.byId(body.importId as string);
    const job = { ...done!, id: '0123456789abcdef01234567', state: 'receiving' as const, finishedAt: null };
    await chat.stores.imports.begin(job, 'a dead node', new Date(Date.now() - 1));
    chat.imports.look();
    expect(await reportOf(engine.platform, job.id)).to.include({
      state: 'failed',
      failure: 'TEMPORARILY_UNAVAILABLE',
    });
  });

  it('while messages come into a room that was there nobody writes in it or thaws it; leaving makes no hole', async () => {
    const gate = new Promise<void>(resolve => (release = resolve));
    const engine = await start({ stores: hookedStores(atAppend(2, () => gate)) });
    const [ann, bob] = [await engine.connect(someone('ann')), await engine.connect(someone('bob'))];
    const [room] = aTalk([ann.userId, bob.userId], 0, { rules: { canLeaveOutRoom: true } });
    await runImport(engine.platform, [room]);
    const roomId = await roomIdOf(engine, ann.userId);
    const messages = Array.from({ length: 1_500 }, (_, i) => aMessageLine(room.importKey, ann.userId, i + 1));
    const { body } = await startImport(engine.platform, jsonl([room, ...messages]));
    const { importId } = body as { importId: string };
    await ann.frame('listenRoom', ({ freezingReasonCode }) => freezingReasonCode === 'IMPORTING');
    await eventually(
      'the first page',
      async () => (await engine.platform.do('GET', `/chat/imports/${importId}`)).line > 0,
    );
    const sent = await ann.ask('sendMessage', { syncKey: 'k', roomId, data: { type: 'TEXT', content: 'x' } });
    expect(sent.error).to.equal('ROOM_IS_FREEZED');
    const thawed = await engine.platform.call('PATCH', `/chat/rooms/${roomId}`, {
      rules: { isFreezed: false },
    });
    expect(thawed.body.error).to.equal('ROOM_IS_FREEZED');
    const other = await startImport(engine.platform, jsonl([room]));
    expect((await ann.room(roomId)).lastSeq, 'it looks empty').to.equal(0);
    await bob.do('leaveOutRoom', roomId);
    release();
    expect((await reportOf(engine.platform, importId)).counts).to.deep.include({
      messages: 1_500,
      errors: 0,
    });
    expect((await reportOf(engine.platform, other.body.importId as string)).errors[0]).to.include({
      code: 'ROOM_ALREADY_EXISTS',
    });
    const log = await wholeLog(engine, roomId);
    expect(log.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 1_501 }, (_, i) => i + 1));
    expect(
      log.filter(({ author }) => author.authorId !== 'ADMIN').map(({ syncKey }) => syncKey),
    ).to.deep.equal(messages.map((_, i) => `m-${i + 1}`));
    const after = await ann.room(roomId);
    expect([after.lastSeq, after.unReadMsgCount, after.rules.isFreezed, after.joinUserCount]).to.deep.equal([
      1_501,
      0,
      false,
      1,
    ]);
    expect((await ann.send(roomId, '새 글')).seq).to.equal(1_502);
  });
});
