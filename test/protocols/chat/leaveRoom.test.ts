import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('leaveRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });

  it('stops viewing and keeps the membership: messages count as unread again, and only the last one is told', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    expect(await bob.do('leaveRoom', room._id)).to.deep.equal({ result: true });
    await calm(bob);
    const sent = await ann.send(room._id, 'later');
    await bob.settled();
    expect(bob.of(`listenMessage_${room._id}`)).to.deep.equal([]);
    const [told] = bob.of('updateRoomLastMessage');
    expect([told.lastMessage._id, told.unReadMsgCount]).to.deep.equal([sent._id, 1]);
    expect(idsOf((await ann.room(room._id)).joinUsers)).to.include(bob.userId);
  });

  it('keeps what was read while viewing', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    const last = await ann.send(room._id, 'seen');
    await bob.do('leaveRoom', room._id);
    const { unReadMsgCount, joinUsers } = await bob.room(room._id);
    expect(unReadMsgCount).to.equal(0);
    expect(joinUsers.find(user => user._id === bob.userId)!.lastReadMessageId).to.equal(last._id);
  });

  it('is one device’s own affair: the other one goes on viewing and reading', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    for (const device of [bob, phone]) await device.do('joinRoom', room._id);
    await bob.do('leaveRoom', room._id);
    const sent = await ann.send(room._id, 'to the phone');
    expect((await phone.frame(`listenMessage_${room._id}`))._id).to.equal(sent._id);
    expect((await bob.room(room._id)).unReadMsgCount, 'the phone reads').to.equal(0);
  });

  it('a device that is gone views nothing any more', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    await phone.do('joinRoom', room._id);
    phone.close();
    // The server learns of the closing by itself: send until a message counts.
    let unread = 0;
    for (let i = 0; unread === 0 && i < 200; i++) {
      await ann.send(room._id, `${i}`);
      unread = (await bob.room(room._id)).unReadMsgCount;
    }
    expect(unread).to.be.greaterThan(0);
  });

  it('does no harm where there is nothing to leave: unknown rooms, foreign ones, twice', async () => {
    const room = await roomOf([ann]);
    for (const id of ['nowhere', room._id, room._id, 'f'.repeat(24), 7]) {
      expect(await bob.do('leaveRoom', id)).to.deep.equal({ result: true });
    }
    expect((await ann.room(room._id)).joinUserCount).to.equal(1);
  });

  it('refuses what is no room id', async () => {
    for (const given of [undefined, null, '', {}, []]) {
      expect(await errorOf(ann, 'leaveRoom', given), JSON.stringify(given)).to.equal('INVALID_PAYLOAD');
    }
  });
});
