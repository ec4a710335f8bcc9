import { expect } from 'chai';
import type { Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { closeWires } from '../../helpers/wire.ts';
import { alertOf, connect, enter, historyOf, party, texts, user } from './guests.ts';

const HOUR = 3_600_000;

describe('nickname rooms: joinRoom', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  const open = (ids: string[], more: object = {}): Promise<Room> =>
    engine.platform.room(ids, { roomType: 'OPEN', ...more });

  it('a member gets the history, the list and the news of coming, in this order', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    await engine.platform.write(room._id, 'hello', id);
    const client = await user(engine, id, 'Ann');
    await enter(client, room);
    await client.settled();
    expect(client.frames.map(({ name }) => name)).to.deep.equal(['history', 'roomUsers', 'message']);
    expect(historyOf(client).map(({ type, text }) => [type, text])).to.deep.equal([
      ['system', '채팅방이 만들어졌습니다.'],
      ['text', 'hello'],
    ]);
    expect(client.of('roomUsers')).to.deep.equal([
      { room: String(room.no), users: [{ id, nickname: 'Ann', cType: null }] },
    ]);
    expect(client.of('message')[0]).to.include({ type: 'system', text: 'Ann님이 입장했습니다.' });
  });

  it('the list shows who entered here, with the kind of client and numbers as numbers; others see who comes', async () => {
    const [one, two] = [String(Date.now()), someone('two')];
    const room = await engine.platform.room([one, two, someone('absent')]);
    const first = await enter(await user(engine, two, 'Two'), room);
    await enter(
      await connect(engine, { token: engine.token(one), nickname: ' One ', cType: 'mobile' }),
      room.no,
    );
    const { users } = await first.frame('roomUsers', list => list.users.length === 2);
    expect(users).to.deep.equal([
      { id: two, nickname: 'Two', cType: null },
      { id: Number(one), nickname: 'One', cType: 'mobile' },
    ]);
    expect(texts(first)).to.include('One님이 입장했습니다.');
  });

  it('E11 what is no number; E12 a room that there is not, or that is none of theirs', async () => {
    const { room } = await party(engine);
    const stranger = await user(engine, someone());
    const bad = [
      undefined,
      null,
      'x',
      7,
      [],
      {},
      true,
      { room: null },
      { room: {} },
      { room: [] },
      { room: true },
    ];
    const odd = [
      { room: '' },
      { room: 'one' },
      { room: '-1' },
      { room: '1.5' },
      { room: 1.5 },
      { room: { $gt: 0 } },
      { room: NaN },
    ];
    for (const given of [...bad, ...odd, { room: '١' }, { room: '9'.repeat(100) }])
      expect(await alertOf(stranger, 'joinRoom', given), JSON.stringify(given)).to.equal('E11');
    for (const given of ['0', '999999999', '01', '9'.repeat(30), 0, String(room.no), room.no])
      expect(await alertOf(stranger, 'joinRoom', { room: given }), String(given)).to.equal('E12');
    expect(await alertOf(stranger, 'joinRoom', { room: 'x'.repeat(70_000) }), 'too large').to.equal('E19');
    expect(stranger.of('roomUsers')).to.deep.equal([]);
  });

  it('a missing ack, or a string in its place, does no harm', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    const client = await user(engine, id);
    for (const args of [[], ['x'], [null, 'ack'], [{ room: 'x' }, 'ack']])
      client.socket.emit('joinRoom', ...args);
    client.socket.emit('joinRoom', { room: String(room.no) }, 'ack');
    await client.frame('roomUsers');
    expect(client.of('alert').map(({ type }) => type)).to.deep.equal(['E11', 'E11', 'E11', 'E11']);
    expect(client.of('alert')).to.deep.equal(client.of('chat_error'));
  });

  it('E13 before it opens, E14 after it ended; a stranger learns neither', async () => {
    const id = someone();
    const [early, late] = [
      await engine.platform.room([id, someone()], { opensAt: new Date(Date.now() + HOUR).toISOString() }),
      await engine.platform.room([id, someone()], { expiresAt: new Date(Date.now() - HOUR).toISOString() }),
    ];
    const [client, stranger] = [await user(engine, id), await user(engine, someone())];
    expect(await alertOf(client, 'joinRoom', { room: String(early.no) })).to.equal('E13');
    expect(await alertOf(client, 'joinRoom', { room: String(late.no) })).to.equal('E14');
    for (const { no } of [early, late])
      expect(await alertOf(stranger, 'joinRoom', { room: String(no) })).to.equal('E12');
  });

  it('a stranger becomes a member of an OPEN room and sees only what comes', async () => {
    const [host, id] = [someone('host'), someone('guest')];
    const room = await open([host]);
    await engine.platform.write(room._id, 'early', host);
    const client = await enter(await user(engine, id, 'Guest'), room);
    expect(historyOf(client).map(({ text }) => text)).to.deep.equal([`nick ${id}님이 들어왔습니다.`]);
    const { list } = await engine.platform.do('GET', `/chat/rooms/${room._id}/members`);
    expect(list.map((member: { _id: string }) => member._id)).to.deep.equal([host, id]);
  });

  it('E18 a frozen or full OPEN room for strangers; members go into a frozen one', async () => {
    const host = someone();
    const frozen = await open([host], { rules: { isFreezed: true } });
    const stranger = await user(engine, someone());
    expect(await alertOf(stranger, 'joinRoom', { room: String(frozen.no) })).to.equal('E18');
    await enter(await user(engine, host), frozen);
    const own = await startEngine({ env: { MAX_ROOM_MEMBERS: '1' } });
    try {
      const full = await own.platform.room(['host'], { roomType: 'OPEN' });
      expect(await alertOf(await user(own, 'late'), 'joinRoom', { room: String(full.no) })).to.equal('E18');
    } finally {
      await own.close();
    }
  });

  it('joining another room leaves the first; joining the same one again only repeats the welcome', async () => {
    const { ids, ann, bob, room } = await party(engine);
    await alertOf(ann, 'joinRoom', { room: String(room.no) });
    await ann.settled();
    expect(ann.frames.map(({ name }) => name)).to.deep.equal(['history', 'roomUsers']);
    expect(texts(bob)).to.deep.equal([]);
    const second = await engine.platform.room([ids.ann, someone()]);
    await enter(ann, second);
    await bob.frame('roomUsers', ({ users }) => users.length === 1);
    expect(await bob.frame('message')).to.include({ type: 'system', text: 'Ann님이 퇴장했습니다.' });
    ann.forget();
    await bob.ask('chatMessage', { type: 'text', text: 'gone?' });
    await ann.settled();
    expect(ann.frames).to.deep.equal([]);
    expect(await alertOf(ann, 'joinRoom', { room: '999999999' }), 'a refused joining').to.equal('E12');
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'still in the second' })).to.equal(null);
  });

  it('an event that follows a joining at once goes into that room', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    const client = await user(engine, id);
    client.socket.emit('joinRoom', { room: String(room.no) });
    client.socket.emit('chatMessage', JSON.stringify({ type: 'text', text: 'at once' }));
    await client.frame('message', line => line.text === 'at once');
    expect(client.of('alert')).to.deep.equal([]);
  });

  it('where the list of members is closed, others see themselves and the masters', async () => {
    const ids = [someone('master'), someone('b'), someone('c')];
    const room = await engine.platform.room(ids, { rules: { canShowMemberList: false } });
    const [master, b, c] = await Promise.all(ids.map(id => user(engine, id, id)));
    for (const client of [master!, b!, c!]) await enter(client, room);
    for (const client of [master!, b!, c!]) await client.settled();
    const seen = [master!, b!, c!].map(client =>
      client
        .of('roomUsers')
        .at(-1)
        .users.map((shown: { nickname: string }) => shown.nickname),
    );
    expect(seen).to.deep.equal([ids, [ids[0], ids[1]], [ids[0], ids[2]]]);
    expect(texts(b!), 'c came, which is not for b').to.deep.equal([`${ids[1]}님이 입장했습니다.`]);
  });

  it('shows at most 100 messages, the newest, oldest first, and repeats them on request', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    const chat = await engine.connect(id);
    await Promise.all(Array.from({ length: 105 }, (_, i) => chat.send(room._id, `line ${i}`)));
    const client = await enter(await user(engine, id), room);
    const log = (await engine.platform.messages(room._id)).slice(-100).map(({ data }) => data.content.text);
    expect(historyOf(client).map(({ text }) => text)).to.deep.equal(log);
    client.forget();
    expect((await client.ask('history')).success).to.equal(true);
    expect(historyOf(client)).to.have.length(100);
  });

  it('a history of very long messages has as many of them as a client can take', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    const chat = await engine.connect(id);
    for (let i = 0; i < 60; i++) await chat.send(room._id, `${i} ${'"\\'.repeat(4_990)}`);
    const client = await enter(await user(engine, id), room);
    const lines = historyOf(client);
    expect(lines.length).to.be.within(20, 59);
    expect(lines.at(-1)!.text.slice(0, 2)).to.equal('59');
  });
});
