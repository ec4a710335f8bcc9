import { expect } from 'chai';
import { newKey, type ChatClient } from '../helpers/client.ts';
import { API_KEY, sharedEngine, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { RawClient } from '../helpers/raw.ts';

const closed = (client: ChatClient) =>
  new Promise<string>(resolve => client.socket.once('disconnect', resolve));

describe('the size of an event', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const send = (roomId: string, more: object) => ({
    syncKey: newKey(),
    roomId,
    data: { type: 'TEXT', content: 'x' },
    ...more,
  });

  it('above 64 KiB is INVALID_PAYLOAD however the bytes are spread, nothing changes, the socket stays', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const a = await engine.connect(ann);
    const big = 'x'.repeat(70_000);
    const payloads: unknown[] = [
      send(room._id, { data: { type: 'TEXT', content: big } }),
      send(room._id, { ignored: big }),
      send(room._id, { ignored: '가'.repeat(25_000) }),
      send(room._id, { ignored: Array.from({ length: 30_000 }, () => 1) }),
      send(room._id, { ignored: { [big]: 1 } }),
      send(room._id, { ignored: Buffer.alloc(70_000) }),
      send(room._id, { ignored: Array.from({ length: 9_000 }, () => ({ a: { b: [''] } })) }),
      big,
      Buffer.alloc(70_000),
    ];
    for (const payload of payloads) {
      const answer = await a.ask('sendMessage', payload);
      expect(answer.error).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.match(/65536|larger/);
    }
    expect((await a.ask('joinRoom', big)).error).to.equal('INVALID_PAYLOAD');
    expect((await a.send(room._id, '그대로')).seq).to.equal(2);
  });

  it('below it every text up to 10,000 characters goes through, emoji too', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const a = await engine.connect(ann);
    const text = '😀'.repeat(10_000);
    expect((await a.send(room._id, text)).data.content.text).to.equal(text);
    expect(
      (await a.ask('sendMessage', send(room._id, { data: { type: 'TEXT', content: `${text}!` } }))).error,
    ).to.equal('INVALID_PAYLOAD');
  });

  it('a frame above what a slice needs closes that connection, and no other', async () => {
    const [a, b] = [await engine.connect(someone()), await engine.connect(someone())];
    const end = closed(a);
    a.socket.emit('sendMessage', 'x'.repeat(1_048_576 + 16_384));
    expect(await end).to.be.oneOf(['transport close', 'transport error']);
    expect((await b.ask('listenRooms')).success).to.equal(true);
    const again = await engine.connect(someone());
    again.socket.emit('sendMessage', Buffer.alloc(2_000_000));
    expect(await closed(again)).to.be.oneOf(['transport close', 'transport error']);
    expect((await b.ask('listenRooms')).success).to.equal(true);
  });

  it('deep nesting is no way around it, and no way to break the server', async () => {
    const a = await RawClient.connect(engine.url, engine.token(someone()));
    for (const depth of [100, 5_000, 30_000]) {
      const nested = '['.repeat(depth) + ']'.repeat(depth);
      const answer = a.ask('sendMessage', nested).then(
        ({ error }) => error as string,
        () => 'closed',
      );
      expect(await answer, `${depth}`).to.be.oneOf(['INVALID_PAYLOAD', 'closed']);
      if (a.ws.readyState !== a.ws.OPEN) break;
    }
    a.ws.close();
    expect((await (await engine.connect(someone())).ask('listenRooms')).success).to.equal(true);
  });
});

describe('the size of a JSON body', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_JSON_BYTES: '1000', DEV: 'true' } });
  });
  after(() => engine.close());
  const post = async (path: string, body: string) => {
    const headers = { 'content-type': 'application/json', 'chat-api-key': API_KEY };
    const response = await fetch(engine.url + path, { method: 'POST', body, headers });
    return { status: response.status, body: (await response.json()) as any };
  };

  it('above MAX_JSON_BYTES is 413, below it is read', async () => {
    const body = (bytes: number) => JSON.stringify({ id: 'ann', more: 'x'.repeat(bytes) });
    expect((await post('/dev/token', body(900))).status).to.equal(200);
    const refused = await post('/dev/token', body(1_000));
    expect([refused.status, refused.body.error]).to.deep.equal([413, 'INVALID_PAYLOAD']);
  });

  it('of the platform API may be sixteen times as large', async () => {
    const body = (bytes: number) =>
      JSON.stringify({ name: 'r', roomType: 'OPEN', joinUsers: [], more: 'x'.repeat(bytes) });
    expect((await post('/chat/room', body(15_800))).body.error).to.equal('JOIN_USERS_EMPTY');
    const refused = await post('/chat/room', body(16_000));
    expect([refused.status, refused.body.statusCode, refused.body.error]).to.deep.equal([
      413,
      413,
      'INVALID_PAYLOAD',
    ]);
  });

  it('is 4 MiB for the platform API by default', async () => {
    const shared = await sharedEngine();
    const users = (bytes: number) => ({
      users: [{ _id: someone(), nickName: 'n' }],
      more: 'x'.repeat(bytes),
    });
    expect((await shared.platform.call('PUT', '/chat/users', users(4_190_000))).status).to.equal(200);
    expect((await shared.platform.call('PUT', '/chat/users', users(4_200_000))).status).to.equal(413);
  });

  it('packed small and unpacked large is refused as well', async () => {
    const { gzipSync } = await import('node:zlib');
    const body = gzipSync(JSON.stringify({ id: 'ann', more: 'x'.repeat(5_000_000) }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const response = await fetch(`${engine.url}/dev/token`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers,
    });
    expect(response.status).to.be.oneOf([413, 415]);
  });
});
