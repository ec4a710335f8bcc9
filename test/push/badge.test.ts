import { expect } from 'chai';
import type { ChatClient } from '../helpers/client.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushed, pushing } from '../helpers/push.ts';

describe('the badge of a push', () => {
  const served = pushing();
  let ann: ChatClient;
  let bob: ChatClient;
  let token: string;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, 'ann', 'bob');
    token = await device(bob);
  });
  const badgeOf = async (messageId: string) =>
    Number((await served.fcm.push(token, ({ data }) => data.messageId === messageId)).data.badge);
  const unread = async () => (await bob.rooms()).reduce((sum, room) => sum + room.unReadMsgCount, 0);

  it('is the sum of what the room list shows, over all rooms, with reading, deletion and joining', async () => {
    const { engine } = served;
    const rooms = await Promise.all([roomOf([ann, bob]), roomOf([ann, bob]), roomOf([ann, bob])]);
    const [a, b, c] = rooms.map(({ _id }) => _id) as [string, string, string];
    for (let i = 0; i < 3; i++) await ann.send(a, `${i}`);
    const gone = await ann.send(b, 'gone');
    await ann.send(b, 'stays');
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    expect(await badgeOf((await ann.send(c, 'one'))._id)).to.equal(5);
    await bob.do('joinRoom', a);
    await bob.do('leaveRoom', a);
    await engine.platform.people(`${ann.userId}-x`);
    await ann.do('inviteRoom', { roomId: b, targetUserIds: [`${ann.userId}-x`] });
    const last = await ann.send(c, 'two');
    expect(await badgeOf(last._id)).to.equal(await unread());
    expect(await unread()).to.equal(4);
  });

  it('is as exact for rooms that are not in memory', async () => {
    const { engine } = served;
    const [a, b] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    const gone = await ann.send(a._id, 'gone');
    for (let i = 0; i < 4; i++) await ann.send(a._id, `${i}`);
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    await pushed(engine);
    await engine.app.chat.ledger.flush();
    engine.app.chat.cards.forget(a._id);
    engine.app.chat.registry.forget(a._id);
    expect(await badgeOf((await ann.send(b._id, 'one'))._id)).to.equal(5);
    expect(engine.app.chat.registry.peek(a._id), 'it was not loaded for it').to.equal(undefined);
  });

  it('counts rooms whose alarm is off: they are unread all the same', async () => {
    const [a, b] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    await bob.do('roomAlarmTurnOnOff', { roomId: a._id, turnOn: false });
    await ann.send(a._id, 'silent');
    expect(await badgeOf((await ann.send(b._id, 'loud'))._id)).to.equal(2);
  });
});
