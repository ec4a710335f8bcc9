import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { pushed } from '../../helpers/push.ts';
import { expectRefusal } from './bodies.ts';

/** Each reason has its test in test/push/reasons.test.ts. */
describe('GET /chat/push/explain', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const path = (userId: string, messageId: string) =>
    `/chat/push/explain?userId=${encodeURIComponent(userId)}&messageId=${messageId}`;

  it('tells what became of a push, and keeps it for a while', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const client = await engine.connect(bob);
    const token = someone('token');
    await client.do('registerPushToken', { token, platform: 'web' });
    const room = await engine.platform.room([ann, bob]);
    const message = await engine.platform.write(room._id, 'hello');
    await pushed(engine);
    const { attempts, ...rest } = await engine.platform.do('GET', path(bob, message._id));
    expect(rest).to.deep.equal({ sent: true, reason: 'SENT', devices: 1 });
    expect(attempts).to.have.length(1);
    expect(attempts[0]).to.include({ platform: 'web', outcome: 'ok', answer: null });
    expect(attempts[0].device).to.have.length(12);
  });

  it('an unknown message is 404, also one of a link that the key may not touch', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob]);
    const message = await engine.platform.write(room._id, 'hello');
    for (const id of ['6740a1b2c3d4e5f6012345ab', 'x', '1'])
      expectRefusal(await engine.platform.call('GET', path(bob, id)), 404, 'MESSAGE_NO_EXISTS');
    const foreign = (await newKeyFor(engine, { links: ['elsewhere'] })).platform;
    expectRefusal(await foreign.call('GET', path(bob, message._id)), 404, 'MESSAGE_NO_EXISTS');
    expect((await engine.platform.do('GET', path(someone(), message._id))).reason).to.equal('NOT_A_MEMBER');
  });

  it('wants the scope users:read, and both ids', async () => {
    const writer = (await newKeyFor(engine, { scopes: ['messages:write'] })).platform;
    expectRefusal(await writer.call('GET', path('a', 'b')), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    for (const query of ['', '?userId=a', '?messageId=b'])
      expectRefusal(await engine.platform.call('GET', `/chat/push/explain${query}`), 400, 'INVALID_PAYLOAD');
  });
});
