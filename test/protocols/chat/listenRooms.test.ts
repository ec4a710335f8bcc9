import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('listenRooms', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('gives my rooms, last message first, each with its last message and my unread count', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const rooms: Room[] = [];
    for (let i = 0; i < 4; i++) rooms.push(await roomOf([ann, bob]));
    await roomOf([bob]);
    for (const i of [2, 0, 2]) await ann.send(rooms[i]!._id, `to ${i}`);
    const list = await bob.rooms();
    const own = list.filter(room => room.joinUserCount === 2);
    expect(idsOf(own).slice(0, 2)).to.deep.equal([rooms[2]!._id, rooms[0]!._id]);
    expect(own.map(room => room.unReadMsgCount)).to.deep.equal([2, 1, 0, 0]);
    expect(own[0]!.lastMessage!.data.content.text).to.equal('to 2');
    expect(own[3]!.lastMessage).to.equal(null);
    expect(list).to.have.length(5);
    for (const room of list) expect(room).to.deep.equal(await bob.room(room._id));
  });

  it('somebody without rooms has an empty list', async () => {
    const [ann] = await guests(engine, 'ann');
    expect(await ann.do('listenRooms')).to.deep.equal({ list: [], nextCursor: null });
  });

  it('filters by type, types, link and mastership, each with null as none, as the seed sends them', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const group = await roomOf([ann, bob], { link: { sid: 'one', name: '' } });
    const open = await roomOf([bob, ann], { roomType: 'OPEN', link: { sid: 'two', name: '' } });
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    const alarm = await engine.platform.room([bob.userId, ann.userId], { roomType: 'ALARM' });
    const find = async (filter: unknown) => idsOf((await ann.do('listenRooms', filter)).list);
    const all = [group._id, open._id, direct._id, alarm._id];
    expect(
      await find({ roomType: null, linkSid: null, roomTypes: null, masterUser: null, count: null }),
    ).to.have.members(all);
    for (const none of [undefined, null, {}, { unknown: 1 }]) expect(await find(none)).to.have.members(all);
    expect(await find({ roomType: 'GROUP' })).to.deep.equal([group._id]);
    expect(await find({ roomTypes: ['OPEN', 'DIRECT'] })).to.have.members([open._id, direct._id]);
    expect(await find({ linkSid: 'two' })).to.deep.equal([open._id]);
    expect(await find({ linkSid: 'none' })).to.deep.equal([]);
    expect(await find({ masterUser: true })).to.deep.equal([group._id]);
    expect(await find({ masterUser: false })).to.have.members([open._id, direct._id, alarm._id]);
    expect(await find({ masterUser: false, roomType: 'OPEN', linkSid: 'two' })).to.deep.equal([open._id]);
  });

  it('comes in pages by count and cursor, each room once, in the order of the whole list', async () => {
    const [ann] = await guests(engine, 'ann');
    for (let i = 0; i < 7; i++) await roomOf([ann], { link: { sid: `s${i % 2}`, name: '' } });
    const whole = idsOf(await ann.rooms());
    const pages: string[][] = [];
    for (let cursor: string | null = null; ;) {
      const page: { list: Room[]; nextCursor: string | null } = await ann.do('listenRooms', {
        count: 3,
        cursor,
      });
      pages.push(idsOf(page.list));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(pages.map(page => page.length)).to.deep.equal([3, 3, 1]);
    expect(pages.flat()).to.deep.equal(whole);
    const { list, nextCursor } = await ann.do('listenRooms', { count: 7 });
    expect([list.length, nextCursor]).to.deep.equal([7, null]);
    const odd = await ann.do('listenRooms', { count: 2, linkSid: 's1' });
    const rest = await ann.do('listenRooms', { count: 2, linkSid: 's1', cursor: odd.nextCursor });
    expect([odd.list.length, rest.list.length, rest.nextCursor]).to.deep.equal([2, 1, null]);
  });

  it('a room that moves up between two pages hides no other room', async () => {
    const [ann] = await guests(engine, 'ann');
    const rooms: Room[] = [];
    for (let i = 0; i < 5; i++) rooms.push(await roomOf([ann]));
    const first = await ann.do('listenRooms', { count: 2 });
    await ann.send(first.list[1]._id, 'moves to the top');
    const second = await ann.do('listenRooms', { count: 5, cursor: first.nextCursor });
    expect(new Set([...idsOf(first.list), ...idsOf(second.list)])).to.deep.equal(new Set(idsOf(rooms)));
  });

  it('refuses wrong shapes and names the field', async () => {
    const [ann] = await guests(engine, 'ann');
    const wrong: [unknown, string][] = [
      [{ roomType: 'SECRET' }, 'roomType'],
      [{ roomTypes: 'GROUP' }, 'roomTypes'],
      [{ linkSid: { $ne: 1 } }, 'linkSid'],
      [{ masterUser: 'yes' }, 'masterUser'],
      [{ count: 0 }, 'count'],
      [{ count: 1.5 }, 'count'],
      [{ cursor: {} }, 'cursor'],
      ['text', ''],
      [[], ''],
    ];
    for (const [payload, field] of wrong) {
      const answer = await ann.ask('listenRooms', payload);
      expect(answer.error, JSON.stringify(payload)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(field);
    }
    expect(await errorOf(ann, 'listenRooms', { cursor: 'of another list' })).to.be.oneOf([
      null,
      'INVALID_PAYLOAD',
    ]);
  });

  it('counts are exact after a restart, with deleted messages, one’s own acts and long lists', async function () {
    this.timeout(40_000);
    const database = `list-${process.pid}`;
    const first = await startEngine({ database });
    const [ann, bob, eve] = await guests(first, 'ann', 'bob', 'eve');
    const rooms = await Promise.all(
      Array.from({ length: 203 }, (_, i) => roomOf([ann, bob], { name: `n${i}` })),
    );
    const [one, two, three] = rooms as [Room, Room, Room];
    const texts = await Promise.all([1, 2, 3, 4].map(i => ann.send(one._id, `${i}`)));
    await first.platform.do('DELETE', `/chat/messages/${texts[1]!._id}`);
    await bob.send(two._id, 'unread of ann');
    await ann.do('inviteRoom', { roomId: two._id, targetUserIds: [eve.userId] });
    await bob.do('joinRoom', three._id);
    await first.platform.write(three._id, 'by the platform in the name of ann', ann.userId);
    const counts = async (client: ChatClient) => {
      const list = await client.rooms();
      expect(list).to.have.length(203);
      for (const room of list) {
        const shown = idsOf(room.joinUsers);
        expect(shown, 'the caller and the masters').to.have.members(
          client.userId === bob.userId ? [ann.userId, bob.userId] : [ann.userId],
        );
        expect(room.joinUserCount).to.equal(room._id === two._id ? 3 : 2);
      }
      return [one, two, three].map(({ _id }) => list.find(room => room._id === _id)!.unReadMsgCount);
    };
    const before = [await counts(ann), await counts(bob)];
    expect(before).to.deep.equal([
      [0, 1, 0],
      [3, 1, 0],
    ]);
    await first.close();
    const second = await startEngine({ database });
    try {
      const [ann2, bob2] = [await second.connect(ann.userId, 'ann'), await second.connect(bob.userId, 'bob')];
      expect([await counts(ann2), await counts(bob2)], 'from the store').to.deep.equal(before);
      for (const [keyword, size] of [
        ['n10', 11],
        ['(', 0],
        ['eve', 1],
        ['a\u0000b', null],
        ['\u0000', null],
      ] as const) {
        const { list } = await bob2.do('queryRooms', { keyword });
        if (size !== null) expect(list, `searched in the store: ${keyword}`).to.have.length(size);
      }
      const warm = await Promise.all([one, two, three].map(({ _id }) => bob2.room(_id)));
      expect(
        warm.map(room => room.unReadMsgCount),
        'when it is loaded',
      ).to.deep.equal(before[1]);
    } finally {
      await second.close();
    }
  });
});
