import { expect } from 'chai';
import type { ChatClient } from '../helpers/client.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushed, pushing } from '../helpers/push.ts';
import { eventually } from '../helpers/processes.ts';
import { RawClient } from '../helpers/raw.ts';

describe('a viewer whose connection is dead', () => {
  const served = pushing({ paces: { ping: { interval: 300, timeout: 400 } } });
  let ann: ChatClient;
  let bob: ChatClient;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, 'ann', 'bob');
  });

  const phones: RawClient[] = [];
  afterEach(() => phones.splice(0).forEach(phone => phone.ws.terminate()));

  /** Bob views the room from a phone as well. */
  async function onThePhone(roomId: string): Promise<RawClient> {
    const phone = await RawClient.connect(served.engine.url, served.engine.token(bob.userId, 'bob'));
    phones.push(phone);
    await phone.ask('joinRoom', JSON.stringify(roomId));
    return phone;
  }
  /** From now on the phone reads nothing; the answers that were on their way have come. */
  async function pause(phone: RawClient): Promise<void> {
    phone.ws.pause();
    await Promise.all([ann.settled(), bob.settled()]);
    await Promise.all([ann.settled(), bob.settled()]);
  }
  const unread = async (roomId: string) => (await bob.room(roomId)).unReadMsgCount;
  const isViewed = (roomId: string) => served.engine.app.chat.registry.peek(roomId)!.viewers.has(bob.userId);

  it('has what came after its last sign of life unread again, and pushed; receipts stay', async () => {
    const { fcm } = served;
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    const phone = await onThePhone(room._id);
    const seen = await ann.send(room._id, 'seen');
    await phone.text(text => text.includes('"seen"'));
    // One more sign of life after it.
    await phone.ask('queryRoom', JSON.stringify({ roomId: room._id }));
    await pause(phone);
    const missed = [await ann.send(room._id, 'missed'), await ann.send(room._id, 'missed too')];
    expect(await unread(room._id), 'while it seems to be viewing').to.equal(0);
    const push = await fcm.push(token);
    const left = await unread(room._id);
    // A pong that was on its way already is a sign of life after the first of them.
    expect(left).to.be.within(1, 2);
    expect(push.data).to.include({ messageId: missed[1]!._id, badge: String(left) });
    const { lastReadMessageId } = (await ann.room(room._id)).joinUsers.find(({ _id }) => _id === bob.userId)!;
    expect(lastReadMessageId, 'what others were told').to.equal(missed[1]!._id);
    expect(fcm.of(token).map(({ data }) => data.messageId)).to.not.include(seen._id);
  });

  it('finds it read after entering the room again, and what was shown is taken away', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    const phone = await onThePhone(room._id);
    await pause(phone);
    const missed = await ann.send(room._id, 'missed');
    await fcm.push(token);
    await pushed(engine);
    await bob.do('joinRoom', room._id);
    await fcm.retraction(token, missed._id);
    expect(await unread(room._id)).to.equal(0);
  });

  it('loses nothing when the user views the room on another device too', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    await bob.do('joinRoom', room._id);
    const phone = await onThePhone(room._id);
    await pause(phone);
    await ann.send(room._id, 'seen on the other one');
    await bob.frame(`listenMessage_${room._id}`);
    const { viewers } = engine.app.chat.registry.peek(room._id)!;
    await eventually('the end of the dead connection', () => viewers.get(bob.userId)?.size === 1);
    await pushed(engine);
    expect(await unread(room._id)).to.equal(0);
    expect(fcm.of(token)).to.deep.equal([]);
  });

  it('and one that went by itself has read what came', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    const phone = await onThePhone(room._id);
    await ann.send(room._id, 'seen');
    await phone.text(text => text.includes('"seen"'));
    phone.ws.close();
    await phone.closed;
    await ann.settled();
    await pushed(engine);
    expect(isViewed(room._id)).to.equal(false);
    expect(await unread(room._id)).to.equal(0);
    expect(fcm.of(token)).to.deep.equal([]);
  });
});
