import { expect } from 'chai';
import { isBlockedBy } from '../../../src/domain/moderation/blocks.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('blockUser, unblockUser and listBlockedUsers', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const block = (by: ChatClient, userId: unknown) => errorOf(by, 'blockUser', { userId });
  const unblock = (by: ChatClient, userId: unknown) => errorOf(by, 'unblockUser', { userId });
  const say = (by: ChatClient, roomId: string, syncKey = newKey()) =>
    errorOf(by, 'sendMessage', { syncKey, roomId, data: { content: 'x' } });
  const REFUSED = 'YOU_HAVE_NO_AUTHORIZATION';

  it('nobody writes into the DIRECT room of two of whom one blocked the other; the history stays', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], { roomType: 'DIRECT' });
    const key = newKey();
    expect([await say(ann, room._id, key), await say(bob, room._id)]).to.deep.equal([null, null]);
    expect(await block(ann, bob.userId)).to.equal(null);
    expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([REFUSED, REFUSED]);
    expect(await say(ann, room._id, key), 'a retry').to.equal(null);
    expect((await bob.history(room._id)).length).to.equal(2);
    expect(idsOf(await bob.rooms())).to.include(room._id);
    expect(
      await errorOf(bob, 'createNewRoom', { users: [ann.userId], name: '', roomType: 'DIRECT' }),
    ).to.equal(REFUSED);
    expect(await unblock(ann, bob.userId)).to.equal(null);
    expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([null, null]);
  });

  it('in rooms of more people nothing changes', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    await block(ann, bob.userId);
    expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([null, null]);
  });

  it('whoever is blocked cannot draw the other into rooms', async () => {
    const [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    await block(ann, bob.userId);
    const room = await roomOf([bob, ann, eve]);
    expect(idsOf(room.joinUsers)).to.deep.equal([bob.userId, eve.userId]);
    const invite = (targetUserIds: string[]) =>
      errorOf(bob, 'inviteRoom', { roomId: room._id, targetUserIds });
    expect(await invite([ann.userId])).to.equal('WRONG_TARGET_USER_IDS');
    expect(await errorOf(bob, 'createNewRoom', { users: [ann.userId], name: 'x' })).to.equal(
      'WRONG_TARGET_USER_IDS',
    );
    const own = await roomOf([ann, bob]);
    expect(idsOf(own.joinUsers), 'the other way is open').to.deep.equal([ann.userId, bob.userId]);
  });

  it('lists whom one blocked, the latest first, each once', async () => {
    const [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    for (const userId of [bob.userId, eve.userId, bob.userId]) await block(ann, userId);
    const { list } = await ann.do<{ list: { _id: string; nickName: string }[] }>('listBlockedUsers');
    expect(list.map(({ nickName }) => nickName)).to.deep.equal(['eve', 'bob']);
    expect((await bob.do('listBlockedUsers', {})).list).to.deep.equal([]);
    await unblock(ann, eve.userId);
    await unblock(ann, eve.userId);
    expect(idsOf((await ann.do('listBlockedUsers')).list)).to.deep.equal([bob.userId]);
  });

  it('unknown people and oneself are refused', async () => {
    const [ann] = await guests(engine, 'ann');
    expect(await block(ann, someone())).to.equal('USER_NO_EXISTS');
    expect(await block(ann, ann.userId)).to.equal('WRONG_TARGET_USER_IDS');
    for (const userId of [null, {}, [], '']) expect(await block(ann, userId)).to.equal('INVALID_PAYLOAD');
  });

  it('holds on every node at once, and is what a push asks for', async () => {
    const shared = { bus: inProcessBus(), database: `block-${process.pid}` };
    const one = await startEngine(shared);
    const two = await startEngine(shared);
    try {
      const [ann] = await guests(one, 'ann');
      const [bob] = await guests(two, 'bob');
      const room = await roomOf([ann, bob], { roomType: 'DIRECT' });
      expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([null, null]);
      await block(ann, bob.userId);
      expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([REFUSED, REFUSED]);
      for (const { app } of [one, two]) {
        expect(await isBlockedBy(app.chat, bob.userId, ann.userId)).to.equal(true);
        expect(await isBlockedBy(app.chat, ann.userId, bob.userId)).to.equal(false);
      }
      await unblock(ann, bob.userId);
      expect([await say(ann, room._id), await say(bob, room._id)]).to.deep.equal([null, null]);
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('a person who is deleted takes their blocks along', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    await block(ann, bob.userId);
    await block(bob, ann.userId);
    await engine.platform.do('DELETE', `/chat/users/${bob.userId}`);
    expect((await ann.do('listBlockedUsers')).list).to.deep.equal([]);
    expect(await engine.database.blocks.countDocuments({ userId: bob.userId })).to.equal(0);
  });
});
