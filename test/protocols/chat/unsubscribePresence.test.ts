import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('unsubscribePresence', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('ends the telling of these people, on this connection alone; others are told on', async () => {
    const [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    const phone = await engine.connect(ann.userId, 'ann');
    await roomOf([ann, bob, eve]);
    for (const client of [ann, phone])
      await client.do('subscribePresence', { userIds: [bob.userId, eve.userId] });
    expect(await ann.do('unsubscribePresence', { userIds: [bob.userId, 'whoever'] })).to.deep.equal({
      list: [],
    });
    bob.close();
    await phone.frame('presence', ({ userId }) => userId === bob.userId);
    eve.close();
    await ann.frame('presence', ({ userId }) => userId === eve.userId);
    expect(ann.of('presence').map(({ userId }) => userId)).to.deep.equal([eve.userId]);
  });
});
