import { expect } from 'chai';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import { device, pushed, pushing } from '../../helpers/push.ts';

describe('unregisterPushToken', () => {
  const served = pushing();

  it('ends pushes to this device, at once; others of the user go on', async () => {
    const { engine, fcm } = served;
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    const [phone, tablet] = [await device(bob), await device(bob)];
    expect(await bob.do('unregisterPushToken', { token: phone })).to.deep.equal({ result: true });
    await ann.send(room._id, 'hello');
    await fcm.push(tablet);
    await pushed(engine);
    expect(fcm.of(phone)).to.deep.equal([]);
  });

  it('touches no device of somebody else, and says nothing of it', async () => {
    const { engine, fcm } = served;
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    const token = await device(bob);
    for (const other of [token, 'never seen'])
      expect(await ann.do('unregisterPushToken', { token: other })).to.deep.equal({ result: true });
    await ann.send(room._id, 'hello');
    await fcm.push(token);
  });

  it('refuses what is no token', async () => {
    const { engine } = served;
    const [ann] = await guests(engine, 'ann');
    for (const payload of [undefined, null, {}, { token: '' }, { token: {} }])
      expect(await errorOf(ann, 'unregisterPushToken', payload)).to.equal('INVALID_PAYLOAD');
  });
});
