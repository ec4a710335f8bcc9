import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal } from './bodies.ts';

describe('PUT /chat/users', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const put = (users: unknown) => engine.platform.call('PUT', '/chat/users', { users });
  const get = (id: string) => engine.platform.do('GET', `/chat/users/${id}`);

  it('enters people, who can be invited before they ever connect', async () => {
    const [ann, bob] = [someone(), someone()];
    const meta = { email: 'b@example.com', phone: '010-1234' };
    const profileUrl = 'https://img.example.com/b.png';
    const { status, body } = await put([{ _id: bob, nickName: '밥', profileUrl, meta }]);
    expect([status, body]).to.deep.equal([200, { upserted: 1 }]);
    expect(await get(bob)).to.deep.equal({ _id: bob, nickName: '밥', profileUrl, meta, lastSeenAt: null });
    const a = await engine.connect(ann);
    const room = await a.do('createNewRoom', { users: [bob], name: '방' });
    expect(room.joinUsers.map((user: { _id: string }) => user._id)).to.deep.equal([ann, bob]);
  });

  it('updates those who are known, and their rooms show it', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const a = await engine.connect(ann);
    await put([{ _id: bob, nickName: '새 이름', profileUrl: 'https://img.example.com/n.png' }]);
    const shown = await a.frame('listenRoom', ({ joinUsers }) => joinUsers[1]?.nickName === '새 이름');
    expect(shown.joinUsers[1]).to.deep.include({ _id: bob, profileUrl: 'https://img.example.com/n.png' });
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).joinUsers[1].nickName).to.equal(
      '새 이름',
    );
  });

  it('contact data that is not sent stays as it was', async () => {
    const bob = someone();
    await put([{ _id: bob, nickName: 'a', meta: { email: 'b@example.com' } }]);
    await put([{ _id: bob, nickName: 'b' }]);
    expect(await get(bob)).to.deep.include({ nickName: 'b', meta: { email: 'b@example.com' } });
  });

  it('takes a thousand at once, one who is named twice as the last one says, and numbers as ids', async () => {
    const ids = Array.from({ length: 999 }, () => someone());
    const users = ids.map(_id => ({ _id, nickName: `n ${_id}` }));
    const { body } = await put([...users, { _id: ids[0], nickName: '나중' }]);
    expect(body).to.deep.equal({ upserted: 999 });
    expect((await get(ids[0]!)).nickName).to.equal('나중');
    const number = 800_000_000 + process.pid;
    await put([{ _id: number, nickName: 'n' }]);
    expect((await get(`${number}`))._id).to.equal(`${number}`);
  });

  it('refuses more than a thousand, nobody, ADMIN and wrong shapes, and then enters nobody', async () => {
    const ann = someone();
    const fine = { _id: ann, nickName: 'a' };
    const wrong: unknown[] = [
      Array.from({ length: 1_001 }, () => ({ _id: someone(), nickName: 'x' })),
      [],
      [fine, { _id: 'ADMIN', nickName: 'x' }],
      [fine, { _id: '', nickName: 'x' }],
      [fine, { _id: 'x'.repeat(129), nickName: 'x' }],
      [fine, { _id: someone() }],
      [fine, { _id: someone(), nickName: 'x'.repeat(101) }],
      [fine, { _id: someone(), nickName: 'x', meta: { $where: 1 } }],
      [fine, { _id: someone(), nickName: 'x', profileUrl: 'javascript:x' }],
      'ann',
    ];
    for (const users of wrong) expectRefusal(await put(users), 400, 'INVALID_PAYLOAD');
    expectRefusal(await engine.platform.call('GET', `/chat/users/${ann}`), 404, 'USER_NO_EXISTS');
  });
});
