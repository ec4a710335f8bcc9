import { expect } from 'chai';
import { FRAMES } from '../../../src/protocols/login-rooms/catalogue.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { closeWires, WireClient } from '../../helpers/wire.ts';

let rooms = 0;
const aRoom = (): string => `room${process.pid}n${++rooms}`;

describe('login rooms', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  const connect = (to: Engine = engine, path = ''): Promise<WireClient> =>
    WireClient.connect(`${to.url}${path}`, FRAMES);

  async function login(name: string, room: string, to?: Engine, path?: string): Promise<WireClient> {
    const client = await connect(to, path);
    expect(await client.ask('login', { name, room })).to.deep.equal({
      user: { id: client.socket.id, name, room },
    });
    return client;
  }
  const names = (users: { name: string }[]): string[] => users.map(({ name }) => name);
  const usersOf = (client: WireClient): string[] => names(client.of('users').at(-1) as { name: string }[]);

  it('login acks the user, tells the others, and all the list', async () => {
    const room = aRoom();
    const ann = await login('Ann', room);
    expect(ann.frames).to.deep.equal([{ name: 'users', data: [{ id: ann.socket.id, name: 'Ann', room }] }]);
    const bob = await login('Bob', room);
    await ann.settled();
    expect(ann.of('notification')).to.deep.equal([
      { title: 'Someone is here', description: 'Bob came into the room' },
    ]);
    expect(bob.of('notification')).to.deep.equal([]);
    const list = [ann, bob].map(({ socket }, i) => ({ id: socket.id, name: ['Ann', 'Bob'][i], room }));
    expect(ann.of('users').at(-1)).to.deep.equal(list);
    expect(bob.of('users')).to.deep.equal([list]);
  });

  it('name and room are trimmed, and are letters or digits of any script', async () => {
    const room = aRoom();
    const client = await connect();
    const { user } = await client.ask('login', { name: '  홍길동7 ', room: `\t${room}\n`, extra: 1 });
    expect(user).to.deep.equal({ id: client.socket.id, name: '홍길동7', room });
    for (const name of ['山田', 'Ωμέγα', 'हिन्दी', '٣', 'a', 'x'.repeat(20), '𝒜'.repeat(20), 'é'])
      expect((await (await connect()).ask('login', { name, room })).user?.name, name).to.equal(
        name.normalize('NFC'),
      );
  });

  it('refuses a wrong shape with a sentence that names the field, and nobody notices', async () => {
    const room = aRoom();
    const ann = await login('Ann', room);
    const client = await connect();
    const bad = [
      undefined,
      null,
      '',
      'Bob',
      7,
      true,
      '     ',
      {},
      [],
      { $ne: 1 },
      'x'.repeat(21),
      '𝒜'.repeat(21),
      'a b',
      'a-b',
      '<b>',
      'a\0',
      '👋',
      '.',
    ];
    for (const value of bad.filter(given => given !== 'Bob')) {
      for (const payload of [
        { name: value, room },
        { name: 'Bob', room: value },
      ]) {
        const answer = await client.ask('login', payload);
        expect(answer.user, JSON.stringify(payload)).to.equal(undefined);
        expect(answer.error, JSON.stringify(payload)).to.match(payload.room === room ? /^name / : /^room /);
      }
    }
    for (const payload of [...bad, [], [{ name: 'Bob', room }], Buffer.from('x')])
      expect((await client.ask('login', payload)).error, JSON.stringify(payload)).to.be.a('string').that.is
        .not.empty;
    expect((await client.ask('login')).error).to.be.a('string');
    expect((await client.ask('login', { name: 'x'.repeat(20_000), room })).error).to.contain('16384');
    await ann.settled();
    expect(usersOf(ann)).to.deep.equal(['Ann']);
    expect(ann.of('notification')).to.deep.equal([]);
  });

  it('a second login of one socket is refused: user already exists; after a logout it may come again', async () => {
    const room = aRoom();
    const ann = await login('Ann', room);
    for (const other of [room, aRoom()])
      expect(await ann.ask('login', { name: 'Eve', room: other })).to.deep.equal({
        error: 'user already exists',
      });
    expect(await ann.ask('logout')).to.deep.equal({ user: { id: ann.socket.id, name: 'Ann', room } });
    expect((await ann.ask('login', { name: 'Eve', room })).user.name).to.equal('Eve');
  });

  it('the same name twice is two people', async () => {
    const room = aRoom();
    await login('Ann', room);
    expect(usersOf(await login('Ann', room))).to.deep.equal(['Ann', 'Ann']);
  });

  it('logout and a disconnect tell those who stay', async () => {
    const room = aRoom();
    const [ann, bob, eve] = [await login('Ann', room), await login('Bob', room), await login('Eve', room)];
    ann.forget();
    await bob.ask('logout');
    await ann.settled();
    expect(ann.of('notification')).to.deep.equal([
      { title: 'Someone left', description: 'Bob left the room' },
    ]);
    expect(usersOf(ann)).to.deep.equal(['Ann', 'Eve']);
    eve.close();
    await ann.frame('users', list => list.length === 1);
    expect(ann.of('notification').at(-1)).to.include({ description: 'Eve left the room' });
    expect(names(bob.of('users').at(-1)), 'who left hears nothing').to.deep.equal(['Ann', 'Bob', 'Eve']);
    expect((await bob.ask('logout')).error).to.be.a('string');
  });

  it('roomMessage goes to the whole room, the sender included, and to nobody else', async () => {
    const room = aRoom();
    const [ann, bob, other] = [
      await login('Ann', room),
      await login('Bob', room),
      await login('Eve', aRoom()),
    ];
    ann.socket.emit('roomMessage', 'U2FsdGVkX1+cipher');
    const wanted = { message: 'U2FsdGVkX1+cipher', from: 'Ann' };
    for (const client of [ann, bob]) expect(await client.frame('roomMessage')).to.deep.equal(wanted);
    await other.settled();
    expect(other.of('roomMessage')).to.deep.equal([]);
  });

  it('stores nothing', async () => {
    const { database } = engine;
    const count = () =>
      Promise.all([database.rooms, database.messages, database.users].map(docs => docs.countDocuments({})));
    const before = await count();
    const ann = await login('Ann', aRoom());
    await ann.ask('roomMessage', 'x');
    await ann.ask('logout');
    expect(await count()).to.deep.equal(before);
  });

  it('a message that is refused is told to its sender alone, by the ack or a notification', async () => {
    const room = aRoom();
    const [ann, bob] = [await login('Ann', room), await login('Bob', room)];
    for (const client of [ann, bob]) {
      await client.settled();
      client.forget();
    }
    const bad = [
      undefined,
      null,
      '',
      7,
      true,
      {},
      [],
      { $ne: 1 },
      Buffer.from('x'),
      'x'.repeat(16_385),
      '가'.repeat(5_462),
    ];
    for (const message of bad) {
      expect((await ann.ask('roomMessage', message)).error, JSON.stringify(message)?.slice(0, 20)).to.be.a(
        'string',
      ).that.is.not.empty;
      ann.socket.emit('roomMessage', message);
    }
    await ann.settled();
    expect(ann.of('notification').map(({ title }) => title)).to.deep.equal(bad.map(() => 'Not sent'));
    expect(await ann.ask('roomMessage', 'x'.repeat(16_384))).to.deep.equal({});
    await bob.settled();
    expect(bob.frames.map(({ name }) => name)).to.deep.equal(['roomMessage']);
    const guest = await connect();
    expect((await guest.ask('roomMessage', 'x')).error).to.be.a('string');
  });

  it('ping acks the id of the socket', async () => {
    const client = await connect();
    expect(await client.ask('ping')).to.equal(client.socket.id);
    expect(await client.ask('ping', { any: 'thing' })).to.equal(client.socket.id);
  });

  it('login, logout and ping without an ack, or with something else in its place, close the socket', async () => {
    const room = aRoom();
    for (const args of [
      ['login', { name: 'Ann', room }],
      ['login'],
      ['login', { name: 'Ann', room }, 'ack'],
      ['logout'],
      ['logout', 'ack'],
      ['ping'],
      ['ping', null],
      ['ping', {}, 7],
    ]) {
      const client = await connect();
      client.socket.emit(...(args as [string]));
      await client.closed();
    }
    expect(usersOf(await login('Bob', room)), 'nobody came in').to.deep.equal(['Bob']);
  });

  it('an event that there is not does no harm', async () => {
    const client = await connect();
    for (const name of ['nonsense', '__proto__', 'constructor', '', 'x'.repeat(5_000)]) {
      client.socket.emit(name, 'x');
      expect((await client.ask(name, {})).error).to.be.a('string');
    }
    expect(client.frames).to.deep.equal([]);
  });

  it('/lobby and the root are the same rooms, also for those whose auth names somebody', async () => {
    const room = aRoom();
    const ann = await login('Ann', room);
    const bob = await WireClient.connect(`${engine.url}/lobby`, FRAMES, { token: null });
    await bob.ask('login', { name: 'Bob', room });
    bob.socket.emit('roomMessage', 'hi');
    expect(await ann.frame('roomMessage')).to.deep.equal({ message: 'hi', from: 'Bob' });
    expect(await bob.frame('roomMessage')).to.deep.equal({ message: 'hi', from: 'Bob' });
  });

  it('a room takes as many people as a room may have, and a socket sends as much as it may', async () => {
    const own = await startEngine({
      env: { MAX_ROOM_MEMBERS: '1', EVENTS_PER_SECOND: '1', EVENTS_BURST: '3' },
    });
    try {
      const ann = await login('Ann', 'small', own);
      expect((await (await connect(own)).ask('login', { name: 'Bob', room: 'small' })).error).to.contain(
        'as many members',
      );
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push((await ann.ask('roomMessage', 'x')).error);
      expect(answers.slice(0, 2)).to.deep.equal([undefined, undefined]);
      expect(answers[2]).to.contain('Too many requests');
    } finally {
      await own.close();
    }
  });

  it('works across nodes: list, notices and messages; who stops takes everybody along', async () => {
    const bus = inProcessBus();
    const [one, two] = [await startEngine({ bus }), await startEngine({ bus })];
    let three: Engine | undefined;
    try {
      const ann = await login('Ann', 'yard', one);
      const bob = await login('Bob', 'yard', two);
      await ann.frame('notification', ({ description }) => description === 'Bob came into the room');
      expect(usersOf(bob)).to.deep.equal(['Ann', 'Bob']);
      bob.socket.emit('roomMessage', 'over there');
      expect(await ann.frame('roomMessage')).to.deep.equal({ message: 'over there', from: 'Bob' });
      three = await startEngine({ bus });
      expect(usersOf(await login('Eve', 'yard', three)), 'a node that came later').to.deep.equal([
        'Ann',
        'Bob',
        'Eve',
      ]);
      await two.close();
      await ann.frame('users', list => names(list).join() === 'Ann,Eve');
    } finally {
      await three?.close();
      await one.close();
    }
  });
});
