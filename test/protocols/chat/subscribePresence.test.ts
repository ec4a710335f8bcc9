import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import type { Bus, BusEvent } from '../../../src/domain/ports.ts';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';
import { eventually } from '../../helpers/processes.ts';

describe('subscribePresence', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
  });
  beforeEach(async () => {
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const follow = async (client: ChatClient, ...userIds: string[]) =>
    (await client.do('subscribePresence', { userIds })).list;

  it('tells how people are now, and then when they go and come', async () => {
    await roomOf([ann, bob]);
    const [first] = await follow(ann, bob.userId);
    expect(first).to.include({ userId: bob.userId, online: true });
    const before = Date.now();
    bob.close();
    const gone = await ann.frame('presence', ({ online }) => !online);
    expect(gone.userId).to.equal(bob.userId);
    expect(Date.parse(gone.lastSeenAt)).to.be.within(before, Date.now());
    await engine.connect(bob.userId, 'bob');
    await ann.frame('presence', ({ online }) => online);
  });

  it('a user with several connections goes with the last of them, whatever protocol it is', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    await bob.do('joinRoom', room._id);
    await follow(ann, bob.userId);
    bob.close();
    const { viewers } = engine.app.chat.registry.peek(room._id)!;
    await eventually('the end of the first', () => !viewers.has(bob.userId));
    await ann.settled();
    expect(ann.of('presence')).to.deep.equal([]);
    phone.close();
    expect((await ann.frame('presence')).online).to.equal(false);
  });

  it('shows when somebody who is offline was last there, in the directory too', async () => {
    await roomOf([ann, bob]);
    const connected = Date.now();
    bob.close();
    await eventually('the end', () => !engine.app.chat.presence.isOnline(bob.userId));
    const [{ online, lastSeenAt }] = await follow(ann, bob.userId);
    expect(online).to.equal(false);
    expect(Date.parse(lastSeenAt)).to.be.at.least(connected);
    await eventually('the directory', async () => {
      const user = await engine.platform.do('GET', `/chat/users/${bob.userId}`);
      return Date.parse(user.lastSeenAt) >= connected;
    });
  });

  it('tells nothing of strangers and of nobody: offline, never seen', async () => {
    const [eve] = await guests(engine, 'eve');
    const nobody = someone('nobody');
    expect(await follow(ann, eve.userId, nobody)).to.deep.equal(
      [eve.userId, nobody].map(userId => ({ userId, online: false, lastSeenAt: null })),
    );
    eve.close();
    await eventually('the end', () => !engine.app.chat.presence.isOnline(eve.userId));
    await ann.settled();
    expect(ann.of('presence')).to.deep.equal([]);
  });

  it('stops telling whoever shares no room any more', async () => {
    const room = await roomOf([ann, bob]);
    await follow(ann, bob.userId);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    bob.close();
    await eventually('the end', () => !engine.app.chat.presence.isOnline(bob.userId));
    await ann.settled();
    expect(ann.of('presence')).to.deep.equal([]);
  });

  it('a closed member list hides members from each other, not from the masters', async () => {
    const [eve] = await guests(engine, 'eve');
    await roomOf([ann, bob, eve], { rules: { canShowMemberList: false } });
    expect((await follow(bob, eve.userId, ann.userId)).map(({ online }: any) => online)).to.deep.equal([
      false,
      true,
    ]);
    expect((await follow(ann, eve.userId))[0].online).to.equal(true);
    await roomOf([eve, bob]);
    expect((await follow(bob, eve.userId))[0].online, 'another room is open').to.equal(true);
  });

  it('works for people of rooms that are not in memory', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'hello');
    await eventually('an idle room', () => engine.app.chat.registry.peek(room._id)!.idle);
    engine.app.chat.registry.forget(room._id);
    await engine.app.chat.ledger.flush();
    expect((await follow(ann, bob.userId))[0].online).to.equal(true);
    engine.app.chat.registry.forget(room._id);
    bob.close();
    expect((await ann.frame('presence')).online).to.equal(false);
  });

  it('follows 500 people at most per connection', async () => {
    const ids = Array.from({ length: 501 }, (_, i) => `${ann.userId}-${i}`);
    await engine.platform.room([ann.userId, ...ids]);
    expect(await errorOf(ann, 'subscribePresence', { userIds: ids })).to.equal('INVALID_PAYLOAD');
    await follow(ann, ...ids.slice(0, 500));
    await follow(ann, ...ids.slice(0, 500));
    expect(await errorOf(ann, 'subscribePresence', { userIds: [ids[500]] })).to.equal('INVALID_PAYLOAD');
    await ann.do('unsubscribePresence', { userIds: [ids[0]] });
    await follow(ann, ids[500]!);
  });
});

describe('presence over several nodes', () => {
  let nodes: Engine[];
  beforeEach(() => {
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) await node.close();
  });

  async function pair(buses?: [Bus, Bus]): Promise<[Engine, Engine]> {
    const database = `t${randomUUID().slice(0, 8)}`;
    const bus = inProcessBus();
    const paces = { presencePace: { beat: 100, lease: 400 } };
    for (const own of buses ?? [bus, bus]) nodes.push(await startEngine({ database, bus: own, paces }));
    return nodes as [Engine, Engine];
  }

  it('a user is online until the last connection to any node ends', async () => {
    const [one, two] = await pair();
    const ann = await one.connect(someone('ann'), 'ann');
    const [bob] = await guests(one, 'bob');
    const phone = await two.connect(bob.userId, 'bob');
    await ann.do('createNewRoom', { users: [bob.userId], name: 'r' });
    await ann.do('subscribePresence', { userIds: [bob.userId] });
    bob.close();
    await eventually('the end of one', () => one.app.chat.presence.isElsewhere(bob.userId));
    await ann.settled();
    expect(ann.of('presence')).to.deep.equal([]);
    phone.close();
    expect((await ann.frame('presence')).online).to.equal(false);
  });

  it('a node that is heard no more takes its people with it', async () => {
    const bus = inProcessBus();
    let isCut = false;
    // What the second node says is not heard from the moment its cable is cut.
    const cut: Bus = {
      publish: (event: BusEvent) => (isCut ? undefined : bus.publish(event)),
      subscribe: handler => bus.subscribe(handler),
    };
    const [one, two] = await pair([bus, cut]);
    const ann = await one.connect(someone('ann'), 'ann');
    const bob = await two.connect(someone('bob'), 'bob');
    await ann.do('createNewRoom', { users: [bob.userId], name: 'r' });
    expect((await ann.do('subscribePresence', { userIds: [bob.userId] })).list[0].online).to.equal(true);
    isCut = true;
    expect((await ann.frame('presence')).online).to.equal(false);
    isCut = false;
    expect((await ann.frame('presence', ({ online }) => online)).userId).to.equal(bob.userId);
  });

  it('a node that starts later knows who was there before', async () => {
    const [one, two] = await pair();
    const ann = await one.connect(someone('ann'), 'ann');
    expect(two.app.chat.presence.isOnline(ann.userId)).to.equal(true);
    expect(one.app.chat.presence.isElsewhere(ann.userId)).to.equal(false);
    expect(two.app.chat.presence.isElsewhere(ann.userId)).to.equal(true);
  });
});
