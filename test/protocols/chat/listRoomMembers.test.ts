import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('listRoomMembers', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });

  it('gives the members in the order of joining, as they are in the room', async () => {
    const room = await roomOf([ann, bob]);
    const [eve] = await guests(engine, 'eve');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    const { list, nextCursor } = await bob.do('listRoomMembers', { roomId: room._id });
    expect(nextCursor).to.equal(null);
    expect(idsOf(list)).to.deep.equal([ann.userId, bob.userId, eve.userId]);
    expect(list).to.deep.equal((await bob.room(room._id)).joinUsers);
  });

  it('goes through a large room in pages, each member once: 100 by default, 500 at most', async () => {
    const ids = Array.from({ length: 620 }, () => someone('m'));
    await engine.platform.people(...ids);
    const room: Room = await ann.do('createNewRoom', { users: ids, name: 'large' });
    expect([room.joinUserCount, room.joinUsers.length]).to.deep.equal([621, 100]);
    const all = [ann.userId, ...ids];
    const page = async (more: object) => ann.do('listRoomMembers', { roomId: room._id, ...more });
    const first = await page({ cursor: null, count: null });
    expect(idsOf(first.list)).to.deep.equal(all.slice(0, 100));
    const second = await page({ cursor: first.nextCursor });
    expect(idsOf(second.list)).to.deep.equal(all.slice(100, 200));
    const rest = await page({ cursor: second.nextCursor, count: 10_000 });
    expect(rest.list, '500 at most').to.have.length(421);
    expect([idsOf(rest.list).at(-1), rest.nextCursor]).to.deep.equal([all.at(-1), null]);
    expect((await page({ count: 10_000 })).list).to.have.length(500);
    const exact = await page({ cursor: second.nextCursor, count: 421 });
    expect(exact.nextCursor, 'exactly the rest').to.equal(null);
  });

  it('who leaves between two pages hides nobody else', async () => {
    const people = await guests(engine, 'a', 'b', 'c', 'd');
    const room = await roomOf([people[0], people[1], people[2], people[3]], {
      rules: { canLeaveOutRoom: true },
    });
    const first = await people[0].do('listRoomMembers', { roomId: room._id, count: 2 });
    await people[1].do('leaveOutRoom', room._id);
    const rest = await people[0].do('listRoomMembers', {
      roomId: room._id,
      count: 2,
      cursor: first.nextCursor,
    });
    expect(idsOf(rest.list)).to.deep.equal([people[2].userId, people[3].userId]);
  });

  it('with a closed list: members get themselves and the masters, masters everybody', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob, eve], { rules: { canShowMemberList: false } });
    const shown = async (client: ChatClient) =>
      idsOf((await client.do('listRoomMembers', { roomId: room._id })).list);
    expect(await shown(ann)).to.deep.equal([ann.userId, bob.userId, eve.userId]);
    expect(await shown(eve)).to.deep.equal([ann.userId, eve.userId]);
    const page = await eve.do('listRoomMembers', { roomId: room._id, count: 1 });
    const rest = await eve.do('listRoomMembers', { roomId: room._id, count: 1, cursor: page.nextCursor });
    expect([idsOf(page.list), idsOf(rest.list), rest.nextCursor]).to.deep.equal([
      [ann.userId],
      [eve.userId],
      null,
    ]);
  });

  it('is refused to who is not in the room, and for wrong shapes', async () => {
    const [eve] = await guests(engine, 'eve');
    const [closed, open] = [await roomOf([ann]), await roomOf([ann], { roomType: 'OPEN' })];
    expect(await errorOf(eve, 'listRoomMembers', { roomId: closed._id })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'listRoomMembers', { roomId: open._id })).to.equal('YOU_ARE_NO_JOINED_ROOM');
    for (const more of [
      { count: 0 },
      { count: 'all' },
      { cursor: {} },
      { cursor: 'x; drop' },
      { roomId: null },
    ]) {
      const answer = await ann.ask('listRoomMembers', { roomId: closed._id, ...more });
      expect(answer.error, JSON.stringify(more)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(Object.keys(more)[0]);
    }
  });
});
