import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf, uncounted } from '../../helpers/party.ts';

describe('queryRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });

  it('gives one of my rooms as I see it', async () => {
    const room = await roomOf([ann, bob]);
    const sent = await ann.send(room._id, 'hello');
    const read = room.joinUsers.map(user =>
      user._id === ann.userId ? { ...user, lastReadMessageId: sent._id } : user,
    );
    expect(await bob.room(room._id)).to.deep.equal({
      ...room,
      joinUsers: read,
      lastSeq: 1,
      lastMessage: uncounted(sent),
      unReadMsgCount: 1,
    });
  });

  it('gives the rooms that a platform made, with dates, link and rules', async () => {
    const made = await engine.platform.room([ann.userId, bob.userId], {
      roomType: 'INQUIRY',
      meta: { productId: 'p1' },
      expiresAt: '2999-01-01T00:00:00.000Z',
      link: { sid: 'shop', name: '가게' },
    });
    const seen = await bob.room(made._id);
    expect(seen).to.deep.equal({ ...made, unReadMsgCount: 1 });
    expect(seen.expiresAt).to.equal('2999-01-01T00:00:00.000Z');
    expect(seen.lastMessage!.author.authorId).to.equal('ADMIN');
  });

  it('shows the caller, the masters and the latest others of a large room, and its true size', async () => {
    const own = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '4' } });
    try {
      const people = await guests(own, 'a', 'b', 'c', 'd', 'e', 'f', 'g');
      const room = await roomOf([people[0], ...people.slice(1)]);
      const shown = async (i: number) => {
        const { joinUsers, joinUserCount } = await people[i]!.room(room._id);
        expect(joinUserCount).to.equal(7);
        return joinUsers.map(user => people.findIndex(person => person.userId === user._id));
      };
      expect(await shown(0), 'the master').to.deep.equal([0, 4, 5, 6]);
      expect(await shown(1), 'an early one').to.deep.equal([0, 1, 5, 6]);
      expect(await shown(6), 'the latest').to.deep.equal([0, 4, 5, 6]);
      await people[0].do('updateRoomSetting', {
        roomId: room._id,
        updateData: { rules: { canShowMemberList: false } },
      });
      expect(await shown(2), 'with a closed list').to.deep.equal([0, 2]);
      const ids = people.map(person => person.userId);
      const many = await own.platform.room([], {
        joinUsers: ids.map((_id, i) => ({ _id, nickName: 'x', master: i < 5 })),
      });
      for (const i of [4, 6]) {
        const users = idsOf((await people[i]!.room(many._id)).joinUsers);
        expect(users, 'the caller, whoever else there is').to.include(ids[i]!);
      }
    } finally {
      await own.close();
    }
  });

  it('a deleted message stays the last one, empty, and is not unread', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'stays');
    const gone = await ann.send(room._id, 'goes');
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    const { lastMessage, unReadMsgCount, lastSeq } = await bob.room(room._id);
    expect([lastMessage!._id, lastMessage!.status.deleted, lastMessage!.data.content]).to.deep.equal([
      gone._id,
      true,
      {},
    ]);
    expect([unReadMsgCount, lastSeq]).to.deep.equal([1, 2]);
  });

  it('a room that does not exist and one of others are the same; an OPEN one may be seen but not read', async () => {
    const [closed, open] = [await roomOf([ann, bob]), await roomOf([ann], { roomType: 'OPEN' })];
    const ids = ['f'.repeat(24), closed._id, 'not an id', 3, closed._id.toUpperCase()];
    const answers = await Promise.all(ids.map(roomId => eve.ask('queryRoom', { roomId })));
    for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
    expect(answers[0]!.error).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'queryRoom', { roomId: open._id })).to.equal('YOU_ARE_NO_JOINED_ROOM');
  });

  it('a room that the platform removed is gone', async () => {
    const room = await roomOf([ann, bob]);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await errorOf(ann, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    expect(idsOf(await ann.rooms())).to.not.include(room._id);
  });

  it('refuses wrong shapes and names the field', async () => {
    for (const payload of [
      undefined,
      null,
      'id',
      {},
      { roomId: null },
      { roomId: '' },
      { roomId: { $ne: '' } },
      { roomId: [1] },
    ]) {
      const answer = await ann.ask('queryRoom', payload);
      expect(answer.error, JSON.stringify(payload)).to.equal('INVALID_PAYLOAD');
      if (payload && typeof payload === 'object') expect(answer.message).to.include('roomId');
    }
  });
});
