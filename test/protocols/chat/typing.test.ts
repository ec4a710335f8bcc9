import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('typing', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
  });
  beforeEach(async () => {
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });

  const type = (client: ChatClient, { _id: roomId }: Room, isTyping = true) =>
    client.do('typing', { roomId, isTyping });
  const told = (client: ChatClient, { _id }: Room) => client.of(`typing_${_id}`).map(frame => frame.isTyping);

  /** A room in which these are, and which they view. */
  async function viewed(
    clients: [ChatClient, ...ChatClient[]],
    more: object = { rules: { showTyping: true } },
  ) {
    const room = await roomOf(clients, more as Record<string, unknown>);
    for (const client of clients) await client.do('joinRoom', room._id);
    await calm(...clients);
    return room;
  }

  it('is told to the other viewers, not to oneself nor to who does not view the room', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await viewed([ann, bob, eve]);
    await eve.do('leaveRoom', room._id);
    expect(await type(ann, room)).to.deep.equal({ result: true });
    expect(await bob.frame(`typing_${room._id}`)).to.deep.equal({
      userId: ann.userId,
      nickName: 'ann',
      isTyping: true,
    });
    await type(ann, room, false);
    await bob.frame(`typing_${room._id}`, ({ isTyping }) => !isTyping);
    await Promise.all([ann, eve].map(client => client.settled()));
    expect([...told(ann, room), ...told(eve, room)]).to.deep.equal([]);
  });

  it('is told once, however often it is said', async () => {
    const room = await viewed([ann, bob]);
    for (let i = 0; i < 5; i++) await type(ann, room);
    await bob.settled();
    expect(told(bob, room)).to.deep.equal([true]);
  });

  it('ends with the message, before anybody could wonder', async () => {
    const room = await viewed([ann, bob]);
    await type(ann, room);
    await ann.send(room._id, 'done');
    await bob.frame(`listenMessage_${room._id}`);
    await bob.settled();
    expect(told(bob, room)).to.deep.equal([true, false]);
  });

  it('ends when the view ends, the connection, or the membership', async () => {
    const room = await viewed([bob, ann]);
    const ends = async (end: () => unknown) => {
      bob.forget();
      await type(ann, room);
      await bob.frame(`typing_${room._id}`, ({ isTyping }) => isTyping);
      await end();
      await bob.frame(`typing_${room._id}`, ({ isTyping }) => !isTyping);
    };
    await ends(() => ann.do('leaveRoom', room._id));
    await ann.do('joinRoom', room._id);
    await ends(() => bob.do('kickOutUsers', { roomId: room._id, targetUserIds: [ann.userId] }));
    await bob.do('inviteRoom', { roomId: room._id, targetUserIds: [ann.userId] });
    await ends(() => ann.close());
  });

  it('ends by itself after six seconds', async function () {
    this.timeout(10_000);
    const room = await viewed([ann, bob]);
    const started = Date.now();
    await type(ann, room);
    await bob.frame(`typing_${room._id}`, ({ isTyping }) => !isTyping);
    expect(Date.now() - started).to.be.within(5_900, 8_000);
  });

  it('is shown in DIRECT rooms by itself, in others by rule', async () => {
    const direct = await viewed([ann, bob], { roomType: 'DIRECT' });
    await type(ann, direct);
    await bob.frame(`typing_${direct._id}`);
    const group = await viewed([ann, bob], {});
    const refused = { roomId: group._id, isTyping: true };
    expect(await errorOf(ann, 'typing', refused)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    await ann.do('updateRoomSetting', { roomId: group._id, updateData: { rules: { showTyping: true } } });
    await type(ann, group);
    await bob.frame(`typing_${group._id}`);
  });

  it('is refused above 100 members, in a frozen room, to a muted member and to strangers', async () => {
    const people = Array.from({ length: 100 }, (_, i) => `${ann.userId}-${i}`);
    const large = await engine.platform.room([ann.userId, ...people], { rules: { showTyping: true } });
    const room = await viewed([ann, bob]);
    const [eve] = await guests(engine, 'eve');
    const refusal = (client: ChatClient, { _id: roomId }: Room, isTyping = true) =>
      errorOf(client, 'typing', { roomId, isTyping });
    expect(await refusal(ann, large)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await refusal(eve, room)).to.equal('ROOM_NO_EXISTS');
    engine.app.chat.registry.peek(room._id)!.members.get(bob.userId)!.mutedUntil = new Date(
      Date.now() + 60_000,
    );
    expect(await refusal(bob, room)).to.equal('YOU_ARE_MUTED');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await refusal(ann, room)).to.equal('ROOM_IS_FREEZED');
    expect(await refusal(ann, room, false), 'nobody is kept from stopping').to.equal(null);
  });

  it('a closed member list hides who types from members, not from masters', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await viewed([ann, bob, eve], { rules: { showTyping: true, canShowMemberList: false } });
    await type(bob, room);
    await ann.frame(`typing_${room._id}`);
    await eve.settled();
    expect(told(eve, room)).to.deep.equal([]);
    await type(ann, room);
    await eve.frame(`typing_${room._id}`, ({ userId }) => userId === ann.userId);
  });

  it('is told on other nodes too', async () => {
    const shared = { bus: inProcessBus(), database: `t${randomUUID().slice(0, 8)}` };
    const nodes = [await startEngine(shared), await startEngine(shared)] as const;
    try {
      const [one, two] = [await nodes[0].connect(someone(), 'one'), await nodes[1].connect(someone(), 'two')];
      const room = await viewed([one, two]);
      await type(one, room);
      await two.frame(`typing_${room._id}`, ({ isTyping }) => isTyping);
      one.close();
      await two.frame(`typing_${room._id}`, ({ isTyping }) => !isTyping);
    } finally {
      for (const node of nodes) await node.close();
    }
  });
});
