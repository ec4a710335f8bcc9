import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { ChatClient } from '../../helpers/client.ts';
import { SECRET, sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('refreshToken', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('takes over a new token of the same user: the connection outlives the old one', async () => {
    let ahead = 0;
    const own = await startEngine({ clock: { now: () => Date.now() + ahead } });
    try {
      const [ann, bob] = await guests(own, 'ann', 'bob');
      expect(await ann.do('refreshToken', { token: own.token(ann.userId, 'ann', 36_000) })).to.deep.equal({
        result: true,
      });
      ahead = 7_200_000;
      // Both are looked at in the same round, ann first: bob's end shows that ann was spared.
      await bob.frame('tokenExpired');
      expect((await ann.rooms()).length).to.equal(0);
      expect(ann.of('tokenExpired')).to.deep.equal([]);
    } finally {
      await own.close();
    }
  });

  it('keeps what the connection views, and takes the new nick', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    await ann.do('joinRoom', room._id);
    await ann.do('refreshToken', { token: engine.token(ann.userId, 'Ann the second') });
    const sent = await bob.send(room._id, 'still there?');
    expect((await ann.frame(`listenMessage_${room._id}`))._id).to.equal(sent._id);
    expect((await ann.send(room._id, 'yes')).author.nickName).to.equal('Ann the second');
    expect((await bob.room(room._id)).joinUsers[0]!.nickName).to.equal('Ann the second');
  });

  it('one of another user is refused, and the connection stays who it was', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([bob]);
    expect(await errorOf(ann, 'refreshToken', { token: engine.token(bob.userId) })).to.equal(
      'CLIENT_ID_NO_EXISTS',
    );
    expect(await errorOf(ann, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    const mine = await roomOf([ann]);
    expect((await ann.send(mine._id, 'x')).author.authorId).to.equal(ann.userId);
  });

  it('refuses tokens that no connection would be let in with', async () => {
    const [ann] = await guests(engine, 'ann');
    const user = { id: ann.userId };
    const bad: [string, string][] = [
      [engine.token(ann.userId, 'ann', -10), 'TOKEN_EXPIRED'],
      [jwt.sign(user, 'another-secret-of-thirty-two-bytes!!!', { expiresIn: 60 }), 'TOKEN_INVALID'],
      [jwt.sign(user, SECRET), 'TOKEN_INVALID'],
      [jwt.sign(user, SECRET, { algorithm: 'HS512', expiresIn: 60 }), 'TOKEN_INVALID'],
      [jwt.sign(user, null as never, { algorithm: 'none', expiresIn: 60 }), 'TOKEN_INVALID'],
      ['nonsense', 'TOKEN_INVALID'],
    ];
    for (const [token, code] of bad)
      expect(await errorOf(ann, 'refreshToken', { token }), token).to.equal(code);
    expect(
      await errorOf(ann, 'refreshToken', { token: engine.token(ann.userId) }),
      'the connection lives',
    ).to.equal(null);
  });

  it('refuses a token that was made before the user’s tokens were revoked', async () => {
    const id = someone('revoked');
    const iat = Math.floor(Date.now() / 1000);
    const make = (at: number) => jwt.sign({ id, iat: at }, SECRET, { expiresIn: 3_600 });
    await engine.platform.do('POST', `/chat/users/${id}/revokeTokens`);
    const client = await ChatClient.connect(`${engine.url}/chat`, make(iat + 5), id);
    expect(await errorOf(client, 'refreshToken', { token: make(iat - 60) })).to.equal('TOKEN_INVALID');
    client.close();
  });

  it('refuses wrong shapes', async () => {
    const [ann] = await guests(engine, 'ann');
    for (const payload of [
      undefined,
      null,
      engine.token(ann.userId),
      {},
      { token: null },
      { token: 7 },
      { token: 'x'.repeat(9_000) },
    ]) {
      expect(await errorOf(ann, 'refreshToken', payload), JSON.stringify(payload)?.slice(0, 40)).to.equal(
        'INVALID_PAYLOAD',
      );
    }
  });
});
