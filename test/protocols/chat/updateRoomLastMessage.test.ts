import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { startEngine } from '../../helpers/engine.ts';
import { calm, guests, idsOf, partyOf, roomOf, uncounted } from '../../helpers/party.ts';

describe('updateRoomLastMessage', () => {
  const party = partyOf(['ann', 'bob', 'eve']);
  const countsOf = (client: ChatClient) =>
    client.of('updateRoomLastMessage').map(frame => frame.unReadMsgCount);
  const remove = ({ _id }: Message) => party.engine.platform.do('DELETE', `/chat/messages/${_id}`);

  it('comes to every member, viewing or not, on every device, with their own unread count', async () => {
    const { engine, ann, bob, eve, room } = party;
    const phone = await engine.connect(ann.userId, 'ann');
    await bob.do('joinRoom', room._id);
    await calm(ann, bob, eve, phone);
    const sent = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    for (const client of [ann, phone, bob, eve]) {
      await client.settled();
      const last = client.of('updateRoomLastMessage').map(frame => frame.lastMessage);
      expect(last, client.userId).to.deep.equal(sent.map(uncounted));
    }
    expect([countsOf(ann), countsOf(phone), countsOf(bob), countsOf(eve)]).to.deep.equal([
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 2],
    ]);
  });

  it('is not for strangers', async () => {
    const { engine, ann, room } = party;
    const [stranger] = await guests(engine, 'stranger');
    await ann.send(room._id, 'x');
    await stranger.settled();
    expect(stranger.frames).to.deep.equal([]);
  });

  it('holds the whole room as the receiver sees it', async () => {
    const { ann, bob, room } = party;
    await calm(bob);
    await ann.send(room._id, 'x');
    await bob.settled();
    // Other people's read positions are told apart from this, once they are stored.
    const shown = ({ joinUsers, ...rest }: Room) => ({
      ...rest,
      joinUsers: joinUsers.map(user => ({
        ...user,
        lastReadMessageId: user._id === bob.userId && user.lastReadMessageId,
      })),
    });
    expect(bob.of<Room>('updateRoomLastMessage').map(shown)).to.deep.equal([shown(await bob.room(room._id))]);
  });

  it('the last message edited or deleted is told to all, an older one deleted to those whose count changed', async () => {
    const { engine, ann, bob, eve, room } = party;
    const [first, , last] = [
      await ann.send(room._id, '1'),
      await ann.send(room._id, '2'),
      await ann.send(room._id, '3'),
    ];
    await bob.do('updateReadMessage', { roomId: room._id, messageId: first._id });
    await calm(ann, bob, eve);
    await remove(first);
    for (const client of [ann, bob, eve]) await client.settled();
    expect([countsOf(ann), countsOf(bob), countsOf(eve)]).to.deep.equal([[], [], [2]]);
    await calm(ann, bob, eve);
    await engine.platform.do('PATCH', `/chat/messages/${last._id}`, {
      data: { type: 'TEXT', content: 'drei' },
    });
    await remove(last);
    for (const client of [ann, bob, eve]) {
      await client.settled();
      const seen = client
        .of('updateRoomLastMessage')
        .map(({ lastMessage }) => [lastMessage.data.content.text, lastMessage.status.deleted]);
      expect(seen).to.deep.equal([
        ['drei', false],
        [undefined, true],
      ]);
    }
    expect([countsOf(bob), countsOf(eve)]).to.deep.equal([
      [2, 1],
      [2, 1],
    ]);
  });

  it('an edited message that is not the last one is no news for lists', async () => {
    const { engine, ann, bob, room } = party;
    const [first] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await calm(bob);
    await engine.platform.do('PATCH', `/chat/messages/${first._id}`, {
      data: { type: 'TEXT', content: 'eins' },
    });
    await bob.settled();
    expect(bob.frames).to.deep.equal([]);
  });

  it('after reading or switching the alarm it comes to one’s own other sockets only', async () => {
    const { engine, ann, bob, eve, room } = party;
    const phone = await engine.connect(bob.userId, 'bob');
    const sent = await ann.send(room._id, 'x');
    await calm(ann, bob, eve, phone);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent._id });
    await bob.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false });
    for (const client of [ann, bob, eve, phone]) await client.settled();
    expect([countsOf(ann), countsOf(bob), countsOf(eve), countsOf(phone)]).to.deep.equal([
      [],
      [],
      [],
      [0, 0],
    ]);
    const mine = phone
      .of('updateRoomLastMessage')
      .map(frame => frame.joinUsers.find((user: any) => user._id === bob.userId));
    expect(mine.map(user => [user.lastReadMessageId, user.alarmOn])).to.deep.equal([
      [sent._id, true],
      [sent._id, false],
    ]);
  });

  it('joinings, leavings and kicks are last messages too', async () => {
    const { engine, ann, bob, room } = party;
    const [dan] = await guests(engine, 'dan');
    await calm(bob);
    const target = { roomId: room._id, targetUserIds: [dan.userId] };
    await ann.do('inviteRoom', target);
    await ann.do('kickOutUsers', target);
    await bob.settled();
    const events = bob.of('updateRoomLastMessage').map(frame => frame.lastMessage.meta.event);
    expect(events).to.deep.equal(['member.invited', 'member.kicked']);
    expect(countsOf(bob)).to.deep.equal([1, 2]);
  });

  it('in a large room it comes at most twice a second, and the last one is right', async () => {
    const own = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
    try {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      const large = await roomOf([a, b, c]);
      await calm(b, c);
      const started = performance.now();
      for (let i = 0; i < 30; i++) await a.send(large._id, `${i}`);
      const last = await b.frame('updateRoomLastMessage', frame => frame.lastSeq === 30);
      expect(b.of('updateRoomLastMessage').length).to.be.at.most(
        2 + Math.floor((performance.now() - started) / 500),
      );
      expect([last.unReadMsgCount, last.lastMessage.seq, last.joinUserCount]).to.deep.equal([30, 30, 3]);
      expect(idsOf(last.joinUsers), 'the receiver and the masters').to.have.members([a.userId, b.userId]);
    } finally {
      await own.close();
    }
  });
});
