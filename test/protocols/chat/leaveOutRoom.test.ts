import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('leaveOutRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const mastersOf = async (client: ChatClient, roomId: string) =>
    idsOf((await client.room(roomId)).joinUsers.filter(user => user.master));

  it('ends the membership: an ADMIN message tells it, and the room is gone from the list', async () => {
    const room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } });
    expect(await bob.do('leaveOutRoom', room._id)).to.deep.equal({ result: true });
    expect(idsOf(await bob.rooms())).to.not.include(room._id);
    expect(await errorOf(bob, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    const last = (await ann.history(room._id)).at(-1)!;
    expect(last.author).to.deep.equal({ authorId: 'ADMIN', nickName: '', profileUrl: null });
    expect(last.data.type).to.equal('ADMIN');
    expect(last.data.content.text).to.include('bob');
    expect(last.meta).to.deep.include({ event: 'member.left', userIds: [bob.userId], actorId: bob.userId });
    const { joinUserCount, joinUsers, unReadMsgCount } = await ann.room(room._id);
    expect([joinUserCount, idsOf(joinUsers), unReadMsgCount]).to.deep.equal([1, [ann.userId], 1]);
  });

  it('is refused where the rule does not allow it, but never to a master', async () => {
    const room = await roomOf([ann, bob]);
    expect(await errorOf(bob, 'leaveOutRoom', room._id)).to.equal('ROOM_RULES_CAN_NOT_LEAVE');
    expect((await bob.room(room._id)).joinUserCount).to.equal(2);
    expect(await errorOf(ann, 'leaveOutRoom', room._id)).to.equal(null);
  });

  it('when the last master leaves, the oldest member becomes master, and all are told', async () => {
    const room = await roomOf([ann, bob, eve]);
    await calm(bob, eve);
    await ann.do('leaveOutRoom', room._id);
    const told = await eve.frame('listenRoom');
    expect(told.joinUsers.map((user: any) => [user._id, user.master])).to.deep.equal([
      [bob.userId, true],
      [eve.userId, false],
    ]);
    expect(await mastersOf(eve, room._id)).to.deep.equal([bob.userId]);
    expect(
      await errorOf(bob, 'updateRoomSetting', { roomId: room._id, updateData: { name: 'mine' } }),
    ).to.equal(null);
  });

  it('while another master stays, nobody inherits', async () => {
    const ids = [ann.userId, bob.userId, eve.userId];
    const room = await engine.platform.room(ids, {
      joinUsers: ids.map(_id => ({ _id, nickName: _id, master: _id !== bob.userId })),
    });
    await ann.do('leaveOutRoom', room._id);
    expect(await mastersOf(bob, room._id)).to.deep.equal([eve.userId]);
  });

  it('a master and the heir who leave at the same moment leave a room with a master', async () => {
    for (let round = 0; round < 4; round++) {
      const room = await roomOf([ann, bob, eve], { rules: { canLeaveOutRoom: true } });
      const order = round % 2 === 0 ? [ann, bob] : [bob, ann];
      await Promise.all(order.map(client => client.do('leaveOutRoom', room._id)));
      expect(await mastersOf(eve, room._id), `round ${round}`).to.deep.equal([eve.userId]);
    }
  });

  it('all who leave at once are out, each once', async () => {
    const room = await roomOf([ann, bob, eve], { rules: { canLeaveOutRoom: true } });
    const twice = await Promise.all([bob, bob, eve].map(client => client.ask('leaveOutRoom', room._id)));
    expect(twice.filter(answer => answer.success)).to.have.length(2);
    expect((await ann.room(room._id)).joinUserCount).to.equal(1);
    expect((await ann.history(room._id)).map(message => message.seq)).to.deep.equal([1, 2]);
  });

  it('the last one may leave too', async () => {
    const room = await roomOf([ann]);
    expect(await errorOf(ann, 'leaveOutRoom', room._id)).to.equal(null);
    expect(await errorOf(ann, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
  });

  it('goes on in a frozen room', async () => {
    const room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true, isFreezed: true } });
    expect(await errorOf(bob, 'leaveOutRoom', room._id)).to.equal(null);
  });

  it('every device of the one who left is told once, without them in joinUsers, and then nothing more', async () => {
    const room = await roomOf([ann, bob, eve], { rules: { canLeaveOutRoom: true } });
    const phone = await engine.connect(bob.userId, 'bob');
    for (const device of [bob, phone]) await device.do('joinRoom', room._id);
    await calm(bob, phone);
    await bob.do('leaveOutRoom', room._id);
    await ann.send(room._id, 'without bob');
    for (const device of [bob, phone]) {
      await device.settled();
      expect(device.frames.map(frame => frame.name)).to.deep.equal(['listenRoom']);
      const [told] = device.of('listenRoom');
      expect([told._id, idsOf(told.joinUsers).includes(bob.userId)]).to.deep.equal([room._id, false]);
    }
  });

  it('who comes back starts anew', async () => {
    const room = await roomOf([ann, bob], { roomType: 'OPEN' });
    await ann.send(room._id, 'first life');
    await bob.do('leaveOutRoom', room._id);
    await ann.send(room._id, 'meanwhile');
    await bob.do('joinRoom', room._id);
    expect((await bob.history(room._id)).map(message => message.seq)).to.deep.equal([4]);
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(0);
  });

  it('is refused in a room that one is not in', async () => {
    const [closed, open] = [await roomOf([ann]), await roomOf([ann], { roomType: 'OPEN' })];
    expect(await errorOf(eve, 'leaveOutRoom', closed._id)).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'leaveOutRoom', 'nowhere')).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'leaveOutRoom', open._id)).to.equal('YOU_ARE_NO_JOINED_ROOM');
    expect(await errorOf(eve, 'leaveOutRoom', { roomId: open._id })).to.equal('INVALID_PAYLOAD');
  });
});
