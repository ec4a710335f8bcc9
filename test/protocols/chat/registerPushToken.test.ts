import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import { device, pushed, pushing } from '../../helpers/push.ts';

describe('registerPushToken', () => {
  const served = pushing();
  let ann: ChatClient;
  let bob: ChatClient;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, 'ann', 'bob');
  });
  const tokensOf = async ({ userId }: { userId: string }) =>
    (await served.engine.database.pushTokens.find({ userId }).sort({ at: 1 }).toArray()).map(
      doc => doc.token,
    );

  it('takes the device for the user, once, however often it is said', async () => {
    const token = await device(bob);
    for (const platform of ['android', 'ios', 'web'])
      expect(await bob.do('registerPushToken', { token, platform })).to.deep.equal({ result: true });
    expect(await tokensOf(bob)).to.deep.equal([token]);
  });

  it('a device belongs to whoever registered it last', async () => {
    const { engine, fcm } = served;
    const [carl] = await guests(engine, 'carl');
    const room = await roomOf([ann, bob, carl]);
    const [shared, own] = [await device(bob), await device(bob)];
    await carl.do('registerPushToken', { token: shared, platform: 'ios' });
    await bob.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false });
    const message = await ann.send(room._id, 'hello');
    expect((await fcm.push(shared)).data.messageId).to.equal(message._id);
    await pushed(engine);
    expect(fcm.of(own)).to.deep.equal([]);
  });

  it('works for the very next message, also of whoever had no device before', async () => {
    const { engine, fcm } = served;
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'nobody is told of this');
    await pushed(engine);
    const token = await device(bob);
    await ann.send(room._id, 'but of this');
    expect((await fcm.push(token)).data.badge).to.equal('2');
  });

  it('keeps the twenty newest devices of a user', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 22; i++) tokens.push(await device(bob));
    expect(await tokensOf(bob)).to.have.members(tokens.slice(2));
  });

  it('ends with a revocation of the user’s tokens, and with their deletion', async () => {
    const { engine } = served;
    const [carl] = await guests(engine, 'carl');
    await device(bob);
    await device(carl);
    await engine.platform.do('POST', `/chat/users/${bob.userId}/revokeTokens`);
    await engine.platform.do('DELETE', `/chat/users/${carl.userId}`);
    expect([...(await tokensOf(bob)), ...(await tokensOf(carl))]).to.deep.equal([]);
  });

  it('refuses what is no token and no platform', async () => {
    for (const payload of [
      {},
      { token: 'x' },
      { token: '', platform: 'ios' },
      { token: 'x', platform: 'windows' },
      { token: 'x'.repeat(4_097), platform: 'ios' },
      { token: 7, platform: 'ios' },
    ])
      expect(await errorOf(bob, 'registerPushToken', payload), JSON.stringify(payload).slice(0, 60)).to.equal(
        'INVALID_PAYLOAD',
      );
    expect(await tokensOf(bob)).to.deep.equal([]);
  });
});
