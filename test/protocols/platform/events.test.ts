import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import { listEvents } from '../../../src/protocols/platform/catalogue.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { eventually } from '../../helpers/processes.ts';
import { MovingClock } from '../../helpers/receiver.ts';
import { expectRefusal } from './bodies.ts';

const pull = async (engine: Engine, after: string, limit = 500, platform = engine.platform) => {
  const page = await platform.do('GET', `/chat/events?after=${after}&limit=${limit}`);
  expect(listEvents.response.validate(page, { convert: false }).error?.message).to.equal(undefined);
  return page;
};

/** All that was told after the cursor, once the room's last message is there. */
async function until(engine: Engine, after: string, roomId: string, seq: number): Promise<any[]> {
  let list: any[] = [];
  await eventually(`message ${seq}`, async () => {
    ({ list } = await pull(engine, after));
    return list.some(({ id }) => id === `message.created:${roomId}:${seq}`);
  });
  return list;
}

describe('GET /chat/events', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());

  it('notes nothing before somebody asks, and everything from then on', async () => {
    const room = await engine.platform.room([someone()]);
    await engine.platform.write(room._id, 'before');
    await engine.app.chat.stream.flush();
    expect(await engine.database.events.countDocuments()).to.equal(0);
    expect(await pull(engine, '0')).to.deep.equal({ list: [], nextCursor: '0', hasMore: false });
    await engine.platform.write(room._id, 'after');
    const list = await until(engine, '0', room._id, 3);
    expect(list.map(({ event, data }) => [event, data.data.content.text])).to.deep.equal([
      ['message.created', 'after'],
    ]);
  });

  it('goes on from its cursor, in pages, each event once and in order', async () => {
    const { nextCursor } = await pull(engine, '0');
    const room = await engine.platform.room([someone()]);
    for (let i = 0; i < 7; i++) await engine.platform.write(room._id, `text ${i}`);
    const all = await until(engine, nextCursor, room._id, 8);
    const seen: any[] = [];
    for (let cursor = nextCursor, more = true; more;) {
      const page = await pull(engine, cursor, 2);
      seen.push(...page.list);
      expect(page.list.length).to.be.at.most(2);
      [cursor, more] = [page.nextCursor, page.hasMore];
    }
    expect(seen).to.deep.equal(all);
    expect(seen.map(({ event }) => event)).to.deep.equal([
      'room.created',
      ...Array(8).fill('message.created'),
    ]);
    expect(seen.slice(1).map(({ data }) => data.seq)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('a key that is bound to links gets their events alone, and its cursor goes on all the same', async () => {
    const sid = someone('link');
    const { platform } = await newKeyFor(engine, { links: [sid] });
    const { nextCursor } = await pull(engine, '0');
    await engine.platform.room([someone()]);
    const mine = await engine.platform.room([someone()], { link: { sid, name: '' } });
    const foreign = await engine.platform.room([someone()]);
    await until(engine, nextCursor, foreign._id, 1);
    const page = await pull(engine, nextCursor, 500, platform);
    expect(page.list.map(({ event, data }: any) => [event, data.roomId ?? data._id])).to.deep.equal([
      ['room.created', mine._id],
      ['message.created', mine._id],
    ]);
    expect((await pull(engine, page.nextCursor, 500, platform)).list).to.deep.equal([]);
  });

  it('shows nobody who was erased', async () => {
    const { nextCursor } = await pull(engine, '0');
    const [ann, bob] = [someone(), someone()];
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id: ann, nickName: '비밀이름' }] });
    const room = await engine.platform.room([bob, ann]);
    await engine.platform.write(room._id, 'x', ann);
    await until(engine, nextCursor, room._id, 2);
    const erased: string[] = [];
    engine.app.chat.events.on('user.erased', ({ userId }) => erased.push(userId));
    await engine.platform.do('DELETE', `/chat/users/${ann}`);
    await until(engine, nextCursor, room._id, 3);
    expect(JSON.stringify(await pull(engine, nextCursor))).not.to.contain('비밀이름');
    expect(erased).to.deep.equal([ann]);
  });

  it('refuses what is no cursor', async () => {
    for (const after of ['x', '-1', '1.5', '9'.repeat(16)])
      expectRefusal(await engine.platform.call('GET', `/chat/events?after=${after}`), 400, 'INVALID_PAYLOAD');
  });
});

describe('events after a crash', () => {
  it('what was stored and never noted is told by the next one, in order, and nothing twice', async () => {
    const clock = new MovingClock();
    const database = `e${process.pid}`;
    const first = await startEngine({ database, clock });
    await pull(first, '0');
    const room = await first.platform.room([someone()]);
    const gone = await first.platform.room([someone()]);
    const message = await first.platform.write(room._id, 'noted');
    await first.app.chat.stream.flush();
    // From here on this one notes nothing any more, as if each moment were its last.
    first.app.chat.stream.noticed = () => undefined;
    first.app.chat.stream.note = () => undefined;
    await first.platform.write(room._id, 'lost 1');
    const silent = await first.platform.room([someone()]);
    await first.platform.do('PATCH', `/chat/messages/${message._id}`, {
      data: { type: 'TEXT', content: { text: 'edited' } },
    });
    await first.platform.do('PATCH', `/chat/rooms/${room._id}`, { name: 'renamed' });
    await first.platform.write(room._id, 'lost 2');
    await first.platform.do('DELETE', `/chat/rooms/${gone._id}`);
    await first.close();
    clock.forward(40_000);
    const next = await startEngine({ database, clock });
    const { list } = await pull(next, '0');
    const of = (id: string) =>
      list.filter(({ data }: any) => (data.roomId ?? data._id) === id).map(({ event }: any) => event);
    expect(of(silent._id)).to.deep.equal(['room.created', 'message.created']);
    expect(of(gone._id)).to.deep.equal(['room.created', 'message.created', 'room.deleted']);
    const told = of(room._id);
    expect(told.slice(0, 3)).to.deep.equal(['room.created', 'message.created', 'message.created']);
    expect([...told.slice(3)].sort()).to.deep.equal(
      ['message.created', 'message.created', 'message.updated', 'room.updated'].sort(),
    );
    const seqs = list.filter(
      ({ event, data }: any) => event === 'message.created' && data.roomId === room._id,
    );
    expect(seqs.map(({ data }: any) => data.seq)).to.deep.equal([1, 2, 3, 4]);
    await next.app.chat.stream.compare();
    expect((await pull(next, '0')).list).to.deep.equal(list);
    await next.close();
  }).timeout(30_000);

  it('two nodes that write into one room tell it in the order of its log', async () => {
    const bus = inProcessBus();
    const database = `n${process.pid}`;
    const nodes = [await startEngine({ database, bus }), await startEngine({ database, bus })] as const;
    await pull(nodes[0], '0');
    for (const node of nodes) await node.app.chat.stream.ask();
    const room = await nodes[0].platform.room([someone()]);
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => nodes[i % 2]!.platform.write(room._id, `text ${i}`)),
    );
    const list = await until(nodes[1], '0', room._id, 61);
    const created = list.filter(({ event }) => event === 'message.created');
    expect(created.map(({ data }) => data.seq)).to.deep.equal(Array.from({ length: 61 }, (_, i) => i + 1));
    expect(list[0].event).to.equal('room.created');
    expect(new Set(list.map(({ id }) => id)).size).to.equal(list.length);
    for (const node of nodes) await node.close();
  });
});
