import { expect } from 'chai';
import { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('tokenExpired', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  /** Resolves with why the connection ended. */
  const ended = (client: ChatClient): Promise<string> =>
    new Promise(resolve => {
      if (client.socket.connected) client.socket.once('disconnect', resolve);
      else resolve('already');
    });

  it('comes when the token ends during a connection, which is closed then for good', async () => {
    let ahead = 0;
    const own = await startEngine({ clock: { now: () => Date.now() + ahead } });
    try {
      const [ann] = await guests(own, 'ann');
      const end = ended(ann);
      ahead = 3_601_000;
      expect(await ann.frame('tokenExpired')).to.deep.equal({});
      expect(await end, 'a stock client does not come back by itself').to.equal('io server disconnect');
      expect(ann.of('tokenExpired')).to.have.length(1);
    } finally {
      await own.close();
    }
  });

  it('comes to every connection of a user whose tokens are revoked, and to nobody else', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const phone = await engine.connect(ann.userId, 'ann');
    const ends = [ann, phone].map(ended);
    await engine.platform.do('POST', `/chat/users/${ann.userId}/revokeTokens`);
    for (const device of [ann, phone]) await device.frame('tokenExpired');
    expect(await Promise.all(ends)).to.deep.equal(['io server disconnect', 'io server disconnect']);
    await bob.settled();
    expect(bob.frames).to.deep.equal([]);
  });

  it('comes to a person who is deleted; their old token lets nobody in any more', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([bob, ann]);
    const token = engine.token(ann.userId, 'ann');
    await engine.platform.do('DELETE', `/chat/users/${ann.userId}`);
    await ann.frame('tokenExpired');
    expect((await bob.room(room._id)).joinUserCount).to.equal(1);
    const refused = await ChatClient.connect(`${engine.url}/chat`, token).catch((error: Error) => error);
    expect(refused).to.be.an('error');
    expect(refused).to.deep.include({ message: 'not authorized', data: { code: 'TOKEN_INVALID' } });
  });

  it('a token that has ended lets nobody in, and says so', async () => {
    const refused = await ChatClient.connect(`${engine.url}/chat`, engine.token('u', 'u', -5)).catch(
      (error: Error) => error,
    );
    expect(refused).to.deep.include({ message: 'not authorized', data: { code: 'TOKEN_EXPIRED' } });
  });
});
