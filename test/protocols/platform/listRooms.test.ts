import { expect } from 'chai';
import type { Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, roomBody } from './bodies.ts';

describe('GET /chat/rooms', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const ids = (list: Room[]) => list.map(room => room._id);
  const list = (query: string) =>
    engine.platform.do<{ list: Room[]; nextCursor: string | null }>('GET', `/chat/rooms?${query}`);

  it('shows whole rooms, newest first, by link, member and type', async () => {
    const [ann, link] = [someone(), { sid: someone('link'), name: '가게' }];
    const group = await engine.platform.room([ann, someone()], { link });
    const open = await engine.platform.room([ann, someone()], { link, roomType: 'OPEN' });
    const other = await engine.platform.room([ann]);
    const byLink = await list(`linkSid=${link.sid}`);
    byLink.list.forEach(expectRoom);
    expect([ids(byLink.list), byLink.nextCursor]).to.deep.equal([[open._id, group._id], null]);
    expect(ids((await list(`memberId=${ann}`)).list)).to.deep.equal([other._id, open._id, group._id]);
    expect(ids((await list(`linkSid=${link.sid}&roomType=OPEN`)).list)).to.deep.equal([open._id]);
    expect((await list(`linkSid=${someone('none')}`)).list).to.deep.equal([]);
    expect((await list(`memberId=${someone()}`)).list).to.deep.equal([]);
  });

  it('pages through with the cursor, each room once', async () => {
    const ann = someone();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await engine.platform.room([ann, someone()]))._id);
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await list(`memberId=${ann}&limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.list.length).to.be.at.most(2);
      found.push(...ids(page.list));
      cursor = page.nextCursor;
    }
    expect(found).to.deep.equal(made);
  });

  it('a full last page has no cursor', async () => {
    const ann = someone();
    for (let i = 0; i < 2; i++) await engine.platform.room([ann, someone()]);
    expect((await list(`memberId=${ann}&limit=2`)).nextCursor).to.equal(null);
  });

  it('who left is not found any more, nor a deleted room', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const gone = await engine.platform.room([ann, bob]);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${bob}`);
    await engine.platform.do('DELETE', `/chat/rooms/${gone._id}`);
    expect((await list(`memberId=${bob}`)).list).to.deep.equal([]);
    expect(ids((await list(`memberId=${ann}`)).list)).to.deep.equal([room._id]);
  });

  it('a key that is bound to links sees no others, whatever it asks for', async () => {
    const ann = someone();
    const [mine, theirs] = [someone('link'), someone('link')];
    const link = (sid: string) => ({ link: { sid, name: '' } });
    const room = await engine.platform.room([ann, someone()], link(mine));
    await engine.platform.room([ann, someone()], link(theirs));
    await engine.platform.do('POST', '/chat/room', roomBody([ann, someone()], { link: null }));
    const { platform } = await newKeyFor(engine, { links: [mine] });
    for (const query of ['', `memberId=${ann}`, `linkSid=${mine}`]) {
      expect(ids((await platform.do('GET', `/chat/rooms?${query}`)).list), query).to.deep.equal([room._id]);
    }
    for (const query of [`linkSid=${theirs}`, `linkSid=${theirs}&memberId=${ann}`]) {
      expect((await platform.do('GET', `/chat/rooms?${query}`)).list, query).to.deep.equal([]);
    }
  });

  it('refuses a type that there is not, and limits out of range', async () => {
    for (const query of [
      'roomType=CLUB',
      'limit=0',
      'limit=501',
      'limit=x',
      'linkSid=a&linkSid=b',
      'memberId=',
    ]) {
      expectRefusal(await engine.platform.call('GET', `/chat/rooms?${query}`), 400, 'INVALID_PAYLOAD');
    }
  });
});
