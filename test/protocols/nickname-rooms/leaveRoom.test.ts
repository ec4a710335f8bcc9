import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { closeWires } from '../../helpers/wire.ts';
import { alertOf, enter, party, texts, user } from './guests.ts';

const nicknames = ({ users }: { users: { nickname: string }[] }): string[] =>
  users.map(({ nickname }) => nickname);

describe('nickname rooms: leaving', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  it('leaveRoom: off the list and out of earshot; the membership stays', async () => {
    const { ids, room, ann, bob } = await party(engine);
    expect(await alertOf(ann, 'leaveRoom')).to.equal(null);
    expect(nicknames(await bob.frame('roomUsers'))).to.deep.equal(['Bob']);
    expect(await bob.frame('message')).to.include({ type: 'system', text: 'Ann님이 퇴장했습니다.' });
    await bob.ask('chatMessage', { type: 'text', text: 'alone' });
    await ann.settled();
    expect(ann.frames).to.deep.equal([]);
    expect(await alertOf(ann, 'leaveRoom'), 'twice').to.equal('E17');
    const { list } = await engine.platform.do('GET', `/chat/rooms/${room._id}/members`);
    expect(list.map((member: { _id: string }) => member._id)).to.include(ids.ann);
  });

  it('offRoom: out of earshot, but still on the list until leaving or disconnecting', async () => {
    const { ids, room, ann, bob } = await party(engine);
    expect(await alertOf(ann, 'offRoom')).to.equal(null);
    expect(nicknames(await bob.frame('roomUsers'))).to.deep.equal(['Ann', 'Bob']);
    await bob.ask('chatMessage', { type: 'text', text: 'x' });
    await ann.settled();
    expect(ann.of('message')).to.deep.equal([]);
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E17');
    expect(await alertOf(ann, 'offRoom'), 'twice').to.equal('E17');
    const phone = await enter(await user(engine, ids.ann, 'phone'), room);
    expect(nicknames(phone.of('roomUsers').at(-1)), 'who is in comes before who is off').to.include('phone');
    expect(await alertOf(phone, 'leaveRoom')).to.equal(null);
    bob.forget();
    expect(await alertOf(ann, 'leaveRoom'), 'from the list').to.equal(null);
    expect(nicknames(await bob.frame('roomUsers', list => list.users.length === 1))).to.deep.equal(['Bob']);
  });

  it('who is off comes in again by joinRoom', async () => {
    const { room, ann, bob } = await party(engine);
    await alertOf(ann, 'offRoom');
    await enter(ann, room);
    await bob.settled();
    expect(texts(bob)).to.deep.equal(['Ann님이 퇴장했습니다.', 'Ann님이 입장했습니다.']);
    expect(await alertOf(ann, 'chatMessage', { type: 'text', text: 'back' })).to.equal(null);
  });

  it('a disconnect leaves, whether one is in or off', async () => {
    for (const off of [false, true]) {
      const { ann, bob } = await party(engine);
      if (off) await alertOf(ann, 'offRoom');
      bob.forget();
      ann.close();
      await bob.frame('roomUsers', list => list.users.length === 1);
    }
  });
});
