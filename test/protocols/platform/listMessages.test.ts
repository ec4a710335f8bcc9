import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectMessage, expectRefusal, NOWHERE } from './bodies.ts';

describe('GET /chat/rooms/:id/messages', () => {
  let engine: Engine;
  let roomId: string;
  before(async () => {
    engine = await sharedEngine();
    ({ _id: roomId } = await engine.platform.room([someone()]));
    for (let i = 2; i <= 7; i++) await engine.platform.write(roomId, `글 ${i}`);
  });
  const page = async (query = '') => {
    const { list, hasMore } = await engine.platform.do('GET', `/chat/rooms/${roomId}/messages?${query}`);
    list.forEach(expectMessage);
    return { seqs: list.map(({ seq }: { seq: number }) => seq), hasMore };
  };

  it('gives them newest first', async () => {
    expect(await page()).to.deep.equal({ seqs: [7, 6, 5, 4, 3, 2, 1], hasMore: false });
  });

  it('gives those below `before`, `limit` at most, and says whether there are more', async () => {
    expect(await page('limit=3')).to.deep.equal({ seqs: [7, 6, 5], hasMore: true });
    expect(await page('limit=3&before=5')).to.deep.equal({ seqs: [4, 3, 2], hasMore: true });
    expect(await page('limit=3&before=2')).to.deep.equal({ seqs: [1], hasMore: false });
    expect(await page('limit=4&before=5')).to.deep.equal({ seqs: [4, 3, 2, 1], hasMore: false });
    expect(await page('before=1')).to.deep.equal({ seqs: [], hasMore: false });
    expect(await page('before=9007199254740991')).to.deep.equal({
      seqs: [7, 6, 5, 4, 3, 2, 1],
      hasMore: false,
    });
  });

  it('shows a deleted message at its place, empty', async () => {
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, '지울 글');
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    const [last] = (await engine.platform.messages(room._id)).reverse();
    expect(last).to.deep.include({ seq: 2, status: { deleted: true, hidden: false } });
    expect(last!.data).to.deep.equal({ type: 'TEXT', content: {} });
  });

  it('refuses ranges that are none, unknown rooms and foreign ones', async () => {
    for (const query of ['before=0', 'before=x', 'before=1.5', 'limit=0', 'limit=501', 'before=1&before=2']) {
      const response = await engine.platform.call('GET', `/chat/rooms/${roomId}/messages?${query}`);
      expectRefusal(response, 400, 'INVALID_PAYLOAD');
    }
    expectRefusal(
      await engine.platform.call('GET', `/chat/rooms/${NOWHERE}/messages`),
      404,
      'ROOM_NO_EXISTS',
    );
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(await platform.call('GET', `/chat/rooms/${roomId}/messages`), 404, 'ROOM_NO_EXISTS');
  });
});
