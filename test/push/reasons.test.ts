import { expect } from 'chai';
import type { ChatClient, Message } from '../helpers/client.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushed, pushing } from '../helpers/push.ts';

describe('no push, and GET /chat/push/explain says why', () => {
  const served = pushing();
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  let token: string;
  let witness: string;
  beforeEach(async () => {
    [ann, bob, eve] = await guests(served.engine, 'ann', 'bob', 'eve');
    [token, witness] = [await device(bob), await device(eve)];
  });

  const explain = async (messageId: string, { userId } = bob) =>
    served.engine.platform.do(
      'GET',
      `/chat/push/explain?userId=${encodeURIComponent(userId)}&messageId=${messageId}`,
    );

  /** Eve is told of it, Bob is not. */
  async function expectNone(message: Message, reason: string): Promise<void> {
    await served.fcm.push(witness, ({ data }) => data.messageId === message._id);
    await pushed(served.engine);
    expect(served.fcm.of(token)).to.deep.equal([]);
    expect(await explain(message._id)).to.deep.include({ sent: false, reason });
  }

  it('for whoever views the room', async () => {
    const room = await roomOf([ann, bob, eve]);
    await bob.do('joinRoom', room._id);
    await expectNone(await ann.send(room._id, 'hello'), 'READ');
  });

  it('with the alarm of the room off', async () => {
    const room = await roomOf([ann, bob, eve]);
    await bob.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false });
    await expectNone(await ann.send(room._id, 'hello'), 'ALARM_OFF');
  });

  it('of one’s own message', async () => {
    const room = await roomOf([ann, bob, eve]);
    await expectNone(await bob.send(room._id, 'hello'), 'OWN_MESSAGE');
  });

  it('while one does not want to be disturbed', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob, eve]);
    await bob.do('setDoNotDisturb', { from: '00:00', to: '00:00', timezone: 'Asia/Seoul' });
    await expectNone(await ann.send(room._id, 'hello'), 'DO_NOT_DISTURB');
    const { attempts } = await explain((await ann.send(room._id, 'again'))._id);
    await pushed(engine);
    expect(attempts).to.have.length.at.most(1);
    await bob.do('setDoNotDisturb', null);
    await ann.send(room._id, 'hello');
    await fcm.push(token);
  });

  it('of what was written before one joined', async () => {
    const room = await roomOf([ann, eve]);
    const message = await ann.send(room._id, 'hello');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [bob.userId] });
    await expectNone(message, 'JOINED_LATER');
  });

  it('to whoever is no member, or not any more', async () => {
    const room = await roomOf([ann, bob, eve]);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    await expectNone(await ann.send(room._id, 'hello'), 'NOT_A_MEMBER');
  });

  it('without a device', async () => {
    const room = await roomOf([ann, bob, eve]);
    await bob.do('unregisterPushToken', { token });
    const message = await ann.send(room._id, 'hello');
    await expectNone(message, 'NO_TOKEN');
    expect((await explain(message._id)).devices).to.equal(0);
  });

  it('of joinings', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob, eve]);
    await engine.platform.people(`carl-${room._id}`);
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [`carl-${room._id}`] });
    await pushed(engine);
    const [act] = await engine.platform.messages(room._id);
    expect((await explain(act!._id)).reason).to.equal('NOT_A_KIND_TO_PUSH');
    expect(fcm.of(token)).to.deep.equal([]);
  });

  it('a push that was sent is told with the provider’s answer for each device, which is named by no token', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob, eve]);
    const dead = await device(bob, 'ios', 'dead');
    fcm.moods.set('dead', 'unregistered');
    const message = await ann.send(room._id, 'hello');
    await fcm.push(token);
    await pushed(engine);
    const { attempts, ...rest } = await explain(message._id);
    expect(rest).to.deep.equal({ sent: true, reason: 'SENT', devices: 1 });
    expect(
      attempts.map(({ platform, outcome, answer }: any) => [platform, outcome, answer]),
    ).to.have.deep.members([
      ['android', 'ok', null],
      ['ios', 'gone', 'messaging/registration-token-not-registered'],
    ]);
    for (const secret of [token, dead]) expect(JSON.stringify(attempts)).to.not.contain(secret);
  });
});
