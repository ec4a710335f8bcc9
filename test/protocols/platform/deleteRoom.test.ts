import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

describe('DELETE /chat/rooms/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('removes the room with its members and messages; the second time it is 404', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const message = await engine.platform.write(room._id, '곧 없어질 글');
    const path = `/chat/rooms/${room._id}`;
    expect(await engine.platform.do('DELETE', path)).to.deep.equal({ result: true });
    expectRefusal(await engine.platform.call('DELETE', path), 404, 'ROOM_NO_EXISTS');
    expectRefusal(await engine.platform.call('GET', path), 404, 'ROOM_NO_EXISTS');
    expectRefusal(await engine.platform.call('GET', `${path}/messages`), 404, 'ROOM_NO_EXISTS');
    expectRefusal(await engine.platform.call('GET', `${path}/members`), 404, 'ROOM_NO_EXISTS');
    const body = { data: { type: 'TEXT', content: 'x' } };
    expectRefusal(
      await engine.platform.call('PATCH', `/chat/messages/${message._id}`, body),
      404,
      'MESSAGE_NO_EXISTS',
    );
    const write = { author: { authorId: 'ADMIN' }, data: { type: 'TEXT', content: 'x' } };
    expectRefusal(await engine.platform.call('POST', `${path}/messages`, write), 404, 'ROOM_NO_EXISTS');
  });

  it('members are told once, and it is gone for them', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const b = await engine.connect(bob);
    await b.do('joinRoom', room._id);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    const farewell = await b.frame('listenRoom', ({ _id }) => _id === room._id);
    expect(farewell.joinUsers.map((user: { _id: string }) => user._id)).not.to.include(bob);
    expect(await b.rooms()).to.deep.equal([]);
    expect((await b.ask('queryRoom', { roomId: room._id })).error).to.equal('ROOM_NO_EXISTS');
    const send = { syncKey: 'k', roomId: room._id, data: { type: 'TEXT', content: 'x' } };
    expect((await b.ask('sendMessage', send)).error).to.equal('ROOM_NO_EXISTS');
  });

  it('the same people can have a new room afterwards', async () => {
    const people = [someone(), someone()];
    const room = await engine.platform.room(people, { link: { sid: 's', name: '' } });
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    const fresh = await engine.platform.room(people, { link: { sid: 's', name: '' } });
    expect(fresh._id).not.to.equal(room._id);
  });

  it('unknown rooms and rooms of a foreign link are 404', async () => {
    const room = await engine.platform.room([someone()]);
    expectRefusal(await engine.platform.call('DELETE', `/chat/rooms/${NOWHERE}`), 404, 'ROOM_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(await platform.call('DELETE', `/chat/rooms/${room._id}`), 404, 'ROOM_NO_EXISTS');
    expect((await engine.platform.call('GET', `/chat/rooms/${room._id}`)).status).to.equal(200);
  });
});
