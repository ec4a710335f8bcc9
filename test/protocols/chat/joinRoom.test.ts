import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('joinRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });

  it('reads everything, and tells the position as it was before and where the live messages start', async () => {
    const room = await roomOf([ann, bob]);
    const first = await ann.send(room._id, 'one');
    expect(await bob.do('joinRoom', room._id)).to.deep.equal({
      result: true,
      lastReadMessageId: null,
      lastSeq: 1,
    });
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(0);
    await bob.do('leaveRoom', room._id);
    await ann.send(room._id, 'two');
    const again = await bob.do('joinRoom', room._id);
    expect(again).to.deep.equal({ result: true, lastReadMessageId: first._id, lastSeq: 2 });
  });

  it('what arrives while viewing is read, and comes live without a hole after lastSeq', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'before');
    const sends = Array.from({ length: 10 }, (_, i) => ann.send(room._id, `${i}`));
    const { lastSeq } = await bob.do('joinRoom', room._id);
    await Promise.all(sends);
    await bob.settled();
    const live = bob.of(`listenMessage_${room._id}`).map(frame => frame.seq);
    expect(live).to.deep.equal(Array.from({ length: 11 - lastSeq }, (_, i) => lastSeq + 1 + i));
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(0);
  });

  it('tells the user’s other devices that all is read, and not the one that joined', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    await ann.send(room._id, 'ding');
    await calm(ann, bob, phone);
    await bob.do('joinRoom', room._id);
    await calm(ann);
    const told = await phone.frame('updateRoomLastMessage');
    expect([told._id, told.unReadMsgCount]).to.deep.equal([room._id, 0]);
    await bob.settled();
    expect(bob.of('updateRoomLastMessage')).to.deep.equal([]);
  });

  it('several rooms may be viewed at once, and one twice', async () => {
    const [one, two] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    for (const { _id } of [one, two, one]) await bob.do('joinRoom', _id);
    await calm(bob);
    await ann.send(one._id, 'to one');
    await ann.send(two._id, 'to two');
    await bob.settled();
    expect(bob.of(`listenMessage_${one._id}`), 'once').to.have.length(1);
    expect(bob.of(`listenMessage_${two._id}`)).to.have.length(1);
  });

  it('a stranger becomes a member of an OPEN room, all are told, and the history stays hidden', async () => {
    const room = await roomOf([ann, bob], { roomType: 'OPEN' });
    await ann.send(room._id, 'early');
    await calm(ann, bob);
    const answer = await eve.do('joinRoom', room._id);
    expect(answer.lastSeq).to.equal(2);
    const told = await bob.frame('listenRoom', frame => frame._id === room._id);
    expect(idsOf(told.joinUsers)).to.include(eve.userId);
    const [admin] = await eve.history(room._id);
    expect(admin).to.deep.include({ seq: 2, author: { authorId: 'ADMIN', nickName: '', profileUrl: null } });
    expect(admin!.data.type).to.equal('ADMIN');
    expect(admin!.meta).to.deep.include({ event: 'member.joined', userIds: [eve.userId] });
    const mine = (await eve.room(room._id)).joinUsers.find(user => user._id === eve.userId)!;
    expect([mine.joinedSeq, mine.lastReadMessageId, mine.master]).to.deep.equal([1, admin!._id, false]);
    expect((await ann.room(room._id)).unReadMsgCount, 'the ADMIN message counts').to.equal(1);
  });

  it('a stranger who joins an OPEN room from two devices at once is let in on both, once', async () => {
    for (let round = 0; round < 3; round++) {
      const room = await roomOf([ann], { roomType: 'OPEN' });
      const [dan] = await guests(engine, 'dan');
      const phone = await engine.connect(dan.userId, 'dan');
      const answers = await Promise.all(
        [dan, phone, dan, phone, dan, phone].map(device => device.ask('joinRoom', room._id)),
      );
      expect(answers.map(answer => answer.error)).to.deep.equal(answers.map(() => null));
      expect((await ann.history(room._id)).map(message => message.meta?.['event'])).to.deep.equal([
        'member.joined',
      ]);
    }
  });

  it('many strangers who come at once all become members, each with their own ADMIN message', async () => {
    const room = await roomOf([ann], { roomType: 'OPEN' });
    const people = await guests(engine, 's1', 's2', 's3', 's4', 's5', 's6');
    await Promise.all(people.map(person => person.do('joinRoom', room._id)));
    expect((await ann.room(room._id)).joinUserCount).to.equal(7);
    expect((await ann.history(room._id)).map(message => message.seq)).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it('a frozen OPEN room takes nobody, but its members go in', async () => {
    const room = await roomOf([ann, bob], { roomType: 'OPEN', rules: { isFreezed: true } });
    expect(await errorOf(eve, 'joinRoom', room._id)).to.equal('ROOM_IS_FREEZED');
    expect(await errorOf(bob, 'joinRoom', room._id)).to.equal(null);
  });

  it('a room that does not exist, and one of others, are the same: ROOM_NO_EXISTS', async () => {
    const room = await roomOf([ann, bob]);
    const answers = await Promise.all(['f'.repeat(24), room._id, 'x', 42].map(id => eve.ask('joinRoom', id)));
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
    expect(answers[0]!.error).to.equal('ROOM_NO_EXISTS');
  });

  it('refuses what is no room id', async () => {
    for (const given of [undefined, null, '', {}, [], true, 1.5, { roomId: 'x' }]) {
      expect(await errorOf(ann, 'joinRoom', given), JSON.stringify(given)).to.equal('INVALID_PAYLOAD');
    }
  });

  it('an OPEN room never gets more members than a room may have, however many come at once', async () => {
    const own = await startEngine({ env: { MAX_ROOM_MEMBERS: '3', MAX_USER_ROOMS: '2' } });
    try {
      const [host, ...people] = await guests(own, 'host', 'a', 'b', 'c', 'd', 'e');
      const room = await roomOf([host], { roomType: 'OPEN' });
      const errors = await Promise.all(people.map(person => errorOf(person, 'joinRoom', room._id)));
      expect(errors.sort()).to.deep.equal(
        ['ROOM_IS_FULL', 'ROOM_IS_FULL', 'ROOM_IS_FULL', null, null].sort(),
      );
      expect((await host.room(room._id)).joinUserCount).to.equal(3);
      const [busy, late] = await guests(own, 'busy', 'late');
      await roomOf([busy]);
      await roomOf([busy]);
      const other = await roomOf([late], { roomType: 'OPEN' });
      expect(await errorOf(busy, 'joinRoom', other._id)).to.equal('TOO_MANY_ROOMS');
    } finally {
      await own.close();
    }
  });
});
