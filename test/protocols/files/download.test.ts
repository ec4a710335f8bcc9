import { expect } from 'chai';
import { createHash } from 'node:crypto';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { bearer, get, sendFile, someBytes } from '../../helpers/files.ts';
import { guests, roomOf } from '../../helpers/party.ts';

const fileOf = (message: Message) => message.data.content.files![0]!;

describe('GET /files', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  let roomId: string;
  const bytes = someBytes(10_000);
  let path: string;
  const time = { now: Date.now() };
  before(async () => {
    engine = await startEngine({ clock: { now: () => time.now++ } });
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    roomId = (await roomOf([ann, bob]))._id;
    path = fileOf(await sendFile(ann, roomId, bytes, { name: '한글 "이름"; 100%.bin' })).path;
  });
  after(() => engine.close());

  const as = (client: ChatClient, headers: Record<string, string> = {}, of = path) =>
    get(engine.url, `/files/${of}`, { ...bearer(engine.token(client.userId)), ...headers });

  it('gives a member the bytes, under a name that browsers understand, as an attachment that nothing can run', async () => {
    const { status, headers, bytes: got } = await as(bob);
    expect([status, got.equals(bytes)]).to.deep.equal([200, true]);
    expect(headers.get('content-length')).to.equal('10000');
    const encoded = encodeURIComponent('한글 "이름"; 100%.bin');
    expect(headers.get('content-disposition')).to.equal(
      `attachment; filename="__ ____; 100_.bin"; filename*=UTF-8''${encoded}`,
    );
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('content-security-policy')).to.include('sandbox');
    expect(headers.get('cache-control')).to.equal('private, no-cache');
  });

  it('is not there for anybody else, and asks who comes without a name', async () => {
    expect((await as(eve)).status).to.equal(404);
    expect((await get(engine.url, `/files/${path}`)).status).to.equal(401);
    expect((await get(engine.url, `/files/${path}`, bearer('nonsense'))).status).to.equal(401);
    for (const other of [
      '',
      'rooms',
      `rooms/${roomId}/x`,
      `${path}x`,
      `${path}/..`,
      '../package.json',
      '%2e%2e/x',
      `${path}-t`,
    ])
      expect((await as(bob, {}, other)).status, other).to.equal(404);
  });

  it('is not there any more for who left, at the next call', async () => {
    const room = await roomOf([ann, bob]);
    const file = fileOf(await sendFile(ann, room._id, someBytes(10)));
    expect((await as(bob, {}, file.path)).status).to.equal(200);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    expect((await as(bob, {}, file.path)).status).to.equal(404);
  });

  it('is seen as far back as the room: who joined later does not get older files, unless history is open', async () => {
    const room = await roomOf([ann, bob]);
    const file = fileOf(await sendFile(ann, room._id, someBytes(10)));
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect((await as(eve, {}, file.path)).status).to.equal(404);
    const later = fileOf(await sendFile(ann, room._id, someBytes(10)));
    expect((await as(eve, {}, later.path)).status).to.equal(200);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory: true } } });
    expect((await as(eve, {}, file.path)).status).to.equal(200);
  });

  it('follows the upload: a message that names the path of another room’s file opens nothing', async () => {
    const room = await roomOf([eve, ann]);
    const message = await eve.send(room._id, 'mine');
    await engine.database.messages.updateOne(
      { syncKey: message.syncKey },
      { $set: { data: { type: 'FILE', content: { files: [{ name: 'x', path, size: 1 }] } } } },
    );
    expect(fileOf((await eve.history(room._id)).at(-1)!).path).to.equal(path);
    expect((await as(eve)).status).to.equal(404);
    expect((await eve.do('getFileUrls', { paths: [path] })).urls).to.deep.equal({});
  });

  it('gives ranges, and says so where there are none', async () => {
    const range = (text: string, more: object = {}) => as(bob, { range: text, ...more });
    const some = await range('bytes=100-199');
    expect([some.status, some.headers.get('content-range')]).to.deep.equal([206, 'bytes 100-199/10000']);
    expect(some.bytes.equals(bytes.subarray(100, 200))).to.equal(true);
    expect((await range('bytes=9990-')).bytes.equals(bytes.subarray(9_990))).to.equal(true);
    expect((await range('bytes=-10')).bytes.equals(bytes.subarray(-10))).to.equal(true);
    expect((await range('bytes=0-999999')).headers.get('content-range')).to.equal('bytes 0-9999/10000');
    const none = await range('bytes=10000-');
    expect([none.status, none.headers.get('content-range')]).to.deep.equal([416, 'bytes */10000']);
    for (const whole of ['bytes=0-1,5-6', 'chapters=1-2', 'nonsense'])
      expect((await range(whole)).status, whole).to.equal(200);
    const etag = some.headers.get('etag')!;
    expect((await range('bytes=0-9', { 'if-range': etag })).status).to.equal(206);
    expect((await range('bytes=0-9', { 'if-range': '"other"' })).status).to.equal(200);
  });

  it('is not sent twice to who has it', async () => {
    const etag = (await as(bob)).headers.get('etag')!;
    const again = await as(bob, { 'if-none-match': etag });
    expect([again.status, again.bytes.length]).to.deep.equal([304, 0]);
    const head = await fetch(`${engine.url}/files/${path}`, {
      method: 'HEAD',
      headers: bearer(engine.token(bob.userId)),
    });
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '10000']);
  });

  it('opens to links that were signed for a member, for an hour, and only for that path', async () => {
    const { urls } = await bob.do('getFileUrls', { paths: [path, path, 'rooms/x', 'nowhere'] });
    expect(Object.keys(urls)).to.deep.equal([path]);
    const url = urls[path] as string;
    expect(url)
      .to.match(/\?sig=[\w-]{32}&exp=\d+$/)
      .and.not.to.include(engine.token(bob.userId));
    const { status, bytes: got } = await get(engine.url, url);
    expect([status, got.equals(bytes)]).to.deep.equal([200, true]);
    expect((await eve.do('getFileUrls', { paths: [path] })).urls).to.deep.equal({});
    const other = fileOf(await sendFile(ann, roomId, someBytes(10))).path;
    expect((await get(engine.url, url.replace(path, other))).status).to.equal(404);
    expect(
      (
        await get(
          engine.url,
          url.replace(/exp=(\d+)/, (_all, exp) => `exp=${Number(exp) + 1}`),
        )
      ).status,
    ).to.equal(404);
    expect((await get(engine.url, url.replace(/&exp.*/, ''))).status).to.equal(400);
    time.now += 3_601_000;
    expect((await get(engine.url, url)).status).to.equal(404);
    time.now -= 3_601_000;
  });

  it('goes with its message: nobody gets the file of a deleted one, the object is removed', async () => {
    const message = await sendFile(ann, roomId, someBytes(10));
    const file = fileOf(message);
    const { urls } = await bob.do('getFileUrls', { paths: [file.path] });
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    expect((await as(bob, {}, file.path)).status).to.equal(404);
    expect((await get(engine.url, urls[file.path])).status).to.equal(404);
    expect(await engine.app.chat.files.objects.stat(file.path)).to.equal(null);
    expect(await engine.database.files.countDocuments({ _id: file.path })).to.equal(0);
  });

  it('goes with its room', async () => {
    const room = await roomOf([ann, bob]);
    const file = fileOf(await sendFile(ann, room._id, someBytes(10)));
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect((await as(bob, {}, file.path)).status).to.equal(404);
    time.now += 120_000;
    await engine.app.chat.files.collector.collect();
    expect(await engine.app.chat.files.objects.stat(file.path)).to.equal(null);
  });

  it('shows its etag as one of the content: two files of the same bytes are read alike', async () => {
    const digest = (of: Buffer) => createHash('sha256').update(of).digest('hex');
    const copy = fileOf(await sendFile(ann, roomId, bytes));
    expect(digest((await as(bob, {}, copy.path)).bytes)).to.equal(digest(bytes));
  });
});
