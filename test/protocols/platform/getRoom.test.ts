import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, NOWHERE } from './bodies.ts';

describe('GET /chat/rooms/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const get = (id: string) => engine.platform.call('GET', `/chat/rooms/${id}`);

  it('shows the room as it is now, with contact data whatever its rules say', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob], {
      rules: { canShowMemberMeta: false, canShowMemberList: false },
      joinUsers: [
        { _id: ann, nickName: 'a', master: true, meta: { email: 'a@example.com' } },
        { _id: bob, nickName: 'b', meta: { phone: '010' } },
      ],
    });
    await engine.platform.write(room._id, '지금');
    const { status, body } = await get(room._id);
    expect(status).to.equal(200);
    const { joinUsers, lastMessage } = expectRoom(body);
    expect(joinUsers.map(user => user.meta)).to.deep.equal([{ email: 'a@example.com' }, { phone: '010' }]);
    expect(lastMessage!.data.content.text).to.equal('지금');
  });

  it('an unknown room, and what cannot be an id, is 404 ROOM_NO_EXISTS', async () => {
    for (const id of [NOWHERE, 'x', NOWHERE.toUpperCase() + 'A', '%24ne', '1'])
      expectRefusal(await get(id), 404, 'ROOM_NO_EXISTS');
  });

  it('a room of a foreign link, and one without a link, does not exist for a bound key', async () => {
    const room = await engine.platform.room([someone()]);
    const bare = await engine.platform.room([someone()], { link: null });
    const { platform } = await newKeyFor(engine, { links: ['mine'] });
    for (const { _id } of [room, bare]) {
      expectRefusal(await platform.call('GET', `/chat/rooms/${_id}`), 404, 'ROOM_NO_EXISTS');
    }
    const { platform: owner } = await newKeyFor(engine, { links: ['mine', room.link!.sid] });
    expect((await owner.call('GET', `/chat/rooms/${room._id}`)).status).to.equal(200);
  });
});

describe('GET /chat/rooms/:id of a large room', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '3' } });
  });
  after(() => engine.close());

  it('holds the masters and the most recent others, and tells the size', async () => {
    const people = Array.from({ length: 5 }, () => someone());
    const room = await engine.platform.room(people);
    expect(room.joinUserCount).to.equal(5);
    expect(room.joinUsers.map(user => user._id)).to.deep.equal([people[0], people[3], people[4]]);
  });
});
