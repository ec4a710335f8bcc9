import { expect } from 'chai';
import { sendMessage } from '../../../src/domain/messages/send.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { startEngine } from '../../helpers/engine.ts';
import { aMoment, errorOf, guests, idsOf, partyOf, roomOf } from '../../helpers/party.ts';
import { searchAll, type Found } from '../../helpers/searching.ts';

describe('searchMessages', () => {
  const party = partyOf(['ann', 'bob']);
  const textsOf = (list: readonly Found[]) => list.map(({ data }) => (data.content as { text: string }).text);
  const find = async (keyword: string, more: object = {}, by = party.ann): Promise<string[]> =>
    textsOf((await by.do('searchMessages', { keyword, ...more })).list);
  /** The same before and after what was sent is indexed. */
  const both = async (look: () => Promise<unknown>, expected: unknown): Promise<void> => {
    expect(await look(), 'at once').to.deep.equal(expected);
    await party.engine.app.chat.indexer.flush();
    expect(await look(), 'from the index').to.deep.equal(expected);
  };

  it('finds Korean by substring, newest first, without regard to spaces, case and width', async () => {
    const { ann, bob, room } = party;
    await ann.send(room._id, '내일 회의 는 세시');
    await bob.send(room._id, '회의실 어디예요?');
    await ann.send(room._id, 'Ｍｅｅｔｉｎｇ room ABC');
    await ann.send(room._id, '점심');
    await both(() => find('회의'), ['회의실 어디예요?', '내일 회의 는 세시']);
    await both(() => find('의는세'), ['내일 회의 는 세시']);
    await both(() => find(' meeting ROOM a'), ['Ｍｅｅｔｉｎｇ room ABC']);
    await both(() => find('회의'.normalize('NFD')), ['회의실 어디예요?', '내일 회의 는 세시']);
    await both(() => find('실'), ['회의실 어디예요?']);
    await both(() => find('의회'), []);
  });

  it('marks every place of the keyword', async () => {
    const { ann, room } = party;
    const { _id } = await ann.send(room._id, '회의 뒤에 또 회 의');
    const { list } = await ann.do('searchMessages', { keyword: '회의', roomId: room._id });
    expect(list[0]._id).to.equal(_id);
    expect(list[0].highlights).to.deep.equal([
      { field: 'text', start: 0, length: 2 },
      { field: 'text', start: 8, length: 3 },
    ]);
  });

  it('finds names of files, captions and the text of cards', async () => {
    const { engine, ann, room } = party;
    const { chat } = engine.app;
    const actor = { kind: 'user' as const, userId: ann.userId, nickName: 'ann', profileUrl: null };
    const url = 'https://example.com/x.png';
    const photo = { type: 'PHOTO' as const, url, name: '제주도 사진.png', text: '바다 앞에서' };
    await sendMessage(chat, actor, { roomId: room._id, syncKey: 'photo', content: photo });
    const card = { cardType: 'LINK_INVITATION', text: '바다로 초대합니다' };
    await ann.do('sendMessage', {
      syncKey: 'card',
      roomId: room._id,
      data: { type: 'CARD', content: { rawData: card } },
    });
    const fields = async (keyword: string) =>
      (await ann.do('searchMessages', { keyword })).list.map((hit: Found) => [
        hit.data.type,
        hit.highlights[0]!.field,
      ]);
    await both(() => fields('도사진'), [['PHOTO', 'files.0.name']]);
    await both(
      () => fields('바다'),
      [
        ['CARD', 'rawData.text'],
        ['PHOTO', 'text'],
      ],
    );
  });

  it('is narrowed by room, author, type and time', async () => {
    const { ann, bob, room } = party;
    const other = await roomOf([ann, bob]);
    await ann.send(room._id, '같은 말 하나');
    const middle = aMoment();
    await bob.send(room._id, '같은 말 둘');
    await ann.send(other._id, '같은 말 셋');
    await both(() => find('같은말'), ['같은 말 셋', '같은 말 둘', '같은 말 하나']);
    await both(() => find('같은말', { roomId: room._id }), ['같은 말 둘', '같은 말 하나']);
    await both(() => find('같은말', { authorId: ann.userId }), ['같은 말 셋', '같은 말 하나']);
    await both(() => find('같은말', { from: middle }), ['같은 말 셋', '같은 말 둘']);
    await both(() => find('같은말', { to: middle }), ['같은 말 하나']);
    await both(() => find('같은말', { messageType: 'PHOTO' }), []);
    await both(() => find('같은말', { messageType: 'TEXT', authorId: bob.userId }), ['같은 말 둘']);
  });

  it('does not find what was deleted, what an edit took away, nor what the engine wrote', async () => {
    const { engine, ann, room } = party;
    const first = await ann.send(room._id, '지울 낱말');
    const second = await ann.send(room._id, '고칠 낱말');
    for (const isIndexed of [false, true]) {
      if (isIndexed) await engine.app.chat.indexer.flush();
      const text = isIndexed ? '또 다른 글' : '다른 글';
      await engine.platform.do('PATCH', `/chat/messages/${second._id}`, {
        data: { type: 'TEXT', content: { text } },
      });
      expect(await find('고칠')).to.deep.equal([]);
      expect(await find(text)).to.deep.equal([text]);
    }
    await engine.platform.do('DELETE', `/chat/messages/${first._id}`);
    await both(() => find('낱말'), []);
    const { segments } = engine.database;
    const keys = (await segments.find({}).toArray()).flatMap(segment => segment.keys);
    expect(keys, 'something is indexed at all').to.not.deep.equal([]);
    await ann.do('inviteRoom', {
      roomId: room._id,
      targetUserIds: [(await guests(engine, 'new'))[0].userId],
    });
    await both(() => find('초대했습니다'), []);
  });

  it('takes the pieces of a deleted text out of the index', async () => {
    const { engine, ann, room } = party;
    const message = await ann.send(room._id, '비밀번호는 삼사오육');
    await ann.send(room._id, '다음 글');
    await engine.app.chat.indexer.flush();
    const keysOf = async () =>
      (await engine.app.chat.stores.search.chain(room._id, 0, 9)).length &&
      (await engine.database.segments.find({ to: { $gte: message.seq } }).toArray())
        .filter(({ roomId }) => roomId.toHexString() === room._id)
        .flatMap(({ keys }) => keys).length;
    const before = await keysOf();
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    await engine.app.chat.indexer.flush();
    expect(await keysOf()).to.be.lessThan(before - 10);
  });

  it('shows nothing of rooms that one is not in, has left, or was put out of', async () => {
    const { engine, ann, bob, room } = party;
    const [eve] = await guests(engine, 'eve');
    await ann.send(room._id, '우리만 아는 말');
    expect(await find('우리만', {}, eve)).to.deep.equal([]);
    expect(await errorOf(eve, 'searchMessages', { keyword: '우리만', roomId: room._id })).to.equal(
      'ROOM_NO_EXISTS',
    );
    expect(await find('우리만', {}, bob)).to.deep.equal(['우리만 아는 말']);
    await engine.app.chat.indexer.flush();
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    expect(await find('우리만', {}, bob)).to.deep.equal([]);
  });

  it('shows what was written before one joined only where the room shows its history', async () => {
    const { engine, ann, room } = party;
    const [eve] = await guests(engine, 'eve');
    await ann.send(room._id, '옛날 이야기');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    await ann.send(room._id, '새 이야기');
    await both(() => find('이야기', {}, eve), ['새 이야기']);
    await both(() => find('이야기', { roomId: room._id }, eve), ['새 이야기']);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory: true } } });
    await both(() => find('이야기', {}, eve), ['새 이야기', '옛날 이야기']);
  });

  it('comes in pages of thirty, each message once', async () => {
    const { engine, ann, room } = party;
    const sent = [];
    for (let i = 0; i < 75; i++) sent.push(await ann.send(room._id, `쪽 ${i % 3 ? '나눔' : '없음'} ${i}`));
    await engine.app.chat.indexer.flush();
    for (let i = 75; i < 80; i++) sent.push(await ann.send(room._id, `쪽 나눔 ${i}`));
    const page = await ann.do('searchMessages', { keyword: '쪽' });
    expect(page.list).to.have.length(30);
    const all = idsOf(sent).reverse();
    expect(idsOf(await searchAll(ann, { keyword: '쪽' }))).to.deep.equal(all);
    expect(idsOf(await searchAll(ann, { keyword: '쪽나눔', roomId: room._id }))).to.have.length(55);
  });

  it('wants a keyword of 1 to 100 characters, spaces aside', async () => {
    const { ann } = party;
    for (const keyword of ['', '   ', '\u200b\n', '가'.repeat(101)])
      expect(await errorOf(ann, 'searchMessages', { keyword }), keyword).to.equal('INVALID_PAYLOAD');
    expect(await find(' 가'.repeat(100))).to.deep.equal([]);
    for (const cursor of ['x', '1-2', `${'9'.repeat(17)}-${'a'.repeat(24)}`])
      expect(await errorOf(ann, 'searchMessages', { keyword: 'x', cursor })).to.equal('INVALID_PAYLOAD');
    const far = `${'9'.repeat(16)}-${'a'.repeat(24)}`;
    expect(await find('.*', { cursor: far }), 'a pattern is a text like any other').to.deep.equal([]);
  });

  it('is known as searchMessagesByRoom too', async () => {
    const { ann, room } = party;
    await ann.send(room._id, '길의 이름');
    const asked = { keyword: '의이', roomId: room._id };
    expect(await ann.do('searchMessagesByRoom', asked)).to.deep.equal(await ann.do('searchMessages', asked));
    expect((await ann.do('searchMessagesByRoom', asked)).list).to.have.length(1);
  });

  it('leaves nothing of a removed room in the index', async () => {
    const { engine, ann, room } = party;
    await ann.send(room._id, '곧 사라질 방');
    await engine.app.chat.indexer.flush();
    expect(await engine.app.chat.stores.search.chain(room._id, 0, 9)).to.have.length(1);
    await ann.send(room._id, '아직 기다리는 글');
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    await engine.app.chat.indexer.flush();
    expect(await engine.app.chat.stores.search.chain(room._id, 0, 9)).to.deep.equal([]);
    expect((await engine.app.chat.stores.search.marks([room._id])).size).to.equal(0);
  });

  it('finds on each node what was sent and indexed on another', async () => {
    const shared = { bus: inProcessBus(), database: `nodes${Date.now()}` };
    const nodes = [await startEngine(shared), await startEngine(shared)] as const;
    try {
      const [[one], [two]] = [await guests(nodes[0], 'one'), await guests(nodes[1], 'two')];
      const common = await roomOf([one, two]);
      for (let i = 0; i < 40; i++) await [one, two][i % 2]!.send(common._id, `두 마디 ${i}`);
      await Promise.all(nodes.map(({ app }) => app.chat.indexer.flush()));
      for (const who of [one, two]) expect(await searchAll(who, { keyword: '두마디' })).to.have.length(40);
      const chain = await nodes[0].app.chat.stores.search.chain(common._id, 0, 99);
      expect(chain.map(({ from }) => from)).to.deep.equal([0, ...chain.slice(0, -1).map(({ to }) => to)]);
      expect(chain.at(-1)!.to).to.equal(40);
    } finally {
      for (const node of nodes) await node.close();
    }
  });

  it('goes on after a restart where the index was left, and with a log that was never indexed', async () => {
    const database = `again${Date.now()}`;
    const first = await startEngine({ database });
    const [one] = await guests(first, 'one');
    const own = await roomOf([one, ...(await guests(first, 'two'))]);
    for (let i = 0; i < 30; i++) await one.send(own._id, `남은 글 ${i}`);
    await first.close();
    const second = await startEngine({ database });
    // As before there was an index.
    await second.database.segments.deleteMany({});
    await second.database.searchMarks.deleteMany({});
    await second.database.marks.deleteMany({ _id: 'search-indexed' });
    const again = await second.connect(one.userId, 'one');
    expect(await searchAll(again, { keyword: '남은글' })).to.have.length(30);
    await second.close();
    const third = await startEngine({ database });
    try {
      await third.app.chat.indexer.caughtUp;
      await third.app.chat.indexer.flush();
      expect((await third.app.chat.stores.search.marks([own._id])).get(own._id)?.seq).to.equal(30);
    } finally {
      await third.close();
    }
  });
});
