import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import {
  download,
  postOffice,
  settledExport,
  textOf,
  unzip,
  type PostOffice,
} from '../../helpers/exports.ts';
import { get, sendFile, sha256, someBytes } from '../../helpers/files.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('POST /chat/exports and GET /chat/exports/:id', () => {
  const time = { ahead: 0 };
  let office: PostOffice;
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  const ask = async (body: object): Promise<string> =>
    (await engine.platform.do('POST', '/chat/exports', { format: 'json', ...body })).exportId;
  const json = async (body: object) =>
    JSON.parse(await textOf(engine, await settledExport(engine, await ask(body))));
  before(async () => {
    office = await postOffice();
    engine = await startEngine({
      clock: { now: () => Date.now() + time.ahead },
      env: { SMTP_URL: office.url },
    });
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  after(async () => {
    await engine.close();
    await office.close();
  });

  it('gives a whole room, with what newcomers do not see, whatever its rules say to members', async () => {
    const room = await roomOf([ann, bob], { rules: { canCopyMessage: false, canShowMemberList: false } });
    await ann.send(room._id, 'before');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    const gone = await ann.send(room._id, 'secret');
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    const got = await json({ roomId: room._id });
    expect(got.messages).to.deep.equal(await engine.platform.messages(room._id));
    expect(got.members).to.have.length(3);
    expect(JSON.stringify(got)).to.include('before').and.not.include('secret');
  });

  it('says how far it is, and where it is had: with a link for an hour or by the key that asked', async () => {
    const room = await roomOf([ann]);
    const exportId = await ask({ roomId: room._id, format: 'csv' });
    const found = await settledExport(engine, exportId);
    expect(found).to.include({ exportId, state: 'done', progress: 1, error: null, mailed: null });
    expect(Date.parse(found.expiresAt) - Date.now()).to.be.within(86_000_000, 86_400_000);
    const key = await newKeyFor(engine);
    const status = async (headers: Record<string, string>, path = `/exports/${exportId}`) =>
      (await get(engine.url, path, headers)).status;
    const mine = await newKeyFor(engine, { scopes: ['exports'] });
    const own = await mine.platform.do('POST', '/chat/exports', { roomId: room._id, format: 'txt' });
    await engine.app.chat.exports.idle();
    expect(await status({ 'chat-api-key': mine.key }, `/exports/${own.exportId}`)).to.equal(200);
    expect(await status({ 'chat-api-key': key.key })).to.equal(404);
    expect(await status({ 'chat-api-key': 'wrong' })).to.equal(401);
    expect((await key.platform.call('GET', `/chat/exports/${exportId}`)).status).to.equal(404);
    time.ahead = 3_601_000;
    expect(await status({}, found.url)).to.equal(404);
    const again = await engine.platform.do('GET', `/chat/exports/${exportId}`);
    expect(await status({}, again.url)).to.equal(200);
    time.ahead = 86_400_000;
    expect((await engine.platform.call('GET', `/chat/exports/${exportId}`)).status).to.equal(404);
    time.ahead = 0;
  });

  it('takes the scope, and only rooms of the links that the key may touch', async () => {
    const room = await engine.platform.room([ann.userId], { link: { sid: 'shop-a', name: 'a' } });
    const other = await newKeyFor(engine, { links: ['shop-b'] });
    const none = await newKeyFor(engine, { without: ['exports'] });
    const call = (key: typeof other, body: object) => key.platform.call('POST', '/chat/exports', body);
    const refused = await call(other, { roomId: room._id, format: 'json' });
    expect([refused.status, refused.body.error]).to.deep.equal([404, 'ROOM_NO_EXISTS']);
    expect((await call(none, { roomId: room._id, format: 'json' })).status).to.equal(403);
    expect((await get(engine.url, '/exports/x', { 'chat-api-key': none.key })).status).to.equal(403);
  });

  it('wants a room or a user, not both, and JSON for a user', async () => {
    const room = await roomOf([ann]);
    for (const body of [
      { format: 'json' },
      { format: 'json', roomId: room._id, userId: ann.userId },
      { format: 'csv', userId: ann.userId },
      { format: 'pdf', roomId: room._id },
      { format: 'json', roomId: room._id, email: 'nonsense' },
    ])
      expect(
        (await engine.platform.call('POST', '/chat/exports', body)).status,
        JSON.stringify(body),
      ).to.equal(400);
    const unknown = await engine.platform.call('POST', '/chat/exports', { format: 'json', userId: 'nobody' });
    expect([unknown.status, unknown.body.error]).to.deep.equal([404, 'USER_NO_EXISTS']);
  });

  it('gives all that is stored about a user: who they are, where they are, what they wrote, their files', async () => {
    const [joe] = await guests(engine, 'joe');
    const [one, two] = [await roomOf([joe, ann], { name: 'one' }), await roomOf([ann, joe], { name: 'two' })];
    await joe.send(one._id, 'mine');
    await ann.send(one._id, 'of somebody else');
    const file = someBytes(5_000);
    await sendFile(joe, two._id, file, { name: '내 것.bin' });
    const left = await roomOf([ann, joe]);
    await joe.send(left._id, 'before I left');
    await ann.do('kickOutUsers', { roomId: left._id, targetUserIds: [joe.userId] });
    const { _id: messageId } = await ann.send(one._id, 'of somebody else, too');
    await joe.do('addReaction', { messageId, emoji: '👍' });
    await ann.do('addReaction', { messageId, emoji: '🎉' });
    await joe.do('blockUser', { userId: ann.userId });
    const got = await json({ userId: joe.userId });
    const recordsOf = (kind: string) => got.records.filter((record: any) => record.kind === kind);
    expect(recordsOf('reaction')).to.have.length(1);
    expect(recordsOf('reaction')[0]).to.deep.include({ roomId: one._id, emojis: ['👍'] });
    expect(recordsOf('block')[0]).to.include({ targetId: ann.userId });
    expect(got.user).to.include({ _id: joe.userId, nickName: 'joe' });
    expect(got.memberships.map(({ room }: any) => room.name)).to.have.members(['one', 'two']);
    const texts = got.messages.map(({ data }: any) => data.content.text ?? data.content.files[0].name);
    expect(texts).to.have.members(['mine', '내 것.bin', 'before I left']);
    expect(JSON.stringify(got)).to.not.include('somebody else');
    const zipped = await settledExport(engine, await ask({ userId: joe.userId, withFiles: true }));
    const files = unzip(await download(engine, zipped));
    expect([...files.keys()][1]).to.equal('files/0000001 내 것.bin');
    expect(sha256([...files.values()][1]!)).to.equal(sha256(file));
    expect(JSON.parse([...files.values()][0]!.toString()).messages).to.have.length(3);
  });

  it('leaves out of a user’s data what lies in rooms of foreign links', async () => {
    const [joe] = await guests(engine, 'joe');
    const mine = await engine.platform.room([joe.userId], { link: { sid: 'shop-1', name: 'one' } });
    const theirs = await engine.platform.room([joe.userId], { link: { sid: 'shop-2', name: 'two' } });
    await joe.send(mine._id, 'here');
    await joe.send(theirs._id, 'there');
    const { platform, key } = await newKeyFor(engine, { links: ['shop-1'] });
    const { exportId } = await platform.do('POST', '/chat/exports', { userId: joe.userId, format: 'json' });
    await engine.app.chat.exports.idle();
    const { bytes } = await get(engine.url, `/exports/${exportId}`, { 'chat-api-key': key });
    const got = JSON.parse(bytes.toString());
    expect(got.messages.map(({ data }: any) => data.content.text)).to.deep.equal(['here']);
    expect(got.memberships).to.have.length(1);
    expect(got.records).to.deep.equal([]);
  });

  it('mails it where the platform wants it', async () => {
    const room = await roomOf([ann]);
    const exportId = await ask({ roomId: room._id, format: 'txt', email: 'office@example.com' });
    await engine.app.chat.exports.idle();
    expect(office.letters.at(-1)!.to).to.deep.equal(['office@example.com']);
    expect((await engine.platform.do('GET', `/chat/exports/${exportId}`)).mailed).to.equal(true);
  });

  it('makes a request with the same Idempotency-Key once', async () => {
    const room = await roomOf([ann]);
    const post = () =>
      engine.platform.call(
        'POST',
        '/chat/exports',
        { roomId: room._id, format: 'json' },
        { 'idempotency-key': `once-${room._id}` },
      );
    expect((await post()).body).to.deep.equal((await post()).body);
  });

  it('rehearses: says what it would do and makes nothing', async () => {
    const room = await roomOf([ann]);
    const before = await engine.database.exports.countDocuments({});
    const dry = (roomId: string) =>
      engine.platform.call('POST', '/chat/exports?dryRun=true', { roomId, format: 'json' });
    expect((await dry(room._id)).status).to.equal(200);
    expect((await dry('6740a1b2c3d4e5f6ffffffff')).status).to.equal(404);
    expect(await engine.database.exports.countDocuments({})).to.equal(before);
  });

  it('lets so many of a key wait, and no more', async () => {
    const room = await roomOf([ann]);
    await ann.send(room._id, 'x');
    await engine.app.chat.exports.stop();
    const { platform } = await newKeyFor(engine);
    const post = () => platform.call('POST', '/chat/exports', { roomId: room._id, format: 'json' });
    for (let i = 0; i < 20; i++) expect((await post()).status).to.equal(200);
    const refused = await post();
    expect([refused.status, refused.body.error]).to.deep.equal([429, 'RATE_LIMITED']);
    expect(refused.headers.get('retry-after')).to.equal('5');
  });
});
