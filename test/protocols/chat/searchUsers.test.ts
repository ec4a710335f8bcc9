import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('searchUsers', () => {
  let engine: Engine;
  let ann: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann] = await guests(engine, '앤-찾기');
  });
  const find = async (keyword: string, by = ann) => idsOf((await by.do('searchUsers', { keyword })).list);
  const enter = async (nickName: string): Promise<string> => {
    const _id = someone();
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id, nickName, meta: { email: 'x@y.kr' } }] });
    return _id;
  };

  it('finds people by a part of the nick and by initial consonants, also mixed', async () => {
    const id = await enter('홍길동쀍');
    for (const keyword of ['길동쀍', '홍 길동쀍', 'ㅎㄱㄷ쀍', '홍ㄱㄷ쀍', '홍길ㄷ쀍', '쀍'])
      expect(await find(keyword), keyword).to.deep.equal([id]);
    for (const keyword of ['ㅎㄷ쀍', '동길쀍', 'x@y.kr쀍'])
      expect(await find(keyword), keyword).to.deep.equal([]);
    const { list } = await ann.do('searchUsers', { keyword: '길동쀍' });
    expect(list).to.deep.equal([{ _id: id, nickName: '홍길동쀍', profileUrl: null }]);
    expect(idsOf((await ann.do('getInvitableUsers', { keyword: 'ㅎㄱㄷ쀍' })).list)).to.deep.equal([id]);
  });

  it('finds fifty at most, never oneself, and wants a keyword', async () => {
    const people = Array.from({ length: 55 }, (_, i) => ({ _id: someone(), nickName: `뙓많은 ${i}` }));
    await engine.platform.do('PUT', '/chat/users', { users: people });
    expect(await find('ㄸㅁㅇ')).to.have.length(50);
    expect(await find('앤-찾기')).to.deep.equal([]);
    for (const keyword of ['', '  '])
      expect(await errorOf(ann, 'searchUsers', { keyword })).to.equal('INVALID_PAYLOAD');
  });

  it('finds a person by the new nick, and one who was deleted not at all', async () => {
    const id = await enter('옛이름쀏');
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id: id, nickName: '새이름쀏' }] });
    expect([await find('옛이름쀏'), await find('ㅅㅇㄹ쀏')]).to.deep.equal([[], [id]]);
    await engine.platform.do('DELETE', `/chat/users/${id}`);
    expect(await find('쀏')).to.deep.equal([]);
  });

  it('finds only those one shares a room with where the directory is closed', async () => {
    const closed = await startEngine({ env: { USER_DIRECTORY: 'rooms' } });
    try {
      const [one, two, three] = await guests(closed, '하나', '두리', '다른');
      await roomOf([one, two]);
      expect(await find('ㄷㄹ', one)).to.deep.equal([two.userId]);
      expect(await find('ㄷㄹ', three)).to.deep.equal([]);
    } finally {
      await closed.close();
    }
  });
});

describe('queryRooms by initial consonants', () => {
  it('finds rooms by their name and by the nick of a member, in memory and out of it', async () => {
    const engine = await sharedEngine();
    const [ann, bob] = await guests(engine, '앤', '홍길동');
    const [named, other] = [
      await roomOf([ann, bob], { name: '주말 등산' }),
      await roomOf([ann], { name: 'x' }),
    ];
    const find = async (keyword: string) => idsOf((await ann.do('queryRooms', { keyword })).list);
    expect(await find('ㅈㅁㄷㅅ')).to.deep.equal([named._id]);
    expect(await find('등ㅅ')).to.deep.equal([named._id]);
    expect(await find('ㅎㄱㄷ')).to.deep.equal([named._id]);
    expect(await find('ㄱㅎㄷ')).to.deep.equal([]);
    expect(await find('x')).to.include(other._id);
    const { members } = engine.app.chat.stores;
    expect(await members.roomsWithNick([named._id, other._id], '홍ㄱ')).to.deep.equal([named._id]);
  });
});
