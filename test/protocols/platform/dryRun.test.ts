import { expect } from 'chai';
import type { RouteDef } from '../../../src/protocols/kit/route.ts';
import * as catalogue from '../../../src/protocols/platform/catalogue.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { withRealIds } from '../../faults/bad-values.ts';
import { expectRefusal, roomBody } from './bodies.ts';

// What is streamed is checked line by line in the background: imports-errors.test.ts.
const WRITES = (Object.values(catalogue) as unknown[]).filter(
  (value): value is RouteDef =>
    'path' in (value as object) &&
    'method' in (value as object) &&
    (value as RouteDef).method !== 'get' &&
    !(value as RouteDef).stream,
);

describe('?dryRun=true', () => {
  let engine: Engine;
  let ids: Record<string, string>;
  let messageId: string;
  let webhookId: string;
  let reportId: string;
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map(name => someone(name)) as [string, string, string];

  before(async () => {
    engine = await startEngine({ env: { WEBHOOK_ALLOW: 'partner.example.com' } });
    await engine.platform.people(ann, bob, eve);
    const room = await engine.platform.room([ann, bob]);
    const shop = someone('shop');
    await engine.platform.room([eve], { link: { sid: shop, name: '' } });
    messageId = (await engine.platform.write(room._id, 'before', ann))._id;
    webhookId = (
      await engine.platform.do('POST', '/chat/webhooks', {
        url: 'https://partner.example.com/x',
        events: ['message.reported'],
      })
    ).id;
    const client = await engine.connect(bob);
    await client.do('reportMessage', { messageId, reason: 'rude' });
    client.close();
    reportId = (await engine.platform.do('GET', '/chat/reports')).list[0]._id;
    ids = { '6740a1b2c3d4e5f601234567': room._id, 1: ann, 2: bob, 3: eve, 'shop-1': shop };
    await engine.app.chat.stream.flush();
    await engine.app.chat.ledger.flush();
    await engine.app.chat.couriers.look();
    await engine.app.chat.audit.flush();
    await engine.app.chat.indexer.flush();
  });
  after(() => engine.close());

  /** All that is stored, but for what time alone moves. */
  async function everything(): Promise<string> {
    const db = engine.database.connection.db!;
    const all: Record<string, unknown> = {};
    for (const { name, type } of await db.listCollections().toArray()) {
      if (type === 'view' || name.startsWith('system.')) continue;
      all[name] = (await db.collection(name).find().toArray())
        .filter(({ _id }) => name !== 'marks' && String(_id) !== 'wanted')
        .map(({ lease: _, lastSeenAt: __, ...doc }) => JSON.stringify(doc))
        .sort();
    }
    const live = engine.app.chat.registry.peek(ids['6740a1b2c3d4e5f601234567']!)!;
    return JSON.stringify([all, live.room, [...live.members.values()]]);
  }

  function addressOf(def: RouteDef): string {
    const real = def.path.startsWith('/messages')
      ? messageId
      : def.path.startsWith('/users')
        ? bob
        : def.path.startsWith('/webhooks')
          ? webhookId
          : def.path.startsWith('/reports')
            ? reportId
            : ids['6740a1b2c3d4e5f601234567'];
    const values: Record<string, string | undefined> = { id: real, userId: bob };
    return `/chat${def.path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? 'none')}`;
  }

  for (const def of WRITES) {
    const method = def.method.toUpperCase();

    it(`${method} /chat${def.path} tells what it would do, as the call would answer, and changes nothing`, async () => {
      const a = await engine.connect(ann);
      await a.settled();
      const before = await everything();
      a.forget();
      const body = def.body ? withRealIds(def.example, ids) : undefined;
      const answer = await engine.platform.call(method, `${addressOf(def)}?dryRun=true`, body, {
        'idempotency-key': 'a dry one',
      });
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      expect(Object.keys(answer.body)).to.deep.equal(['dryRun', 'would']);
      expect(answer.body.dryRun).to.equal(true);
      expect(def.response.validate(answer.body.would, { convert: false }).error?.message).to.equal(undefined);
      await engine.app.chat.stream.flush();
      await a.settled();
      expect(a.frames.filter(({ name }) => name !== 'presence')).to.deep.equal([]);
      expect(await everything()).to.equal(before);
      a.close();
    });
  }

  it('shows what would be: the new room, the edited message, the members that are left', async () => {
    const dry = (method: string, path: string, body?: unknown) =>
      engine.platform.do(method, `/chat/${path}?dryRun=true`, body);
    const roomId = ids['6740a1b2c3d4e5f601234567']!;
    const made = await dry('POST', 'room', roomBody([ann, eve], { name: 'would be' }));
    expect(made.would).to.deep.include({ name: 'would be', joinUserCount: 2, lastSeq: 1 });
    expect((await engine.platform.call('GET', `/chat/rooms/${made.would._id}`)).status).to.equal(404);
    const sent = await dry('POST', `rooms/${roomId}/messages`, {
      author: { authorId: 'ADMIN' },
      data: { type: 'TEXT', content: 'hello' },
    });
    expect(sent.would).to.deep.include({ seq: 3, data: { type: 'TEXT', content: { text: 'hello' } } });
    const invited = await dry('POST', 'inviteUsers', {
      roomId,
      inviterId: ann,
      joinUsers: [{ _id: eve, nickName: 'eve' }],
    });
    expect(invited.would.joinUsers.map(({ _id }: any) => _id)).to.deep.equal([ann, bob, eve]);
    expect((await dry('PATCH', `rooms/${roomId}`, { name: 'other' })).would.name).to.equal('other');
    expect((await dry('DELETE', `messages/${messageId}`)).would.status.deleted).to.equal(true);
    expect((await engine.platform.do('GET', `/chat/rooms/${roomId}`)).joinUserCount).to.equal(2);
  });

  it('refuses with the codes of the real call, those that come late in it too', async () => {
    const call = (method: string, path: string, body?: unknown) =>
      engine.platform.call(method, `/chat/${path}?dryRun=true`, body);
    const link = { sid: someone('link'), name: '' };
    const body = roomBody([bob, eve], { link });
    await engine.platform.do('POST', '/chat/room', body);
    const again = await call('POST', 'room', body);
    expect([again.status, again.body.error]).to.deep.equal([500, 'ROOM_ALREADY_EXISTS']);
    expect((await call('POST', 'upsertRoom', body)).body.would.roomExists).to.equal(true);
    const message = { author: { authorId: eve }, data: { type: 'TEXT', content: 'x' } };
    const roomId = ids['6740a1b2c3d4e5f601234567']!;
    expectRefusal(await call('POST', `rooms/${roomId}/messages`, message), 404, 'USER_NO_EXISTS');
    expectRefusal(await call('DELETE', `rooms/${roomId}/members/${eve}`), 404, 'USER_NO_EXISTS');
    expectRefusal(await call('DELETE', `users/${someone()}`), 404, 'USER_NO_EXISTS');
    expectRefusal(await call('PATCH', `rooms/${roomId}`, { name: 5 }), 400, 'INVALID_PAYLOAD');
    const { platform } = await newKeyFor(engine, { scopes: ['rooms:read'] });
    const without = await platform.call('DELETE', `/chat/rooms/${roomId}?dryRun=true`);
    expectRefusal(without, 403, 'YOU_HAVE_NO_AUTHORIZATION');
  });

  it('is true or false and nothing else; false is the real call, and a read is a read', async () => {
    const path = `/chat/rooms/${ids['6740a1b2c3d4e5f601234567']}`;
    for (const wrong of ['', 'yes', '1', 'true&dryRun=true'])
      expectRefusal(await engine.platform.call('DELETE', `${path}?dryRun=${wrong}`), 400, 'INVALID_PAYLOAD');
    expect((await engine.platform.call('GET', `${path}?dryRun=true`)).body._id).to.be.a('string');
    const patched = await engine.platform.call('PATCH', `${path}?dryRun=false`, { name: 'really' });
    expect(patched.body.name).to.equal('really');
  });

  it('is a parameter of every write in the OpenAPI document, and of no read', async () => {
    const { paths } = (await engine.platform.call('GET', '/docs/openapi.json')).body;
    for (const operations of Object.values<any>(paths))
      for (const [method, { parameters }] of Object.entries<any>(operations))
        expect(parameters.some(({ name }: any) => name === 'dryRun')).to.equal(method !== 'get');
  });
});
