import { expect } from 'chai';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('kickOutUsers', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const kick = (by: ChatClient, roomId: string, ...targetUserIds: unknown[]) =>
    errorOf(by, 'kickOutUsers', { roomId, targetUserIds });

  it('puts members out, with an ADMIN message that says who put out whom', async () => {
    const room = await roomOf([ann, bob, eve]);
    expect(await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] })).to.deep.equal({
      result: true,
    });
    const last = (await bob.history(room._id)).at(-1)!;
    expect(last.data.content.text).to.include('ann').and.to.include('eve');
    expect(last.meta).to.deep.include({ event: 'member.kicked', userIds: [eve.userId], actorId: ann.userId });
    const { joinUsers, joinUserCount, unReadMsgCount } = await bob.room(room._id);
    expect([idsOf(joinUsers), joinUserCount, unReadMsgCount]).to.deep.equal([[ann.userId, bob.userId], 2, 1]);
    expect((await ann.room(room._id)).unReadMsgCount, 'one’s own act').to.equal(0);
    expect(await errorOf(eve, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    expect(idsOf(await eve.rooms())).to.not.include(room._id);
  });

  it('is for masters only', async () => {
    const room = await roomOf([ann, bob, eve], { rules: { canInviteMemebrs: true } });
    expect(await kick(bob, room._id, eve.userId)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const [stranger] = await guests(engine, 'stranger');
    expect(await kick(stranger, room._id, eve.userId)).to.equal('ROOM_NO_EXISTS');
    const open = await roomOf([ann, bob], { roomType: 'OPEN' });
    expect(await kick(stranger, open._id, bob.userId)).to.equal('YOU_ARE_NO_JOINED_ROOM');
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await kick(ann, direct._id, bob.userId)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect((await ann.room(room._id)).joinUserCount).to.equal(3);
  });

  it('oneself is ignored, and so are those who are not there; nobody left is refused', async () => {
    const room = await roomOf([ann, bob]);
    expect(await kick(ann, room._id, ann.userId)).to.equal('WRONG_TARGET_USER_IDS');
    expect(await kick(ann, room._id, eve.userId, someone(), 5)).to.equal('WRONG_TARGET_USER_IDS');
    expect(await kick(ann, room._id)).to.equal('WRONG_TARGET_USER_IDS');
    expect(await kick(ann, room._id, ann.userId, bob.userId, bob.userId, someone())).to.equal(null);
    expect(idsOf((await ann.room(room._id)).joinUsers)).to.deep.equal([ann.userId]);
    expect(await kick(ann, room._id, bob.userId), 'twice').to.equal('WRONG_TARGET_USER_IDS');
  });

  it('a master may put out another one', async () => {
    const room = await engine.platform.room([], {
      joinUsers: [ann, bob].map(({ userId }) => ({ _id: userId, nickName: 'x', master: true })),
    });
    expect(await kick(bob, room._id, ann.userId)).to.equal(null);
    expect((await bob.room(room._id)).joinUsers.map(user => user.master)).to.deep.equal([true]);
  });

  it('all devices are told once, without the kicked one in joinUsers; nothing that is stored after it reaches them', async () => {
    const room = await roomOf([ann, bob, eve]);
    const phone = await engine.connect(eve.userId, 'eve');
    await eve.do('joinRoom', room._id);
    await calm(eve, phone);
    const sends = [1, 2, 3].map(i => bob.send(room._id, `before or after ${i}`));
    await Promise.all([ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] }), ...sends]);
    const kicked = (await ann.history(room._id)).find(
      message => message.meta?.['event'] === 'member.kicked',
    )!;
    await bob.send(room._id, 'without eve');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { name: 'renamed' } });
    for (const device of [eve, phone]) {
      await device.settled();
      const told = device.of('listenRoom').filter(frame => !idsOf(frame.joinUsers).includes(eve.userId));
      expect(told).to.have.length(1);
      expect(device.frames.at(-1)!.data, 'the farewell is the last').to.equal(told[0]);
      for (const frame of device.of('updateRoomLastMessage'))
        expect(frame.lastSeq).to.be.lessThan(kicked.seq);
      for (const frame of device.of(`listenMessage_${room._id}`))
        expect(frame.seq).to.be.lessThan(kicked.seq);
    }
  });

  it('what the kicked one sends at that moment is either before the kick or refused', async () => {
    const room = await roomOf([ann, eve]);
    const sends = Array.from({ length: 20 }, (_, i) =>
      eve.ask('sendMessage', {
        syncKey: newKey(),
        roomId: room._id,
        data: { type: 'TEXT', content: `${i}` },
      }),
    );
    const [, ...answers] = await Promise.all([
      ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] }),
      ...sends,
    ]);
    const history = await ann.history(room._id);
    const kicked = history.find(message => message.meta?.['event'] === 'member.kicked')!;
    const stored = history.filter(message => message.author.authorId === eve.userId);
    expect(stored.length).to.equal(answers.filter(answer => answer.success).length);
    for (const message of stored) expect(message.seq).to.be.lessThan(kicked.seq);
    for (const answer of answers) expect(answer.error).to.be.oneOf([null, 'ROOM_NO_EXISTS']);
  });

  it('who was put out may come back: invited, or into an OPEN room, with nothing of the time between', async () => {
    const open = await roomOf([ann, eve], { roomType: 'OPEN' });
    await ann.send(open._id, 'one');
    await kick(ann, open._id, eve.userId);
    await ann.send(open._id, 'without eve');
    await eve.do('joinRoom', open._id);
    expect((await eve.history(open._id)).map(message => message.seq)).to.deep.equal([4]);
    await kick(ann, open._id, eve.userId);
    await ann.do('inviteRoom', { roomId: open._id, targetUserIds: [eve.userId] });
    expect((await eve.history(open._id)).map(message => message.seq)).to.deep.equal([6]);
  });

  it('goes on in a frozen room', async () => {
    const room = await roomOf([ann, eve], { rules: { isFreezed: true } });
    expect(await kick(ann, room._id, eve.userId)).to.equal(null);
  });

  it('two masters who put each other out at the same moment leave a room with a master', async () => {
    const room = await engine.platform.room([], {
      joinUsers: [ann, bob, eve].map(({ userId }, i) => ({ _id: userId, nickName: 'x', master: i < 2 })),
    });
    await Promise.all([kick(ann, room._id, bob.userId), kick(bob, room._id, ann.userId)]);
    const { joinUsers } = await eve.room(room._id);
    expect(joinUsers.some(user => user.master)).to.equal(true);
  });

  it('refuses wrong shapes and names the field', async () => {
    const room = await roomOf([ann, bob]);
    for (const targetUserIds of [undefined, null, bob.userId, [null], [{ $gt: '' }], [[]]]) {
      const answer = await ann.ask('kickOutUsers', { roomId: room._id, targetUserIds });
      expect(answer.error, JSON.stringify(targetUserIds)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include('targetUserIds');
    }
    expect(await errorOf(ann, 'kickOutUsers', { targetUserIds: [bob.userId] })).to.equal('INVALID_PAYLOAD');
  });
});
