import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../helpers/client.ts';
import { startEngine } from '../helpers/engine.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushed, pushing } from '../helpers/push.ts';

describe('what a push showed is taken away', () => {
  const served = pushing();
  let ann: ChatClient;
  let bob: ChatClient;
  let token: string;
  let room: Room;
  let message: Message;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, 'ann', 'bob');
    token = await device(bob, 'ios');
    room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } });
    message = await ann.send(room._id, 'hello');
    await served.fcm.push(token);
    await pushed(served.engine);
  });
  const retractions = () => served.fcm.of(token, 'RETRACT').map(({ data }) => data.messageId);
  const isShown = async () =>
    (await served.engine.database.pushShown.countDocuments({ userId: bob.userId })) > 0;

  it('silently, when the room is entered on another device', async () => {
    const { fcm } = served;
    await bob.do('joinRoom', room._id);
    const { notification, data, apns, android } = await fcm.retraction(token, message._id);
    expect(notification).to.equal(undefined);
    expect(data).to.deep.equal({ type: 'RETRACT', roomId: room._id, messageId: message._id, badge: '0' });
    expect(apns.payload.aps).to.deep.equal({ 'content-available': 1 });
    expect(apns.headers['apns-push-type']).to.equal('background');
    expect(android.notification).to.equal(undefined);
  });

  it('once, when the message is read expressly; reading it again takes nothing away', async () => {
    const { engine, fcm } = served;
    const read = () => bob.do('updateReadMessage', { roomId: room._id, messageId: message._id });
    await read();
    await fcm.retraction(token, message._id);
    await read();
    await bob.do('joinRoom', room._id);
    await pushed(engine);
    expect(retractions()).to.deep.equal([message._id]);
    expect(await isShown()).to.equal(false);
  });

  it('not by reading what came before it', async () => {
    const { engine, fcm } = served;
    const other = await ann.send(room._id, 'more');
    await fcm.push(token, ({ data }) => data.messageId === other._id);
    await pushed(engine);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: message._id });
    await pushed(engine);
    expect(retractions()).to.deep.equal([]);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: other._id });
    await fcm.retraction(token, other._id);
  });

  it('when one writes into the room', async () => {
    const { fcm } = served;
    await bob.send(room._id, 'on my way');
    await fcm.retraction(token, message._id);
  });

  it('when the message is deleted; one that is not shown any more takes nothing away', async () => {
    const { engine, fcm } = served;
    const newer = await ann.send(room._id, 'newer');
    await fcm.push(token, ({ data }) => data.messageId === newer._id);
    await pushed(engine);
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    await pushed(engine);
    expect(retractions()).to.deep.equal([]);
    await engine.platform.do('DELETE', `/chat/messages/${newer._id}`);
    expect((await fcm.retraction(token, newer._id)).data.badge).to.equal('0');
  });

  it('when one is kicked out', async () => {
    const { fcm } = served;
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    await fcm.retraction(token, message._id);
  });

  it('when one leaves', async () => {
    const { fcm } = served;
    await bob.do('leaveOutRoom', room._id);
    await fcm.retraction(token, message._id);
  });

  it('when the room is removed', async () => {
    const { engine, fcm } = served;
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    await fcm.retraction(token, message._id);
  });

  it('never, where nothing was shown', async () => {
    const { engine } = served;
    const quiet = await roomOf([ann, bob]);
    await bob.do('roomAlarmTurnOnOff', { roomId: quiet._id, turnOn: false });
    const unseen = await ann.send(quiet._id, 'psst');
    await pushed(engine);
    await bob.do('joinRoom', quiet._id);
    await pushed(engine);
    expect(retractions()).to.not.include(unseen._id);
  });

  it('also when it is read while the provider is still taking it', async () => {
    const { engine, fcm } = served;
    const slow = await device(bob, 'android', 'slow');
    fcm.moods.set('slow', 'hang');
    const late = await ann.send(room._id, 'late');
    await fcm.until('the slow request', () => fcm.asked.some(({ token: asked }) => asked === slow));
    await bob.do('joinRoom', room._id);
    fcm.moods.delete('slow');
    fcm.release();
    await fcm.retraction(token, late._id);
    await pushed(engine);
    expect(fcm.of(token).at(-1)!.data.type, 'the last word').to.equal('RETRACT');
  });

  it('also after a restart', async () => {
    const { engine, fcm } = served;
    await engine.database.rooms.updateMany({}, { $set: { pushedSeq: 1_000 } });
    const second = await startEngine({ push: fcm.sender(), database: engine.database.connection.name });
    try {
      const phone = await second.connect(bob.userId, 'bob');
      await phone.do('joinRoom', room._id);
      await fcm.retraction(token, message._id);
    } finally {
      await second.close();
    }
  });
});
