import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { startEngine, type Engine, type EngineOptions } from '../helpers/engine.ts';
import { FakeFcm } from '../helpers/fcm.ts';
import { someone } from '../helpers/people.ts';
import { device, pushed } from '../helpers/push.ts';
import { eventually } from '../helpers/processes.ts';
import { inProcessBus } from '../../src/services/bus.ts';

describe('pushes and several nodes', () => {
  let fcm: FakeFcm;
  let nodes: Engine[];
  before(async () => {
    fcm = await FakeFcm.start();
  });
  beforeEach(() => {
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
  });
  after(() => fcm.close());

  async function start(options: EngineOptions): Promise<Engine> {
    const node = await startEngine({ push: fcm.sender(), ...options });
    nodes.push(node);
    return node;
  }
  const pair = async () => {
    const shared = { bus: inProcessBus(), database: `t${randomUUID().slice(0, 8)}` };
    return [await start(shared), await start(shared)] as const;
  };

  it('one node pushes a message, whoever is connected where', async () => {
    const [one, two] = await pair();
    const [ann, bob] = [await one.connect(someone('ann'), 'ann'), await two.connect(someone('bob'), 'bob')];
    const token = await device(bob);
    const room = await ann.do('createNewRoom', { users: [bob.userId], name: 'r' });
    await two.app.chat.registry.get(room._id);
    const message = await ann.send(room._id, 'hello');
    await fcm.push(token);
    await pushed(one, two);
    expect(fcm.of(token).map(({ data }) => data.messageId)).to.deep.equal([message._id]);
  });

  it('whoever views the room on another node gets none, whoever does not gets theirs', async () => {
    const [one, two] = await pair();
    const ann = await one.connect(someone('ann'), 'ann');
    const [bob, eve] = [await two.connect(someone('bob'), 'bob'), await two.connect(someone('eve'), 'eve')];
    const [viewer, other] = [await device(bob), await device(eve)];
    const room = await ann.do('createNewRoom', { users: [bob.userId, eve.userId], name: 'r' });
    await bob.do('joinRoom', room._id);
    for (let i = 0; i < 5; i++) await ann.send(room._id, `message ${i}`);
    await fcm.push(other, ({ notification }) => notification?.body === 'ann: message 4');
    await pushed(one, two);
    expect(fcm.of(viewer)).to.deep.equal([]);
  });

  it('read on another node, it is taken away once', async () => {
    const [one, two] = await pair();
    const ann = await one.connect(someone('ann'), 'ann');
    const bob = await two.connect(someone('bob'), 'bob');
    const token = await device(bob);
    const room = await ann.do('createNewRoom', { users: [bob.userId], name: 'r' });
    const message = await ann.send(room._id, 'hello');
    await fcm.push(token);
    await pushed(one, two);
    await bob.do('joinRoom', room._id);
    await fcm.retraction(token, message._id);
    await pushed(one, two);
    expect(fcm.of(token, 'RETRACT')).to.have.length(1);
  });

  it('what a crash left is pushed by the next start, what was pushed is not pushed again', async () => {
    const database = `t${randomUUID().slice(0, 8)}`;
    const before = await start({ database });
    const [ann, bob] = [
      await before.connect(someone('ann'), 'ann'),
      await before.connect(someone('bob'), 'bob'),
    ];
    const token = await device(bob);
    const done = await ann.do('createNewRoom', { users: [bob.userId], name: 'done' });
    const left = await ann.do('createNewRoom', { users: [bob.userId], name: 'left' });
    const told = await ann.send(done._id, 'told');
    const untold = await ann.send(left._id, 'untold');
    await fcm.until('both pushes', () => fcm.of(token).length === 2);
    await pushed(before);
    const pushedSeq = async (roomId: string) =>
      (await before.app.chat.stores.push.pushedSeqs([roomId])).get(roomId);
    await eventually('the mark of both rooms', async () => {
      const marks = [await pushedSeq(done._id), await pushedSeq(left._id)];
      return marks[0] === told.seq && marks[1] === untold.seq;
    });
    nodes.splice(nodes.indexOf(before), 1);
    await before.close();
    fcm.taken.length = 0;
    const after = await start({ database });
    // As if the node had died between storing and pushing it.
    await after.database.rooms.updateOne({ name: 'left' }, { $set: { pushedSeq: 0 } });
    await after.app.chat.push.recover();
    await fcm.push(token, ({ data }) => data.messageId === untold._id);
    await pushed(after);
    expect(fcm.of(token).map(({ data }) => data.messageId)).to.deep.equal([untold._id]);
  });

  it('what was too old at the start is no news', async () => {
    const database = `t${randomUUID().slice(0, 8)}`;
    const node = await start({ database });
    const [ann, bob] = [await node.connect(someone('ann'), 'ann'), await node.connect(someone('bob'), 'bob')];
    const token = await device(bob);
    const room = await ann.do('createNewRoom', { users: [bob.userId], name: 'r' });
    await ann.send(room._id, 'old');
    await fcm.push(token);
    await pushed(node);
    fcm.taken.length = 0;
    const later = await start({ database, clock: { now: () => Date.now() + 3_600_000 } });
    await later.database.rooms.updateMany({}, { $set: { pushedSeq: 0 } });
    await later.app.chat.push.recover();
    await pushed(later);
    expect(fcm.of(token)).to.deep.equal([]);
  });
});
