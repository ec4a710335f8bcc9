import { expect } from 'chai';
import { newKey, type ChatClient, type Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

/** Every event of the catalogue that names a room, with a payload that would work for a member. */
const asks = (roomId: string, messageId: string, userId: string): [string, unknown][] => [
  ['queryRoom', { roomId }],
  ['joinRoom', roomId],
  ['leaveOutRoom', roomId],
  ['listenMessagesByRoom', { roomId }],
  ['listenMessagesByRoom', { roomId, lastMessageId: messageId, direction: 'around' }],
  ['sendMessage', { syncKey: newKey(), roomId, data: { type: 'TEXT', content: 'x' } }],
  ['updateReadMessage', { roomId, messageId }],
  ['inviteRoom', { roomId, targetUserIds: [userId] }],
  ['kickOutUsers', { roomId, targetUserIds: [userId] }],
  ['roomAlarmTurnOnOff', { roomId }],
  ['updateRoomSetting', { roomId, updateData: { name: 'mine' } }],
  ['listRoomMembers', { roomId }],
  ['getInvitableUsers', { roomId }],
];

describe('privacy: who is not in a room', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });

  /** Everything that can happen in a room while somebody else looks on. */
  async function aDay(room: Room, by: Engine = engine): Promise<void> {
    await bob.do('joinRoom', room._id);
    const sent = await ann.send(room._id, 'secret');
    const gone = await ann.send(room._id, 'secret too');
    await by.platform.do('PATCH', `/chat/messages/${sent._id}`, {
      data: { type: 'TEXT', content: 'edited secret' },
    });
    await by.platform.do('DELETE', `/chat/messages/${gone._id}`);
    await ann.do('updateReadMessage', { roomId: room._id, messageId: gone._id });
    await ann.do('roomAlarmTurnOnOff', { roomId: room._id });
    await ann.do('updateRoomSetting', {
      roomId: room._id,
      updateData: { name: 'secret name', rules: { canShowMemberMeta: true } },
    });
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [(await guests(by, 'dan'))[0].userId] });
    await bob.do('leaveRoom', room._id);
    await ann.frame(`readReceipts_${room._id}`);
  }

  it('gets the very same answer as for a room that does not exist, from every event', async () => {
    const room = await roomOf([ann, bob]);
    const { _id } = await ann.send(room._id, 'secret');
    const real = asks(room._id, _id, bob.userId);
    const none = asks('f'.repeat(24), 'e'.repeat(24), bob.userId);
    for (const [i, [event, payload]] of real.entries()) {
      const answer = await eve.ask(event, payload);
      expect(answer.error, event).to.equal('ROOM_NO_EXISTS');
      expect(answer, event).to.deep.equal(await eve.ask(event, none[i]![1]));
    }
    expect(await eve.ask('leaveRoom', room._id)).to.deep.equal(await eve.ask('leaveRoom', 'f'.repeat(24)));
    expect((await ann.room(room._id)).joinUserCount, 'and nothing happened').to.equal(2);
    expect((await ann.room(room._id)).lastSeq).to.equal(1);
  });

  it('reads nothing of an OPEN room before joining it', async () => {
    const room = await roomOf([ann, bob], { roomType: 'OPEN' });
    const { _id } = await ann.send(room._id, 'for members');
    for (const [event, payload] of asks(room._id, _id, bob.userId)) {
      if (event === 'joinRoom') continue;
      const answer = await eve.ask(event, payload);
      expect([answer.error, answer.data], event).to.deep.equal(['YOU_ARE_NO_JOINED_ROOM', null]);
    }
  });

  it('finds nothing of it in lists and in sync', async () => {
    const room = await roomOf([ann, bob], {
      name: 'a name that only members know',
      link: { sid: 'secret', name: '' },
    });
    await ann.send(room._id, 'secret');
    expect((await eve.do('listenRooms', { linkSid: 'secret' })).list).to.deep.equal([]);
    expect((await eve.do('queryRooms', { keyword: 'only members know' })).list).to.deep.equal([]);
    const synced = await eve.do('sync', {
      rooms: [{ roomId: room._id, lastSeq: 0 }],
      since: '2020-01-01T00:00:00Z',
    });
    expect([synced.rooms, synced.messages, synced.removedRoomIds]).to.deep.equal([[], [], [room._id]]);
  });

  it('receives nothing, whatever happens in it, though they tried to view it', async () => {
    for (const roomType of ['GROUP', 'OPEN']) {
      const room = await roomOf([ann, bob], { roomType });
      await eve.ask('joinRoom', roomType === 'GROUP' ? room._id : 'nowhere');
      await calm(eve);
      await ann.do('joinRoom', room._id);
      await aDay(room);
      await eve.settled();
      expect(eve.frames, roomType).to.deep.equal([]);
    }
  });

  it('who was kicked receives nothing after the farewell, on any device, in small rooms and in large ones', async () => {
    const large = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
    const mine = [ann, bob, eve];
    try {
      for (const own of [engine, large]) {
        if (own === large) [ann, bob, eve] = await guests(large, 'ann', 'bob', 'eve');
        const phone = await own.connect(eve.userId, 'eve');
        const room = await roomOf([ann, bob, eve]);
        await eve.do('joinRoom', room._id);
        await Promise.all([1, 2, 3].map(i => ann.send(room._id, `${i}`)));
        await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
        for (const device of [eve, phone])
          await device.frame('listenRoom', frame => !idsOf(frame.joinUsers).includes(eve.userId));
        await calm(eve, phone);
        await ann.do('joinRoom', room._id);
        await aDay(room, own);
        for (const device of [eve, phone]) {
          await device.settled();
          expect(device.frames).to.deep.equal([]);
        }
        for (const [event, payload] of asks(room._id, 'e'.repeat(24), bob.userId)) {
          expect((await eve.ask(event, payload)).error, event).to.equal('ROOM_NO_EXISTS');
        }
        const { removedRoomIds, rooms } = await eve.do('sync', { rooms: [{ roomId: room._id, lastSeq: 0 }] });
        expect([removedRoomIds, idsOf(rooms).includes(room._id)]).to.deep.equal([[room._id], false]);
      }
    } finally {
      [ann, bob, eve] = mine as [ChatClient, ChatClient, ChatClient];
      await large.close();
    }
  });

  it('the farewell holds no member, no message and no unread count', async () => {
    const room = await roomOf([ann, bob, eve]);
    await ann.send(room._id, 'secret');
    await calm(eve);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    const farewell = await eve.frame('listenRoom');
    expect([farewell.joinUsers, farewell.lastMessage, farewell.unReadMsgCount]).to.deep.equal([[], null, 0]);
  });

  it('who was never in the directory cannot be told apart from who is not a member', async () => {
    const room = await roomOf([ann, bob]);
    const known = await bob.ask('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(known).to.deep.equal(
      await bob.ask('kickOutUsers', { roomId: room._id, targetUserIds: [someone()] }),
    );
  });
});
