import { expect } from 'chai';
import { clockOf } from '../../../src/protocols/nickname-rooms/present.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { closeWires } from '../../helpers/wire.ts';
import { alertOf, enter, historyOf, party, texts, user } from './guests.ts';

describe('nickname rooms: chatMessage', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  const time = () => clockOf('Asia/Seoul')(Date.now());

  it('a text goes to the whole room, the sender included, with the nickname of the handshake', async () => {
    const { ids, room, ann, bob } = await party(engine);
    const before = time();
    expect(await alertOf(ann, 'chatMessage', JSON.stringify({ type: 'text', text: '안녕하세요' }))).to.equal(
      null,
    );
    const line = await bob.frame('message');
    expect(line.time).to.be.oneOf([before, time()]);
    expect(line).to.deep.equal({
      type: 'text',
      id: ids.ann,
      text: '안녕하세요',
      nickname: 'Ann',
      time: line.time,
    });
    expect(ann.of('message')).to.deep.equal([line]);
    const [stored] = (await engine.platform.messages(room._id)).slice(-1);
    expect(stored).to.deep.include({
      author: { authorId: ids.ann, nickName: `nick ${ids.ann}`, profileUrl: null },
    });
    expect(stored!.data).to.deep.equal({ type: 'TEXT', content: { text: '안녕하세요' } });
  });

  it('an image is a PHOTO whose file lies elsewhere, with or without a text; an object is taken too', async () => {
    const { ids, room, ann, bob } = await party(engine);
    const imageUrl = 'https://img.example.com/a b.png?x=1'.replace(' ', '%20');
    await ann.ask('chatMessage', { type: 'image', text: '봄', imageUrl });
    await ann.ask('chatMessage', JSON.stringify({ type: 'image', imageUrl, text: null }));
    await bob.frame('message', line => line.text === '');
    expect(bob.of('message').map(({ time: _, ...line }) => line)).to.deep.equal(
      ['봄', ''].map(text => ({ type: 'image', id: ids.ann, text, nickname: 'Ann', imageUrl })),
    );
    const [first] = (await engine.platform.messages(room._id)).slice(-2);
    expect(first!.data.type).to.equal('PHOTO');
    expect(first!.data.content.files![0]).to.include({ path: imageUrl, url: imageUrl });
  });

  it('E16 whatever is no message, and nothing is stored', async () => {
    const { room, ann } = await party(engine);
    const before = (await engine.platform.messages(room._id)).length;
    const bad = [
      undefined,
      null,
      '',
      ' ',
      'text',
      '{',
      '[]',
      '"x"',
      'null',
      '7',
      '{"type":"text"',
      7,
      true,
      [],
      {},
      { text: 'x' },
      { type: 'video', text: 'x' },
      { type: null, text: 'x' },
      { type: ['text'], text: 'x' },
      { type: { $ne: 1 }, text: 'x' },
      { type: 'text' },
      { type: 'text', text: null },
      { type: 'text', text: '' },
      { type: 'text', text: ' \n ' },
      { type: 'text', text: 7 },
      { type: 'text', text: {} },
      { type: 'text', text: { $gt: '' } },
      { type: 'text', text: ['a'] },
      { type: 'image', text: 'x' },
      { type: 'image', imageUrl: null },
      { type: 'image', imageUrl: 7 },
      { type: 'image', imageUrl: '' },
      { type: 'image', imageUrl: 'javascript:alert(1)' },
      { type: 'image', imageUrl: '/x.png' },
      { type: 'image', imageUrl: 'data:image/png;base64,AA' },
      { type: 'image', imageUrl: { $ne: '' } },
      Buffer.from('{"type":"text"}'),
    ];
    for (const given of bad) {
      expect(await alertOf(ann, 'chatMessage', given), JSON.stringify(given)).to.equal('E16');
      if (given !== undefined && typeof given === 'object' && !Buffer.isBuffer(given))
        expect(await alertOf(ann, 'chatMessage', JSON.stringify(given)), JSON.stringify(given)).to.equal(
          'E16',
        );
    }
    expect(await alertOf(ann, 'chatMessage', '{"__proto__":{"type":"text","text":"x"}}')).to.equal('E16');
    expect((await engine.platform.messages(room._id)).length).to.equal(before);
    ann.socket.emit('chatMessage');
    ann.socket.emit('chatMessage', '{}', 'ack');
    await ann.settled();
    expect(ann.socket.connected).to.equal(true);
  });

  it('E19 too long, too large, too fast', async () => {
    const { ann } = await party(engine);
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'x'.repeat(10_000) })).to.equal(null);
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: '가'.repeat(10_001) })).to.equal('E19');
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'x'.repeat(70_000) })).to.equal('E19');
    const own = await startEngine({ env: { SENDS_PER_SECOND: '1', SENDS_BURST: '1' } });
    const strict = await startEngine({ env: { EVENTS_PER_SECOND: '1', EVENTS_BURST: '2' } });
    try {
      const room = await own.platform.room(['a', 'b']);
      const a = await enter(await user(own, 'a'), room);
      const alerts = [];
      for (let i = 0; i < 3; i++)
        alerts.push(await alertOf(a, 'chatMessage', { type: 'text', text: `${i}` }));
      expect(alerts).to.deep.equal([null, 'E19', 'E19']);
      const quick = await user(strict, 'q');
      for (let i = 0; i < 2; i++) await alertOf(quick, 'history');
      expect(await alertOf(quick, 'history')).to.equal('E19');
    } finally {
      await own.close();
      await strict.close();
    }
  });

  it('E17 for who is in no room', async () => {
    const client = await user(engine, someone());
    expect(await alertOf(client, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E17');
    for (const event of ['history', 'leaveRoom', 'offRoom'])
      expect(await alertOf(client, event, 'whatever'), event).to.equal('E17');
  });

  it('E18 in a frozen room, which a history can be asked of all the same', async () => {
    const { room, ann } = await party(engine);
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: true } });
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E18');
    expect(await alertOf(ann, 'history')).to.equal(null);
  });

  it('an event that there is not changes nothing and is told by its ack alone', async () => {
    const { ann } = await party(engine);
    for (const name of ['nonsense', '__proto__', 'constructor', '', 'x'.repeat(5_000)])
      expect((await ann.ask(name, {})).error).to.equal('INVALID_PAYLOAD');
    expect(ann.frames).to.deep.equal([]);
  });

  it('lines come in the order of the log to everybody, also what is sent at once', async () => {
    const { room, ann, bob } = await party(engine);
    for (let i = 0; i < 40; i++)
      (i % 2 ? ann : bob).socket.emit('chatMessage', { type: 'text', text: `${i}` });
    for (const client of [ann, bob])
      await client.until('forty lines', () => client.of('message').length === 40 || undefined);
    const log = (await engine.platform.messages(room._id)).slice(-40).map(({ data }) => data.content.text);
    expect(texts(ann)).to.deep.equal(log);
    expect(texts(bob)).to.deep.equal(log);
  });

  it('a deleted message keeps its place with an empty text', async () => {
    const { room, ann } = await party(engine);
    await ann.ask('chatMessage', { type: 'text', text: 'oops' });
    const [last] = (await engine.platform.messages(room._id)).slice(-1);
    await engine.platform.do('DELETE', `/chat/messages/${last!._id}`);
    await ann.ask('history');
    expect(historyOf(ann).at(-1)).to.deep.include({ type: 'text', text: '' });
  });

  it('the clock is h:mm a, in the time zone of the rooms', () => {
    const at = (text: string) => new Date(`2026-03-01T${text}:00Z`);
    const [seoul, utc] = [clockOf('Asia/Seoul'), clockOf('UTC')];
    expect([seoul(at('07:41')), utc(at('07:41'))]).to.deep.equal(['4:41 pm', '7:41 am']);
    expect(['00:05', '12:00', '23:59', '10:30'].map(text => utc(at(text)))).to.deep.equal([
      '12:05 am',
      '12:00 pm',
      '11:59 pm',
      '10:30 am',
    ]);
  });
});
