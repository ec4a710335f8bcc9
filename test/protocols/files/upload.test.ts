import { expect } from 'chai';
import { request } from 'node:http';
import type { ChatClient } from '../../helpers/client.ts';
import { newKey } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { bearer, get, sendFile, sendSlice, sha256, someBytes } from '../../helpers/files.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('POST /files', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  let roomId: string;
  before(async () => {
    engine = await startEngine({
      env: { MAX_FILE_BYTES: '200000', BLOCKED_FILE_TYPES: 'exe,application/pdf' },
    });
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    roomId = (await roomOf([ann, bob]))._id;
  });
  after(() => engine.close());

  const addressOf = (more: Record<string, string> = {}) => {
    const query = { roomId, syncKey: newKey(), type: 'FILE', name: '첨부.bin', ...more };
    return `${engine.url}/files?${new URLSearchParams(query).toString()}`;
  };
  const post = async (
    client: ChatClient | null,
    body: Buffer | FormData | string,
    more: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(addressOf(more), {
      method: 'POST',
      headers: { ...(client ? bearer(engine.token(client.userId)) : {}), ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, any> };
  };

  it('makes a message of the body, in the same way as slices do', async () => {
    const bytes = someBytes(150_000);
    const { status, body } = await post(ann, bytes);
    expect(status).to.equal(200);
    const [file] = body['message'].data.content.files;
    expect(file).to.include({ name: '첨부.bin', size: 150_000 });
    const got = await get(engine.url, file.url, bearer(engine.token(bob.userId)));
    expect(sha256(got.bytes)).to.equal(sha256(bytes));
    expect((await bob.history(roomId)).at(-1)).to.deep.include(body['message']);
  });

  it('takes multipart too, and the name of its part where the address has none', async () => {
    const form = new FormData();
    form.append('note', 'a field beside it');
    form.append('file', new Blob([Buffer.from('안녕하세요')]), '인사.txt');
    const address = addressOf().replace(/&name=[^&]*/, '');
    const response = await fetch(address, {
      method: 'POST',
      headers: bearer(engine.token(ann.userId)),
      body: form,
    });
    const { message } = (await response.json()) as Record<string, any>;
    const [file] = message.data.content.files;
    expect(file).to.include({ name: '인사.txt', size: 15, mimeType: 'text/plain; charset=utf-8' });
  });

  it('is the same message with the same syncKey and content; another content is a conflict', async () => {
    const bytes = someBytes(1_000);
    const syncKey = newKey();
    const { body: first } = await post(ann, bytes, { syncKey });
    const again = await post(ann, bytes, { syncKey });
    expect([again.status, again.body]).to.deep.equal([200, first]);
    const other = Buffer.from(bytes);
    other[999]! ^= 1;
    const conflict = await post(ann, other, { syncKey });
    expect([conflict.status, conflict.body['error']]).to.deep.equal([409, 'SYNC_KEY_CONFLICT']);
    const sliced = await sendFile(ann, roomId, bytes, { syncKey, name: '첨부.bin', slice: 300 });
    expect(sliced, 'slices are the same upload').to.deep.include(first['message']);
  });

  it('refuses what it must, with a code, and nothing of it stays', async () => {
    const before = await Promise.all([
      engine.database.uploads.countDocuments({}),
      engine.database.files.countDocuments({}),
    ]);
    const refusal = async (...args: Parameters<typeof post>) => {
      const { status, body } = await post(...args);
      return [status, body['error']];
    };
    const bytes = someBytes(10);
    expect(await refusal(null, bytes)).to.deep.equal([401, 'TOKEN_INVALID']);
    expect(await refusal(eve, bytes)).to.deep.equal([404, 'ROOM_NO_EXISTS']);
    expect(await refusal(ann, '')).to.deep.equal([400, 'SEND_FILE_IS_EMPTY']);
    expect(await refusal(ann, bytes, { type: 'TEXT' })).to.deep.equal([400, 'INVALID_PAYLOAD']);
    expect(await refusal(ann, bytes, { roomId: 'x' })).to.deep.equal([404, 'ROOM_NO_EXISTS']);
    expect(await refusal(ann, bytes, { name: 'setup.EXE' })).to.deep.equal([400, 'FILE_TYPE_NOT_ALLOWED']);
    expect(await refusal(ann, Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj'))).to.deep.equal([
      400,
      'FILE_TYPE_NOT_ALLOWED',
    ]);
    expect(await refusal(ann, someBytes(200_001))).to.deep.equal([413, 'FILE_TOO_LARGE']);
    expect(
      await refusal(ann, 'no parts', {}, { 'content-type': 'multipart/form-data; boundary=x' }),
    ).to.deep.equal([400, 'INVALID_PAYLOAD']);
    expect(await refusal(ann, bytes, {}, { 'content-type': 'multipart/form-data' })).to.deep.equal([
      400,
      'INVALID_PAYLOAD',
    ]);
    const empty = new FormData();
    empty.append('note', 'no file');
    expect(await refusal(ann, empty)).to.deep.equal([400, 'SEND_FILE_IS_EMPTY']);
    const after = await Promise.all([
      engine.database.uploads.countDocuments({}),
      engine.database.files.countDocuments({}),
    ]);
    expect(after).to.deep.equal(before);
  });

  it('breaks off a body that says nothing of its length as soon as it is too large', async () => {
    const chunks = async function* () {
      for (let i = 0; i < 100; i++) yield someBytes(10_000);
    };
    const response = await fetch(addressOf(), {
      method: 'POST',
      headers: bearer(engine.token(ann.userId)),
      body: ReadableStreamFrom(chunks()),
      duplex: 'half',
    }).catch((error: unknown) => error);
    // The answer may come while the body is still being sent: then the sender sees the connection end.
    if (response instanceof Response) expect(response.status).to.equal(413);
    expect(await engine.database.uploads.countDocuments({ userId: ann.userId })).to.equal(0);
  });

  it('leaves nothing of a body that breaks off', async () => {
    const syncKey = newKey();
    await new Promise<void>(resolve => {
      const sending = request(addressOf({ syncKey }), {
        method: 'POST',
        headers: { ...bearer(engine.token(ann.userId)), 'content-length': '5000' },
      });
      sending.once('error', () => resolve());
      sending.write(someBytes(1_000), () => setImmediate(() => sending.destroy()));
    });
    // The next one of this syncKey waits for its turn behind what is left of the first.
    const bytes = someBytes(20);
    const { body } = await post(ann, bytes, { syncKey });
    expect(body['message'].data.content.files[0].size).to.equal(20);
    expect(await engine.database.uploads.countDocuments({ syncKey })).to.equal(0);
  });

  it('takes over from slices that did not come to their end', async () => {
    const syncKey = newKey();
    await sendSlice(ann, roomId, someBytes(10), { syncKey, size: 20 });
    const { status } = await post(ann, someBytes(20), { syncKey });
    expect(status).to.equal(200);
    expect(await engine.database.uploads.countDocuments({ syncKey })).to.equal(0);
  });

  it('has no direct links where files are on a disk', async () => {
    const response = await fetch(`${engine.url}/files/presign`, {
      method: 'POST',
      headers: { ...bearer(engine.token(ann.userId)), 'content-type': 'application/json' },
      body: JSON.stringify({ roomId, syncKey: newKey(), type: 'FILE', name: 'x.bin', size: 10 }),
    });
    expect(response.status).to.equal(404);
  });

  it('counts the bytes of the day, whatever way they come', async () => {
    const small = await startEngine({ env: { UPLOAD_BYTES_PER_DAY: '1000' } });
    try {
      const [joe, kim] = await guests(small, 'joe', 'kim');
      const room = await roomOf([joe, kim]);
      await sendFile(joe, room._id, someBytes(600));
      const refused = await sendSlice(joe, room._id, someBytes(500), { syncKey: newKey(), size: 500 });
      expect(refused.error).to.equal('RATE_LIMITED');
      expect((refused.data as { retryAfterMs?: number }).retryAfterMs).to.be.within(1, 86_400_000);
      await sendFile(joe, room._id, someBytes(400));
      await sendFile(kim, room._id, someBytes(1_000));
    } finally {
      await small.close();
    }
  });
});

function ReadableStreamFrom(chunks: AsyncIterable<Buffer>): ReadableStream {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}
