import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('listenRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
  });
  beforeEach(async () => {
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });

  it('a new room is told to its members, on all their devices, and to nobody else', async () => {
    const phone = await engine.connect(bob.userId, 'bob');
    const room = await roomOf([ann, bob]);
    for (const client of [ann, bob, phone]) {
      await client.settled();
      expect(client.frames).to.deep.equal([{ name: 'listenRoom', data: room }]);
    }
    await eve.settled();
    expect(eve.frames).to.deep.equal([]);
  });

  it('so is one that a platform makes, with its first message', async () => {
    const room = await engine.platform.room([ann.userId, bob.userId]);
    expect((await bob.frame('listenRoom'))._id).to.equal(room._id);
    expect((await bob.frame('updateRoomLastMessage')).lastMessage._id).to.equal(room.lastMessage!._id);
  });

  it('who comes, goes or is put out: each member is told, with the members as they are then', async () => {
    const room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } });
    const told = async (act: Promise<unknown>) => {
      await calm(ann);
      await act;
      await ann.settled();
      const frames = ann.of('listenRoom');
      expect(frames).to.have.length(1);
      expect(frames[0].joinUserCount).to.equal(frames[0].joinUsers.length);
      return idsOf(frames[0].joinUsers);
    };
    const targets = { roomId: room._id, targetUserIds: [eve.userId] };
    expect(await told(ann.do('inviteRoom', targets))).to.deep.equal([ann.userId, bob.userId, eve.userId]);
    expect(await told(ann.do('kickOutUsers', targets))).to.deep.equal([ann.userId, bob.userId]);
    expect(await told(bob.do('leaveOutRoom', room._id))).to.deep.equal([ann.userId]);
  });

  it('each receiver gets their own unread count and last message', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'x');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { name: 'renamed' } });
    const counts = [];
    for (const client of [ann, bob, eve]) {
      counts.push((await client.frame('listenRoom', frame => frame.name === 'renamed')).unReadMsgCount);
    }
    expect(counts).to.deep.equal([0, 2, 0]);
  });

  it('read positions are told to who views the room, after they are stored, and to nobody else', async () => {
    const room = await roomOf([ann, bob, eve]);
    const { _id } = await ann.send(room._id, 'x');
    await ann.do('joinRoom', room._id);
    await calm(ann, eve);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: _id });
    await ann.frame('listenRoom', frame =>
      frame.joinUsers.some((user: any) => user._id === bob.userId && user.lastReadMessageId === _id),
    );
    await eve.settled();
    expect(eve.of('listenRoom')).to.deep.equal([]);
  });

  it('who was put out gets it once, without themselves; so does everybody when the room is removed', async () => {
    const room = await roomOf([ann, bob, eve]);
    await calm(ann, bob, eve);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${bob.userId}`);
    await calm(ann);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    for (const client of [ann, bob, eve]) {
      await client.settled();
      const out = client.of('listenRoom').filter(frame => !idsOf(frame.joinUsers).includes(client.userId));
      expect(
        out.map(frame => frame._id),
        client.userId,
      ).to.deep.equal([room._id]);
    }
  });

  it('a new nick or picture is told in every room of that person', async () => {
    const [one, two] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    await calm(ann);
    await engine.connect(bob.userId, 'Bob the second');
    await ann.settled();
    const frames = ann.of('listenRoom');
    expect(idsOf(frames)).to.have.members([one._id, two._id]);
    for (const frame of frames) expect(frame.joinUsers[1].nickName).to.equal('Bob the second');
  });

  it('a master’s change of settings reaches viewers and others alike, once', async () => {
    const room = await roomOf([ann, bob, eve]);
    await bob.do('joinRoom', room._id);
    await calm(ann, bob, eve);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    for (const client of [ann, bob, eve]) {
      await client.settled();
      expect(client.of('listenRoom').map(frame => frame.rules.isFreezed)).to.deep.equal([true]);
    }
  });

  it('in a large room it comes at most twice a second, and the last one is right', async () => {
    const own = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
    try {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      const room = await roomOf([a, b, c]);
      await calm(b);
      const started = performance.now();
      for (let i = 0; i < 20; i++)
        await a.do('updateRoomSetting', { roomId: room._id, updateData: { name: `name ${i}` } });
      const last = await b.frame('listenRoom', frame => frame.name === 'name 19');
      expect(b.of('listenRoom').length).to.be.at.most(2 + Math.floor((performance.now() - started) / 500));
      expect(idsOf(last.joinUsers), 'the receiver and the masters').to.have.members([a.userId, b.userId]);
      expect(last.joinUserCount).to.equal(3);
    } finally {
      await own.close();
    }
  });
});
