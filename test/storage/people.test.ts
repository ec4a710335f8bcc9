import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import { openStorage, type Storage } from './seed.ts';

describe('claims, marks and people in the database', () => {
  let storage: Storage;
  before(async () => {
    storage = await openStorage();
  });
  after(() => storage.database.close());

  it('give a key to one of many, and hand it over once', async () => {
    const { claims } = storage.stores;
    const ids = Array.from({ length: 10 }, () => newId());
    const key = `claim-${ids[0]!}`;
    const holders = await Promise.all(ids.map(id => claims.claim(key, id)));
    expect(new Set(holders).size).to.equal(1);
    const taken = await Promise.all(ids.map(() => claims.replace(key, holders[0]!, newId())));
    expect(taken.filter(Boolean)).to.have.length(1);
  });

  it('move a mark only forward', async () => {
    const { marks } = storage.stores;
    for (const time of [5_000, 9_000, 1_000]) await marks.write('mark', new Date(time));
    expect((await marks.read('mark'))?.getTime()).to.equal(9_000);
    expect(await marks.read('no mark')).to.equal(null);
    expect(Math.abs((await marks.now()).getTime() - Date.now())).to.be.below(10_000);
  });

  it('keep known people as they are when asked to, and forget all of an erased one but the mark', async () => {
    const { users } = storage.stores;
    const person = { id: newId(), nickName: 'Ann', profileUrl: null, meta: { email: 'a@b.c' } };
    await users.upsert([person], 'overwrite', new Date());
    await users.upsert([{ ...person, nickName: 'other' }], 'ifAbsent', new Date());
    expect((await users.byIds([person.id]))[0]).to.deep.include({
      nickName: 'Ann',
      meta: { email: 'a@b.c' },
    });
    await users.erase(person.id, new Date());
    expect(await users.byIds([person.id])).to.deep.equal([]);
    const [mark] = await users.byIds([person.id], 'with');
    expect(mark).to.deep.include({ nickName: '', meta: null });
    expect(mark!.tokensValidFrom).to.be.instanceOf(Date);
    await users.upsert([person], 'ifAbsent', new Date());
    expect((await users.byIds([person.id]))[0]!.nickName, 'who comes back is new').to.equal('Ann');
  });

  it('find people by any part of their nick, without regard to case, spacing or operators', async () => {
    const { users } = storage.stores;
    const [a, b] = [newId(), newId()];
    const profile = (id: string, nickName: string) => ({ id, nickName, profileUrl: null, meta: null });
    await users.upsert([profile(a, '홍 길동 (A.*)'), profile(b, '고길동')], 'overwrite', new Date());
    const found = async (keyword: string) =>
      (await users.find({ keyword, among: [a, b], skip: 0, limit: 9 })).map(user => user.id).sort();
    expect(await found('길동')).to.deep.equal([a, b].sort());
    expect(await found('홍길')).to.deep.equal([a]);
    expect(await found('(a.*')).to.deep.equal([a]);
    expect(await found('.*')).to.deep.equal([a]);
    expect(await found('동길')).to.deep.equal([]);
  });
});
