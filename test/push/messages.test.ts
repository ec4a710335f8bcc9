import { expect } from 'chai';
import type { ChatClient } from '../helpers/client.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushing } from '../helpers/push.ts';

describe('a push of a message', () => {
  const served = pushing();
  let ann: ChatClient;
  let bob: ChatClient;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, '앤', '밥');
  });

  it('goes to members who do not view the room, with all that a tap needs', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob], { name: '점심' });
    const token = await device(bob);
    const message = await ann.send(room._id, '밥 먹자');
    const push = await fcm.push(token);
    expect(push.notification).to.deep.equal({ title: '점심', body: '앤: 밥 먹자' });
    expect(push.data).to.deep.equal({
      type: 'MESSAGE',
      roomId: room._id,
      messageId: message._id,
      badge: '1',
    });
  });

  it('shows one message per room on every platform, with sound and badge', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    await ann.send(room._id, 'hello');
    const { android, apns, webpush } = await fcm.push(token);
    expect(android.notification).to.include({ tag: room._id, notification_count: 1, sound: 'default' });
    expect(android.collapse_key, 'four per device: none is used').to.equal(undefined);
    expect(apns.headers['apns-collapse-id']).to.equal(room._id);
    expect(Buffer.byteLength(apns.headers['apns-collapse-id'])).to.be.at.most(64);
    expect(apns.payload.aps).to.deep.include({ badge: 1, sound: 'default', 'thread-id': room._id });
    expect(webpush.notification.tag).to.equal(room._id);
  });

  it('goes to every device of the user', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob]);
    const [phone, tablet] = [await device(bob), await device(bob, 'ios')];
    await ann.send(room._id, 'hello');
    await fcm.push(phone);
    await fcm.push(tablet);
  });

  it('has the other’s nick as its title in a room of two', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob], { roomType: 'DIRECT' });
    const token = await device(bob);
    await ann.send(room._id, '안녕');
    expect((await fcm.push(token)).notification).to.deep.equal({ title: '앤', body: '안녕' });
  });

  it('cuts a long text, between characters', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob], { roomType: 'DIRECT' });
    const token = await device(bob);
    await ann.send(room._id, '😀'.repeat(300));
    const body = (await fcm.push(token)).notification!.body;
    expect([...body]).to.have.length(200);
    expect(body).to.equal(`${'😀'.repeat(199)}…`);
  });

  it('tells cards and announcements of the platform, but no joinings', async () => {
    const { engine, fcm } = served;
    const room = await engine.platform.room([ann.userId, bob.userId], { name: '공지' });
    const token = await device(bob);
    const carl = await engine.connect(`carl-${room._id}`);
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [carl.userId] });
    await engine.platform.do('POST', `/chat/rooms/${room._id}/messages`, {
      author: { authorId: 'ADMIN' },
      data: { type: 'ADMIN', content: '점검합니다' },
    });
    const { notification, data } = await fcm.push(token);
    expect(notification).to.deep.equal({ title: '공지', body: '점검합니다' });
    expect(data.badge, 'its room, the joining and the announcement').to.equal('3');
    await engine.platform.do('POST', `/chat/rooms/${room._id}/messages`, {
      author: { authorId: ann.userId },
      data: { type: 'CARD', content: { rawData: { cardType: 'X', text: '카드입니다' } } },
    });
    await fcm.push(token, push => push.notification?.body === `앤: 카드입니다`);
    expect(fcm.of(token)).to.have.length(2);
  });

  it('comes in rooms that only the platform writes too', async () => {
    const { engine, fcm } = served;
    const room = await engine.platform.room([ann.userId, bob.userId], { roomType: 'ALARM', name: '알림방' });
    const token = await device(bob);
    await engine.platform.write(room._id, '세일!');
    expect((await fcm.push(token)).notification).to.deep.equal({ title: '알림방', body: '세일!' });
  });
});
