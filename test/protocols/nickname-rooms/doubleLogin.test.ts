import { expect } from 'chai';
import type { Socket as TcpSocket } from 'node:net';
import { inProcessBus } from '../../../src/services/bus.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { closeWires, type WireClient } from '../../helpers/wire.ts';
import { alertOf, connect, enter, party, user } from './guests.ts';

/** The client reads nothing any more, as if its network were gone. */
function cutOff({ socket }: WireClient): void {
  const engine = socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  engine.transport.ws._socket.pause();
}

describe('nickname rooms: the same person twice', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  it('E15 while the first connection answers a ping; in another room they may be', async () => {
    const { ids, ann, room } = await party(engine);
    const phone = await user(engine, ids.ann, 'phone');
    expect(await alertOf(phone, 'joinRoom', { room: String(room.no) })).to.equal('E15');
    await enter(phone, await engine.platform.room([ids.ann, someone()]));
    await ann.settled();
    expect(ann.of('roomUsers'), 'nobody noticed').to.deep.equal([]);
  });

  it('a connection that does not answer within a second gives way', async () => {
    const { ids, ann, bob, room } = await party(engine);
    cutOff(ann);
    const phone = await enter(await user(engine, ids.ann, 'phone'), room);
    const { users } = await bob.frame('roomUsers', list =>
      list.users.some((u: { nickname: string }) => u.nickname === 'phone'),
    );
    expect(users.map((u: { nickname: string }) => u.nickname)).to.deep.equal(['Bob', 'phone']);
    expect(await alertOf(phone, 'chatMessage', { type: 'text', text: 'here I am' })).to.equal(null);
  });

  it('two connections that join at the same moment: one is in, the other is told', async () => {
    const id = someone();
    const room = await engine.platform.room([id, someone()]);
    const clients = [await user(engine, id), await user(engine, id)];
    const alerts = await Promise.all(
      clients.map(client => alertOf(client, 'joinRoom', { room: String(room.no) })),
    );
    expect(alerts.sort()).to.deep.equal(['E15', null]);
  });

  it('is noticed across nodes, which also share the list and the messages', async () => {
    const bus = inProcessBus();
    const database = `nodes${process.pid}`;
    const one = await startEngine({ bus, database });
    const two = await startEngine({ bus, database });
    try {
      const room = await one.platform.room(['a', 'b']);
      const a = await enter(await user(one, 'a', 'A'), room);
      const again = await user(two, 'a', 'A2');
      expect(await alertOf(again, 'joinRoom', { room: String(room.no) })).to.equal('E15');
      const b = await enter(await user(two, 'b', 'B'), room);
      await a.frame('roomUsers', ({ users }) => users.length === 2);
      await b.ask('chatMessage', { type: 'text', text: 'from the other node' });
      expect(await a.frame('message', line => line.type === 'text')).to.include({
        nickname: 'B',
        text: 'from the other node',
      });
      cutOff(a);
      const phone = await enter(again, room);
      await phone.frame('roomUsers', ({ users }) => users.length === 2);
      expect(one.app.chat.registry.peek(room._id)!.viewers.size, 'the old connection is out').to.equal(0);
    } finally {
      await two.close();
      await one.close();
    }
  });

  it('is nothing for the anonymous ones: several may be in a room, each on the list', async () => {
    const own = await startEngine({ env: { ROOM_ANONYMOUS: 'true' } });
    try {
      const room = await own.platform.room(['host', '1000'], { roomType: 'OPEN' });
      const [one, two] = [
        await connect(own, { token: null }),
        await connect(own, { token: 'x', nickname: 'y' }),
      ];
      await enter(one, room);
      await enter(two, room);
      const { users } = await two.frame('roomUsers', list => list.users.length === 2);
      expect(users).to.deep.equal([1, 2].map(() => ({ id: 1000, nickname: 'ANONYMOUS', cType: null })));
      await two.ask('chatMessage', { type: 'text', text: 'who am I?' });
      expect(await one.frame('message', line => line.type === 'text')).to.deep.include({
        id: 1000,
        nickname: 'ANONYMOUS',
      });
      const [last] = (await own.platform.messages(room._id)).slice(-1);
      expect(last!.author, 'not the user whose id is 1000').to.deep.include({ authorId: 'ANONYMOUS' });
      const { list } = await own.platform.do('GET', `/chat/rooms/${room._id}/members`);
      expect(list, 'member of nothing').to.have.length(2);
      const closed = await own.platform.room(['host', '1000']);
      expect(await alertOf(one, 'joinRoom', { room: String(closed.no) }), 'no demo room').to.equal('E12');
      const real = await enter(await user(own, '1000', 'Real'), closed);
      expect(real.of('roomUsers').at(-1).users).to.deep.equal([{ id: 1000, nickname: 'Real', cType: null }]);
    } finally {
      await own.close();
    }
  });
});
