import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('GET, POST and DELETE /chat/bannedWords', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  const shared = { bus: inProcessBus(), database: `words-${process.pid}` };
  before(async () => {
    engine = await startEngine({ ...shared, env: { MEMBER_CARD_TYPES: 'LINK_INVITATION' } });
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  after(() => engine.close());
  const post = (mode: string, ...words: string[]) =>
    engine.platform.do('POST', '/chat/bannedWords', { words, mode });
  const wordsOf = async () => {
    const { list } = await engine.platform.do<{ list: { word: string; mode: string }[] }>(
      'GET',
      '/chat/bannedWords',
    );
    return Object.fromEntries(list.map(({ word, mode }) => [word, mode]));
  };
  afterEach(async () => {
    const words = Object.keys(await wordsOf());
    if (words.length > 0) await engine.platform.do('DELETE', '/chat/bannedWords', { words });
  });
  const say = (by: ChatClient, roomId: string, content: string, syncKey = newKey()) =>
    by.ask('sendMessage', { syncKey, roomId, data: { content } });
  const textOf = ({ data }: { data: any }): string => data.message.data.content.text;

  it('a blocked word is refused, and nothing is stored; the list is empty at first', async () => {
    const room = await roomOf([ann, bob]);
    expect(await wordsOf()).to.deep.equal({});
    expect((await say(bob, room._id, '시발')).error).to.equal(null);
    expect(await post('block', '시발')).to.deep.equal({ added: 1 });
    for (const client of [ann, bob]) {
      expect((await say(client, room._id, '야 시1발')).error, 'masters too').to.equal(
        'MESSAGE_HAS_BANNED_WORDS',
      );
      expect((await say(client, room._id, '다시 발표')).error).to.equal(null);
    }
    expect((await ann.history(room._id)).length).to.equal(3);
  });

  it('a masked word is stored masked for everybody, and a retry of it is the same message', async () => {
    const room = await roomOf([ann, bob]);
    await ann.do('joinRoom', room._id);
    await post('mask', '바보');
    const key = newKey();
    const first = await say(bob, room._id, '너 바 보야 바보', key);
    expect(textOf(first)).to.equal('너 바 보야 **');
    const frame = await ann.frame(`listenMessage_${room._id}`);
    expect(frame.data.content.text).to.equal('너 바 보야 **');
    const again = await say(bob, room._id, '너 바 보야 바보', key);
    expect(again.data).to.deep.equal(first.data);
    expect((await say(bob, room._id, '너 바 보야 **', key)).error).to.equal('SYNC_KEY_CONFLICT');
    expect((await engine.platform.messages(room._id)).map(({ data }) => data.content.text)).to.deep.equal([
      '너 바 보야 **',
    ]);
  });

  it('a retry of what was sent before a word was banned gets its ack', async () => {
    const room = await roomOf([ann, bob]);
    const key = newKey();
    const first = await say(bob, room._id, '바보', key);
    await post('block', '바보');
    expect((await say(bob, room._id, '바보', key)).data).to.deep.equal(first.data);
    expect((await say(bob, room._id, '바보')).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
  });

  it('an allowed word protects what lies in it', async () => {
    const room = await roomOf([ann, bob]);
    await post('block', '시발', '병신');
    await post('allow', '시발점', '병신년');
    expect((await say(bob, room._id, '시발점은 병신년')).error).to.equal(null);
    expect((await say(bob, room._id, '시발점 시발')).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
  });

  it('the rule of a room overrides the mode of the word', async () => {
    const room = await roomOf([ann, bob]);
    await post('block', '시발');
    await post('mask', '바보');
    const set = (wordFilter: string | null) =>
      engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { wordFilter } });
    const text = '시발 바보';
    expect((await say(bob, room._id, text)).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
    await set('mask');
    expect(textOf(await say(bob, room._id, text))).to.equal('** **');
    await set('off');
    expect(textOf(await say(bob, room._id, text))).to.equal(text);
    await set('block');
    expect((await say(bob, room._id, '바보')).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
  });

  it('cards are read too; the platform and ADMIN are free', async () => {
    const room = await roomOf([ann, bob]);
    await post('mask', '바보');
    const rawData = {
      cardType: 'LINK_INVITATION',
      text: '바보에게',
      link: { sid: '바보', name: '바보네' },
      buttons: [{ title: '바보', action: 'open' }],
    };
    const sent = await bob.do('sendMessage', {
      syncKey: newKey(),
      roomId: room._id,
      data: { type: 'CARD', content: { rawData } },
    });
    expect(sent.message.data.content.rawData).to.deep.equal({
      cardType: 'LINK_INVITATION',
      text: '**에게',
      link: { sid: '바보', name: '**네' },
      buttons: [{ title: '**', action: 'open' }],
    });
    for (const author of ['ADMIN', bob.userId])
      expect((await engine.platform.write(room._id, '바보', author)).data.content.text).to.equal('바보');
  });

  it('a word in another spelling is the same entry; the last mode counts; it is removed in whatever spelling', async () => {
    await post('block', '시발', '바보', '바보');
    await post('mask', '시.발');
    expect(await wordsOf()).to.deep.equal({ '시.발': 'mask', 바보: 'block' });
    const { removed } = await engine.platform.do('DELETE', '/chat/bannedWords', {
      words: ['ㅅㅣㅂㅏㄹ', '없음'],
    });
    expect(removed).to.equal(1);
    expect(await wordsOf()).to.deep.equal({ 바보: 'block' });
  });

  it('comes in pages, in order', async () => {
    await post('block', ...Array.from({ length: 25 }, (_, i) => `word${String.fromCharCode(97 + i)}`));
    const words: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { list: { word: string }[]; nextCursor: string | null } = await engine.platform.do(
        'GET',
        `/chat/bannedWords?limit=10${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      words.push(...page.list.map(({ word }) => word));
      cursor = page.nextCursor;
    }
    expect(words)
      .to.deep.equal([...new Set(words)].sort())
      .and.to.have.length(25);
  });

  it('refuses words without a letter or digit, too many at once, modes that there are not, and keys of some links', async () => {
    const call = (body: unknown, platform = engine.platform) =>
      platform.call('POST', '/chat/bannedWords', body);
    const wrong = [
      { words: ['!!'], mode: 'block' },
      { words: [' '], mode: 'block' },
      { words: ['x'.repeat(51)], mode: 'block' },
      { words: [], mode: 'block' },
      { words: ['x'], mode: 'off' },
      { words: ['x'] },
      { words: Array.from({ length: 10_001 }, (_, i) => `w${i}`), mode: 'block' },
    ];
    for (const body of wrong) expect((await call(body)).status).to.equal(400);
    const { platform: bound } = await newKeyFor(engine, { links: ['some'] });
    expect((await call({ words: ['x'], mode: 'block' }, bound)).status).to.equal(403);
    const { platform: without } = await newKeyFor(engine, { without: ['moderation'] });
    expect((await call({ words: ['x'], mode: 'block' }, without)).status).to.equal(403);
    expect(await wordsOf()).to.deep.equal({});
  });

  it('is in force on every node at once, after a restart, and when somebody changes the database', async () => {
    const room = await roomOf([ann, bob]);
    await post('block', '바보');
    const other = await startEngine(shared);
    try {
      const again = await other.connect(bob.userId, 'bob');
      expect((await say(again, room._id, '바보')).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
      await other.platform.do('DELETE', '/chat/bannedWords', { words: ['바보'] });
      await engine.app.chat.words.refresh();
      expect((await say(bob, room._id, '바보')).error).to.equal(null);
      await engine.database.bannedWords.insertOne({
        _id: '바보',
        word: '바보',
        mode: 'block',
        at: new Date(),
      });
      for (const { app } of [engine, other]) await app.chat.words.refresh();
      expect((await say(bob, room._id, '바보')).error).to.equal('MESSAGE_HAS_BANNED_WORDS');
    } finally {
      await other.close();
    }
  });

  it('10,000 words at once are taken', async function () {
    this.timeout(30_000);
    const room = await roomOf([ann, bob]);
    const letters = (i: number) =>
      String.fromCharCode(...[...String(10_000 + i)].map(digit => 97 + Number(digit)));
    const words = Array.from({ length: 10_000 }, (_, i) => `zz${letters(i)}`);
    expect(await post('block', ...words)).to.deep.equal({ added: 10_000 });
    expect(
      await errorOf(bob, 'sendMessage', {
        syncKey: newKey(),
        roomId: room._id,
        data: { content: words[77] },
      }),
    ).to.equal('MESSAGE_HAS_BANNED_WORDS');
    await engine.platform.do('DELETE', '/chat/bannedWords', { words });
  });
});
