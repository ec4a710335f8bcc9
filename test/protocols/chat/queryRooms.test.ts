import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('queryRooms', () => {
  let engine: Engine;
  let ann: ChatClient;
  let find: (keyword: unknown, more?: object) => Promise<string[]>;
  before(async () => {
    engine = await sharedEngine();
    [ann] = await guests(engine, 'ann');
    find = async (keyword, more = {}) => idsOf((await ann.do('queryRooms', { keyword, ...more })).list);
  });

  it('finds my rooms by a part of their name, in any case and with any spaces, Korean too', async () => {
    const [soccer, korean] = [
      await roomOf([ann], { name: 'Sunday Soccer Club' }),
      await roomOf([ann], { name: '마당 모임' }),
    ];
    for (const keyword of ['soccer', 'SOCCER c', 'sundaysoccer', ' day ']) {
      expect(await find(keyword), keyword).to.deep.equal([soccer._id]);
    }
    for (const keyword of ['마당', '당 모', '모임'])
      expect(await find(keyword), keyword).to.deep.equal([korean._id]);
    expect(await find('nothing of the kind')).to.deep.equal([]);
  });

  it('finds them by the nick of a member', async () => {
    const [gildong] = await guests(engine, '홍길동-queryRooms');
    const room = await roomOf([ann, gildong], { name: 'x' });
    expect(await find('길동-query')).to.deep.equal([room._id]);
    await engine.connect(gildong.userId, '전우치-queryRooms');
    expect(await find('길동-query'), 'the old nick').to.deep.equal([]);
    expect(await find('우치-QUERY'), 'the new one').to.deep.equal([room._id]);
  });

  it('not by the nick of a member whom I may not see', async () => {
    const [hidden] = await guests(engine, 'hidden-nick-q');
    const [host] = await guests(engine, 'host-nick-q');
    const room = await roomOf([host, ann, hidden], { name: 'y', rules: { canShowMemberList: false } });
    expect(await find('hidden-nick-q')).to.deep.equal([]);
    expect(await find('host-nick-q'), 'masters are seen').to.deep.equal([room._id]);
    expect(idsOf((await host.do('queryRooms', { keyword: 'hidden-nick-q' })).list)).to.deep.equal([room._id]);
  });

  it('takes a keyword literally, whatever is in it', async () => {
    const room = await roomOf([ann], { name: 'a.*(b)[c]$^\\ "d"' });
    expect(await find('.*(b)[c]$^\\')).to.deep.equal([room._id]);
    expect(await find('.*nothing')).to.deep.equal([]);
    for (const keyword of ['(', '[', '\\', '$', '\u0000', '%']) {
      expect(await errorOf(ann, 'queryRooms', { keyword }), keyword).to.equal(null);
    }
  });

  it('without a keyword it is the whole list', async () => {
    const all = idsOf(await ann.rooms());
    for (const payload of [undefined, null, {}, { keyword: null }, { keyword: '' }, { keyword: '  ' }]) {
      expect(idsOf((await ann.do('queryRooms', payload)).list), JSON.stringify(payload)).to.deep.equal(all);
    }
  });

  it('goes together with the filters and pages of listenRooms', async () => {
    const rooms = [];
    for (let i = 0; i < 3; i++)
      rooms.push(await roomOf([ann], { name: `paged ${i}`, roomType: i === 1 ? 'OPEN' : 'GROUP' }));
    expect(await find('paged', { roomType: 'OPEN' })).to.deep.equal([rooms[1]!._id]);
    const first = await ann.do('queryRooms', { keyword: 'paged', count: 2 });
    const rest = await ann.do('queryRooms', { keyword: 'paged', count: 2, cursor: first.nextCursor });
    expect([...idsOf(first.list), ...idsOf(rest.list)]).to.have.members(idsOf(rooms));
    expect(rest.nextCursor).to.equal(null);
  });

  it('never finds a room of others', async () => {
    const [eve] = await guests(engine, 'eve');
    await roomOf([ann], { name: 'only ann knows', roomType: 'OPEN' });
    expect((await eve.do('queryRooms', { keyword: 'only ann' })).list).to.deep.equal([]);
  });

  it('refuses wrong shapes', async () => {
    for (const keyword of [7, {}, ['a'], 'x'.repeat(201)]) {
      const answer = await ann.ask('queryRooms', { keyword });
      expect(answer.error).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include('keyword');
    }
  });
});
