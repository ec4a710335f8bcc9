import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('getInvitableUsers', () => {
  let engine: Engine;
  let ann: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann] = await guests(engine, 'ann-invitable');
  });
  /** Ids of people found whose nick contains the keyword. */
  const find = async (keyword: unknown, more: object = {}) =>
    idsOf((await ann.do('getInvitableUsers', { keyword, count: 100, ...more })).list);

  it('finds people by a part of their nick, and shows nothing of them but id, nick and picture', async () => {
    const id = someone();
    const nickName = `홍길동 ${id}`;
    const meta = { email: 'gildong@example.com', phone: '010' };
    const person = { _id: id, nickName, profileUrl: 'https://example.com/h.png', meta };
    await engine.platform.do('PUT', '/chat/users', { users: [person] });
    const { list } = await ann.do('getInvitableUsers', { keyword: `길동 ${id}` });
    expect(list).to.deep.equal([{ _id: id, nickName, profileUrl: 'https://example.com/h.png' }]);
    expect(await find(`동${id.toUpperCase()}`), 'any case, any spaces').to.deep.equal([id]);
    expect(await find(`gildong@example.com`), 'not by e-mail').to.deep.equal([]);
  });

  it('leaves out oneself and the members of the room', async () => {
    const [one, two] = await guests(engine, 'same-nick-x', 'same-nick-x');
    const room = await roomOf([ann, one]);
    expect(await find('same-nick-x')).to.have.members([one.userId, two.userId]);
    expect(await find('same-nick-x', { roomId: room._id })).to.deep.equal([two.userId]);
    expect(await find('ann-invitable')).to.deep.equal([]);
  });

  it('comes in pages, each person once, the members left out', async () => {
    const ids = Array.from({ length: 25 }, () => someone());
    await engine.platform.do('PUT', '/chat/users', {
      users: ids.map((_id, i) => ({ _id, nickName: `paged-person ${i}` })),
    });
    const room = await ann.do('createNewRoom', { users: [ids[3], ids[20]], name: '' });
    const found: string[] = [];
    for (let page: number | null = 0; page !== null;) {
      const data: { list: { _id: string }[]; nextCursor: string | null } = await ann.do('getInvitableUsers', {
        roomId: room._id,
        keyword: 'paged-person',
        page,
        count: 10,
      });
      found.push(...idsOf(data.list));
      page = data.nextCursor === null ? null : Number(data.nextCursor);
    }
    expect(found).to.have.length(23);
    expect(found).to.have.members(ids.filter((_, i) => i !== 3 && i !== 20));
    const first = await ann.do('getInvitableUsers', { keyword: 'paged-person' });
    expect([first.list.length, first.nextCursor], 'twenty by default').to.deep.equal([20, '1']);
    expect((await ann.do('getInvitableUsers', { count: 5_000 })).list.length, '100 at most').to.be.at.most(
      100,
    );
  });

  it('works with nothing at all, with null, and takes a keyword literally', async () => {
    for (const payload of [undefined, null, {}, { roomId: null, keyword: null, page: null, count: null }]) {
      expect(await errorOf(ann, 'getInvitableUsers', payload), JSON.stringify(payload)).to.equal(null);
    }
    for (const keyword of ['.*', '(', '[', '\\', '$ne', '\u0000', '%']) {
      expect(await errorOf(ann, 'getInvitableUsers', { keyword }), keyword).to.equal(null);
      expect(await find(`${keyword}-none-has-this-nick`)).to.deep.equal([]);
    }
  });

  it('a person who was deleted is not found', async () => {
    const [gone] = await guests(engine, 'soon-deleted-nick');
    await engine.platform.do('DELETE', `/chat/users/${gone.userId}`);
    expect(await find('soon-deleted-nick')).to.deep.equal([]);
  });

  it('with USER_DIRECTORY=rooms one finds only people one shares a room with', async () => {
    const own = await startEngine({ env: { USER_DIRECTORY: 'rooms' } });
    try {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      const [two, three] = [await roomOf([a, b]), await roomOf([b, c])];
      const found = async (client: ChatClient, roomId?: string) =>
        idsOf((await client.do('getInvitableUsers', { roomId })).list);
      expect(await found(a)).to.deep.equal([b.userId]);
      expect(await found(b)).to.have.members([a.userId, c.userId]);
      expect(await found(b, two._id)).to.deep.equal([c.userId]);
      expect(await found(c, three._id)).to.deep.equal([]);
    } finally {
      await own.close();
    }
  });

  it('is refused for a room that one is not in, and for wrong shapes', async () => {
    const [eve] = await guests(engine, 'eve');
    const [closed, open] = [await roomOf([ann]), await roomOf([ann], { roomType: 'OPEN' })];
    expect(await errorOf(eve, 'getInvitableUsers', { roomId: closed._id })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'getInvitableUsers', { roomId: 'nowhere' })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'getInvitableUsers', { roomId: open._id })).to.equal('YOU_ARE_NO_JOINED_ROOM');
    for (const payload of [
      { keyword: {} },
      { keyword: 'x'.repeat(101) },
      { page: -1 },
      { page: 'x' },
      { count: 0 },
      { roomId: {} },
    ]) {
      const answer = await ann.ask('getInvitableUsers', payload);
      expect(answer.error, JSON.stringify(payload)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(Object.keys(payload)[0]);
    }
  });
});
