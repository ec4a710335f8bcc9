import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('listAnnouncements', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });

  it('lists all for members, the newest first', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'two');
    const add = async (about: object) =>
      (await ann.do('addAnnouncement', { roomId: room._id, ...about })).announcement;
    const all = [
      await add({ content: 'one' }),
      await add({ messageId: message._id }),
      await add({ content: '3' }),
    ];
    expect(await bob.do('listAnnouncements', { roomId: room._id })).to.deep.equal({ list: all.reverse() });
  });

  it('keeps the newest hundred', async () => {
    const room = await roomOf([ann, bob]);
    for (let i = 1; i <= 102; i++) await ann.do('addAnnouncement', { roomId: room._id, content: `${i}` });
    const { list } = await bob.do('listAnnouncements', { roomId: room._id });
    expect(list.map(({ content }: { content: string }) => content)).to.deep.equal(
      Array.from({ length: 100 }, (_, i) => `${102 - i}`),
    );
  });

  it('is for members', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob]);
    const open = await roomOf([ann, bob], { roomType: 'OPEN' });
    expect(await errorOf(eve, 'listAnnouncements', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'listAnnouncements', { roomId: open._id })).to.equal('YOU_ARE_NO_JOINED_ROOM');
  });
});
