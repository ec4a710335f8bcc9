import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { API_KEY, sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, NOWHERE, roomBody } from './bodies.ts';

/** Each route with the scope that it wants. */
const ROUTES: [string, string, string][] = [
  ['POST', '/chat/room', 'rooms:write'],
  ['POST', '/chat/inviteUsers', 'rooms:write'],
  ['POST', '/chat/upsertRoom', 'rooms:write'],
  ['GET', '/chat/rooms', 'rooms:read'],
  ['GET', `/chat/rooms/${NOWHERE}`, 'rooms:read'],
  ['PATCH', `/chat/rooms/${NOWHERE}`, 'rooms:write'],
  ['DELETE', `/chat/rooms/${NOWHERE}`, 'rooms:write'],
  ['GET', `/chat/rooms/${NOWHERE}/messages`, 'messages:read'],
  ['POST', `/chat/rooms/${NOWHERE}/messages`, 'messages:write'],
  ['PATCH', `/chat/messages/${NOWHERE}`, 'messages:write'],
  ['DELETE', `/chat/messages/${NOWHERE}`, 'messages:write'],
  ['GET', `/chat/rooms/${NOWHERE}/members`, 'rooms:read'],
  ['DELETE', `/chat/rooms/${NOWHERE}/members/u`, 'rooms:write'],
  ['PUT', '/chat/users', 'users:write'],
  ['GET', '/chat/users/nobody', 'users:read'],
  ['DELETE', '/chat/users/nobody', 'users:write'],
  ['POST', '/chat/users/nobody/revokeTokens', 'users:write'],
];

describe('chat-api-key', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const bodyOf = (method: string) => (method === 'GET' || method === 'DELETE' ? undefined : {});

  it('without a key, or with a wrong one, every route is 401 INVALID_API_KEY', async () => {
    const wrong = [null, 'wrong-key', API_KEY.toUpperCase(), `${API_KEY} x`, 'k'.repeat(5_000), '{"$ne":1}'];
    for (const key of wrong)
      expectRefusal(await engine.platform.as(key).call('GET', '/chat/rooms'), 401, 'INVALID_API_KEY');
    for (const [method, path] of ROUTES) {
      expectRefusal(
        await engine.platform.as('wrong-key').call(method, path, bodyOf(method)),
        401,
        'INVALID_API_KEY',
      );
    }
  });

  it('is looked at before the body and before whether there is such a route', async () => {
    const stranger = engine.platform.as(null);
    expectRefusal(await stranger.call('POST', '/chat/room', '{"broken'), 401, 'INVALID_API_KEY');
    expectRefusal(await stranger.call('GET', '/chat/no/such/route'), 401, 'INVALID_API_KEY');
    expectRefusal(await engine.platform.call('GET', '/chat/no/such/route'), 404, 'NOT_FOUND');
  });

  it('a token of a user is no key', async () => {
    const token = engine.token(someone());
    expectRefusal(await engine.platform.as(token).call('GET', '/chat/rooms'), 401, 'INVALID_API_KEY');
    const bearer = await engine.platform
      .as(null)
      .call('GET', '/chat/rooms', undefined, { authorization: `Bearer ${token}` });
    expectRefusal(bearer, 401, 'INVALID_API_KEY');
  });

  for (const [method, path, scope] of ROUTES) {
    it(`${method} ${path.replace(NOWHERE, ':id')} wants the scope ${scope}`, async () => {
      const { platform } = await newKeyFor(engine, { without: [scope as never] });
      const refused = await platform.call(method, path, bodyOf(method));
      expectRefusal(refused, 403, 'YOU_HAVE_NO_AUTHORIZATION');
      expect(refused.body.message).to.contain(scope);
      const { platform: only } = await newKeyFor(engine, { scopes: [scope as never] });
      expect((await only.call(method, path, bodyOf(method))).status).not.to.be.oneOf([401, 403]);
    });
  }

  it('is stored as a hash only: no collection holds a key', async () => {
    const { key, platform } = await newKeyFor(engine);
    await platform.call('POST', '/chat/room', roomBody([someone()]), { 'idempotency-key': someone() });
    const db = engine.database.connection.db!;
    let documents = 0;
    for (const { name } of await db.listCollections().toArray()) {
      const stored = await db.collection(name).find().toArray();
      documents += stored.length;
      const text = JSON.stringify(stored);
      for (const secret of [key, API_KEY])
        expect(text.includes(secret), `${secret} in ${name}`).to.equal(false);
    }
    expect(documents).to.be.greaterThan(0);
    const hash = createHash('sha256').update(key).digest('hex');
    expect(await engine.database.apiKeys.countDocuments({ hash })).to.equal(1);
  });

  it('has a rate of its own: beyond it 429 RATE_LIMITED says when to come again, and other keys go on', async () => {
    const { platform } = await newKeyFor(engine, { ratePerSecond: 1 });
    const statuses: number[] = [];
    for (let i = 0; i < 2; i++) statuses.push((await platform.call('GET', '/chat/rooms')).status);
    expect(statuses).to.deep.equal([200, 200]);
    const refused = await platform.call('GET', '/chat/rooms');
    expectRefusal(refused, 429, 'RATE_LIMITED');
    expect(refused.body.data.retryAfterMs).to.be.within(1, 1_000);
    expect(refused.headers.get('retry-after')).to.equal('1');
    expect((await engine.platform.call('GET', '/chat/rooms')).status).to.equal(200);
  });

  it('once revoked is refused: at once where it was not in use, within six seconds where it was', async () => {
    const [idle, busy] = [await newKeyFor(engine), await newKeyFor(engine)];
    expect((await busy.platform.call('GET', '/chat/rooms')).status).to.equal(200);
    expect([await idle.revoke(), await busy.revoke(), await busy.revoke()]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expectRefusal(await idle.platform.call('GET', '/chat/rooms'), 401, 'INVALID_API_KEY');
    // Six seconds later, as the key cache sees it.
    const now = performance.now.bind(performance);
    performance.now = () => now() + 6_000;
    try {
      expectRefusal(await busy.platform.call('GET', '/chat/rooms'), 401, 'INVALID_API_KEY');
    } finally {
      performance.now = now;
    }
  });

  it('nothing of the framework shows in the headers', async () => {
    const { headers } = await engine.platform.call('GET', '/chat/rooms');
    expect(headers.get('x-powered-by')).to.equal(null);
    expect(headers.get('content-type')).to.match(/^application\/json/);
  });
});

describe('the first chat-api-key', () => {
  it('is that of CHAT_API_KEY; another start with it does not make it twice', async () => {
    const database = `keys${process.pid}`;
    const env = { CHAT_API_KEY: 'the-first-key-of-all' };
    for (let start = 0; start < 2; start++) {
      const engine = await startEngine({ env, database });
      const { status } = await engine.platform.as(env.CHAT_API_KEY).call('GET', '/chat/rooms');
      const count = await engine.database.apiKeys.countDocuments();
      await engine.close();
      expect([status, count]).to.deep.equal([200, 1]);
    }
  });
});
