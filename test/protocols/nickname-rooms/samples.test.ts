import { expect } from 'chai';
import { io } from 'socket.io-client';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { closeWires } from '../../helpers/wire.ts';
import { alertOf, connect, enter, historyOf, user } from './guests.ts';

/** Seed 4's samples as they are printed, against the demo data. */
describe('nickname rooms: the samples of the seed', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { DEV: 'true' } });
  });
  after(() => engine.close());
  afterEach(closeWires);

  it('a page that has no token yet connects as ANONYMOUS, enters room 1 and talks', async () => {
    const localStorage = { getItem: (_name: string): string | null => null };
    const socket = io(engine.url, {
      transports: ['websocket'],
      auth: { token: localStorage.getItem('token'), nickname: localStorage.getItem('token') },
    });
    try {
      const output: {
        type: string;
        text: string;
        id?: number;
        nickname?: string;
        imageUrl?: string;
        time: string;
      }[] = [];
      const said = (count: number) =>
        new Promise<void>(resolve => {
          const look = () => output.filter(line => line.type !== 'system').length >= count && resolve();
          socket.on('message', look);
        });
      const users = new Promise(resolve => socket.on('roomUsers', resolve));
      socket.on('message', message => output.push(message));
      const both = said(2);
      socket.emit('joinRoom', { room: '1' });
      const text = '안녕하세요';
      const imageUrl = 'https://example.com/cat.png';
      socket.emit('chatMessage', JSON.stringify({ type: 'text', text }));
      socket.emit('chatMessage', JSON.stringify({ type: 'image', text, imageUrl }));
      expect(await users).to.deep.equal({
        room: '1',
        users: [{ id: 1000, nickname: 'ANONYMOUS', cType: null }],
      });
      await both;
      const [system, line, image] = output as [object, { time: string }, { time: string }];
      expect(system).to.deep.include({ type: 'system', text: 'ANONYMOUS님이 입장했습니다.' });
      const person = { id: 1000, nickname: 'ANONYMOUS', text };
      expect(line).to.deep.equal({ type: 'text', ...person, time: line.time });
      expect(image).to.deep.equal({ type: 'image', ...person, imageUrl, time: image.time });
      expect(line.time).to.match(/^\d{1,2}:\d\d [ap]m$/);
    } finally {
      socket.close();
    }
  });

  it('a page that has a token sends it as nickname too: the room shows the nick, never the token', async () => {
    const token = engine.token('1', '홍길동');
    const client = await enter(await connect(engine, { token, nickname: token }), 1);
    expect(client.of('roomUsers').at(-1).users).to.deep.include({ id: 1, nickname: '홍길동', cType: null });
    expect(JSON.stringify(client.frames)).to.not.contain(token);
    expect(historyOf(client).map(({ text }) => text)).to.include('여기서 이야기하면 되나요?');
  });

  it('a bad token, or a good one without a nickname, is ANONYMOUS as well', async () => {
    for (const auth of [
      { token: 'x', nickname: 'y' },
      { token: engine.token('2') },
      { nickname: 'y' },
      { token: {}, nickname: [] },
    ]) {
      const client = await enter(await connect(engine, auth), 1);
      expect(
        client
          .of('roomUsers')
          .at(-1)
          .users.map((shown: { id: unknown }) => shown.id),
      ).to.deep.equal([1000]);
      client.close();
      await user(engine, '3').then(other => other.settled());
    }
  });

  it('ANONYMOUS enters the rooms of the demo data and open ones, and no others', async () => {
    const client = await connect(engine, { token: null });
    const [closed, open] = [
      await engine.platform.room(['1', '2', '9']),
      await engine.platform.room(['1'], { roomType: 'OPEN' }),
    ];
    for (const no of [1, 2, 3, open.no])
      expect(await alertOf(client, 'joinRoom', { room: String(no) }), `${no}`).to.equal(null);
    expect(await alertOf(client, 'joinRoom', { room: String(closed.no) })).to.equal('E12');
    await engine.platform.write(open._id, 'still in the open one', '1');
    await client.frame('message', line => line.text === 'still in the open one');
  });

  it('nobody can be made a person of that name', async () => {
    for (const _id of ['ANONYMOUS', 'ADMIN']) {
      const { status } = await engine.platform.call('PUT', '/chat/users', {
        users: [{ _id, nickName: 'x' }],
      });
      expect(status).to.equal(400);
    }
  });
});
