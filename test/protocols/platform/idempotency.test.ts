import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, roomBody } from './bodies.ts';

const note = (content: string) => ({ author: { authorId: 'ADMIN' }, data: { type: 'TEXT', content } });

describe('Idempotency-Key', () => {
  let engine: Engine;
  let roomId: string;
  before(async () => {
    engine = await sharedEngine();
  });
  beforeEach(async () => {
    ({ _id: roomId } = await engine.platform.room([someone()]));
  });
  const send = (body: unknown, key: string, platform = engine.platform) =>
    platform.call('POST', `/chat/rooms/${roomId}/messages`, body, { 'idempotency-key': key });
  const count = async () => (await engine.platform.messages(roomId)).length - 1;

  it('the same key is done once; the repeated request gets the very same answer', async () => {
    const key = someone('key');
    const first = await send(note('하나'), key);
    const again = await send(note('하나'), key);
    expect([first.status, again.status]).to.deep.equal([200, 200]);
    expect(again.body).to.deep.equal(first.body);
    expect(await count()).to.equal(1);
  });

  it('ten at the same moment are done once, and all get the same answer', async () => {
    const key = someone('key');
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(note('하나'), key)));
    for (const { status, body } of answers) expect([status, body]).to.deep.equal([200, answers[0]!.body]);
    expect(await count()).to.equal(1);
  });

  it('makes one room, where the same request without it is refused', async () => {
    const [body, headers] = [roomBody([someone(), someone()]), { 'idempotency-key': someone('key') }];
    const [one, two] = await Promise.all(
      [0, 1].map(() => engine.platform.call('POST', '/chat/room', body, headers)),
    );
    expect([one!.status, two!.status]).to.deep.equal([200, 200]);
    expect(two!.body).to.deep.equal(one!.body);
    expectRefusal(await engine.platform.call('POST', '/chat/room', body), 500, 'ROOM_ALREADY_EXISTS');
  });

  it('the same key with another body or for another route is refused, and nothing is done', async () => {
    const key = someone('key');
    await send(note('하나'), key);
    expectRefusal(await send(note('둘'), key), 400, 'INVALID_PAYLOAD');
    const elsewhere = await engine.platform.call('POST', '/chat/room', roomBody([someone()]), {
      'idempotency-key': key,
    });
    expectRefusal(elsewhere, 400, 'INVALID_PAYLOAD');
    expect(await count()).to.equal(1);
  });

  it('is a thing of each platform key: the same one of another platform is another', async () => {
    const key = someone('key');
    const { platform } = await newKeyFor(engine);
    await send(note('하나'), key);
    expect((await send(note('둘'), key, platform)).status).to.equal(200);
    expect(await count()).to.equal(2);
  });

  it('a refusal is not kept: the request can be made again once what was wrong is put right', async () => {
    const key = someone('key');
    await engine.platform.do('PATCH', `/chat/rooms/${roomId}`, { rules: { isFreezed: true } });
    expectRefusal(await send(note('하나'), key), 403, 'ROOM_IS_FREEZED');
    await engine.platform.do('PATCH', `/chat/rooms/${roomId}`, { rules: { isFreezed: false } });
    expect((await send(note('하나'), key)).status).to.equal(200);
    expect(await count()).to.equal(1);
  });

  it('a wrong body with a key is refused every time, and the key stays free', async () => {
    const key = someone('key');
    for (let i = 0; i < 2; i++) expectRefusal(await send({ author: {} }, key), 400, 'INVALID_PAYLOAD');
    expect((await send(note('하나'), key)).status).to.equal(200);
  });

  it('must have 1 to 200 characters', async () => {
    expectRefusal(await send(note('하나'), 'k'.repeat(201)), 400, 'INVALID_PAYLOAD');
    expectRefusal(await send(note('하나'), ''), 400, 'INVALID_PAYLOAD');
    expect((await send(note('하나'), someone('key').padEnd(200, 'k'))).status).to.equal(200);
    expect(await count()).to.equal(1);
  });

  it('counts for POST only: other methods are the same when repeated anyway', async () => {
    const headers = { 'idempotency-key': someone('key') };
    await engine.platform.call('PATCH', `/chat/rooms/${roomId}`, { name: '하나' }, headers);
    const { body } = await engine.platform.call('PATCH', `/chat/rooms/${roomId}`, { name: '둘' }, headers);
    expect(body.name).to.equal('둘');
  });

  it('is kept for 24 hours: the store forgets it then by itself', async () => {
    const [ttl] = (await engine.database.idempotency.indexes()).filter(
      index => index.expireAfterSeconds !== undefined,
    );
    expect(ttl).to.deep.include({ key: { createdAt: 1 }, expireAfterSeconds: 24 * 3_600 });
  });
});
