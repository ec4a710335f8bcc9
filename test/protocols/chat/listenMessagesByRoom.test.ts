import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { newKey } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('listenMessagesByRoom', () => {
  const SIZE = 130;
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let room: Room;
  let all: Message[];
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
    room = await roomOf([ann, bob]);
    const card = { type: 'CARD', content: { rawData: { cardType: 'LINK_INVITATION' } } };
    const sends = Array.from({ length: SIZE }, (_, i) =>
      ann.do('sendMessage', {
        syncKey: newKey(),
        roomId: room._id,
        data: i % 10 === 9 ? card : { type: 'TEXT', content: `${i}` },
      }),
    );
    all = (await Promise.all(sends)).map(({ message }) => message).sort((a, b) => a.seq - b.seq);
  });
  const page = async (more: object = {}): Promise<[number[], boolean]> => {
    const { list, hasMore } = await bob.do('listenMessagesByRoom', { roomId: room._id, ...more });
    return [list.map((message: Message) => message.seq), hasMore];
  };
  const at = (seq: number) => all[seq - 1]!._id;
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);
  const up = (from: number, to: number) => down(to, from).reverse();

  it('gives the newest ten, newest first, and the messages as they were sent', async () => {
    expect(await page()).to.deep.equal([down(SIZE, SIZE - 9), true]);
    expect(
      await page({ lastMessageId: null, count: null, direction: null, messageType: null }),
    ).to.deep.equal([down(SIZE, SIZE - 9), true]);
    const { list } = await bob.do('listenMessagesByRoom', { roomId: room._id, count: 3 });
    expect(list).to.deep.equal(all.slice(-3).reverse());
  });

  it('goes on before the message it is given, down to the first one', async () => {
    expect(await page({ lastMessageId: at(50), count: 5 })).to.deep.equal([down(49, 45), true]);
    expect(await page({ lastMessageId: at(6), count: 5 })).to.deep.equal([down(5, 1), false]);
    expect(await page({ lastMessageId: at(4), count: 5 })).to.deep.equal([down(3, 1), false]);
    expect(await page({ lastMessageId: at(1), count: 5 })).to.deep.equal([[], false]);
  });

  it('gives 100 at most; all pages together are the room, each message once', async () => {
    expect(await page({ count: 5_000 })).to.deep.equal([down(SIZE, SIZE - 99), true]);
    expect(await page({ count: 100 })).to.deep.equal([down(SIZE, SIZE - 99), true]);
    expect(await bob.history(room._id)).to.deep.equal(all);
  });

  it('gives what comes after a message, oldest first', async () => {
    expect(await page({ direction: 'after', lastMessageId: at(50), count: 5 })).to.deep.equal([
      up(51, 55),
      true,
    ]);
    expect(await page({ direction: 'after', lastMessageId: at(SIZE - 5), count: 5 })).to.deep.equal([
      up(SIZE - 4, SIZE),
      false,
    ]);
    expect(await page({ direction: 'after', lastMessageId: at(SIZE), count: 5 })).to.deep.equal([[], false]);
    expect(await page({ direction: 'after', count: 5 }), 'from the beginning').to.deep.equal([
      up(1, 5),
      true,
    ]);
  });

  it('gives what is around a message, oldest first, with it in the middle', async () => {
    expect(await page({ direction: 'around', lastMessageId: at(50), count: 5 })).to.deep.equal([
      up(48, 52),
      true,
    ]);
    const [even] = await page({ direction: 'around', lastMessageId: at(50), count: 10 });
    expect(even).to.have.length(10).and.to.include(50);
    expect((await page({ direction: 'around', lastMessageId: at(1), count: 5 }))[0]).to.include.members([
      1, 2, 3,
    ]);
    expect((await page({ direction: 'around', lastMessageId: at(SIZE), count: 5 }))[0]).to.include.members([
      SIZE - 2,
      SIZE,
    ]);
  });

  it('gives one type only, in each direction', async () => {
    const type = { messageType: 'CARD', count: 3 };
    expect(await page(type)).to.deep.equal([[130, 120, 110], true]);
    expect(await page({ ...type, lastMessageId: at(110) })).to.deep.equal([[100, 90, 80], true]);
    expect(await page({ ...type, lastMessageId: at(35) })).to.deep.equal([[30, 20, 10], false]);
    expect(await page({ ...type, direction: 'after', lastMessageId: at(55) })).to.deep.equal([
      [60, 70, 80],
      true,
    ]);
    expect(await page({ ...type, direction: 'after', lastMessageId: at(110) })).to.deep.equal([
      [120, 130],
      false,
    ]);
    expect((await page({ ...type, direction: 'around', lastMessageId: at(60) }))[0]).to.deep.equal([
      50, 60, 70,
    ]);
    expect(await page({ messageType: 'PHOTO' })).to.deep.equal([[], false]);
  });

  it('an anchor that is unknown, or of another room, is MESSAGE_NO_EXISTS', async () => {
    const other = await roomOf([ann, bob]);
    const foreign = await ann.send(other._id, 'elsewhere');
    for (const lastMessageId of ['f'.repeat(24), 'nonsense', 12, foreign._id]) {
      for (const direction of ['before', 'after', 'around']) {
        const error = await errorOf(bob, 'listenMessagesByRoom', {
          roomId: room._id,
          lastMessageId,
          direction,
        });
        expect(error, `${lastMessageId} ${direction}`).to.equal('MESSAGE_NO_EXISTS');
      }
    }
  });

  it('a deleted message keeps its place, with nothing in it; an edited one says so', async () => {
    const own = await roomOf([ann, bob]);
    for (const text of ['one', 'two', 'three']) await ann.send(own._id, text);
    const [, two, three] = await bob.history(own._id);
    await engine.platform.do('DELETE', `/chat/messages/${two!._id}`);
    await engine.platform.do('PATCH', `/chat/messages/${three!._id}`, {
      data: { type: 'TEXT', content: 'drei' },
    });
    const [, gone, edited] = await bob.history(own._id);
    expect(gone).to.deep.equal({
      ...two!,
      data: { type: 'TEXT', content: {} },
      status: { deleted: true, hidden: false },
    });
    expect(edited!.data.content.text).to.equal('drei');
    expect(edited!.editedAt).to.be.a('string');
  });

  it('an empty room has an empty page', async () => {
    const empty = await roomOf([ann]);
    for (const direction of ['before', 'after', 'around']) {
      const data = await ann.do('listenMessagesByRoom', { roomId: empty._id, direction });
      expect(data, direction).to.deep.equal({ list: [], hasMore: false });
    }
  });

  it('is refused to who is not in the room, and for wrong shapes', async () => {
    const [eve] = await guests(engine, 'eve');
    const open = await roomOf([ann], { roomType: 'OPEN' });
    expect(await errorOf(eve, 'listenMessagesByRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve, 'listenMessagesByRoom', { roomId: open._id })).to.equal(
      'YOU_ARE_NO_JOINED_ROOM',
    );
    for (const more of [
      { count: 0 },
      { count: -1 },
      { count: '10' },
      { direction: 'up' },
      { messageType: 'X' },
      { lastMessageId: {} },
    ]) {
      const answer = await bob.ask('listenMessagesByRoom', { roomId: room._id, ...more });
      expect(answer.error, JSON.stringify(more)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(Object.keys(more)[0]);
    }
    for (const payload of [undefined, room._id, {}]) {
      expect(await errorOf(bob, 'listenMessagesByRoom', payload)).to.equal('INVALID_PAYLOAD');
    }
  });
});
