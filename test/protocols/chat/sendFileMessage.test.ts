import { expect } from 'chai';
import { newKey, type ChatClient, type Message } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { bearer, get, sendFile, sendSlice, sha256, someBytes } from '../../helpers/files.ts';
import { guests, roomOf } from '../../helpers/party.ts';

const fileOf = (message: Message) => message.data.content.files![0]!;

describe('sendFileMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let roomId: string;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
    roomId = (await roomOf([ann, bob]))._id;
  });
  const download = async (client: ChatClient, url: string) =>
    get(engine.url, url, bearer(engine.token(client.userId)));

  it('makes a message of the slices; what is read is what was sent', async () => {
    const bytes = someBytes(230_000);
    const message = await sendFile(ann, roomId, bytes, { name: '보고서 최종.bin' });
    const file = fileOf(message);
    expect(message.data.type).to.equal('FILE');
    expect(file).to.include({ name: '보고서 최종.bin', size: 230_000, url: `/files/${file.path}` });
    expect(file.path).to.match(new RegExp(`^rooms/${roomId}/\\d{8}/[0-9a-f]{32}$`));
    const got = await download(bob, file.url);
    expect([got.status, sha256(got.bytes)]).to.deep.equal([200, sha256(bytes)]);
    expect((await bob.history(roomId)).at(-1)).to.deep.equal(message);
  });

  it('tells with each slice how far it is: in the ack, at its top level too, and on every socket of the sender', async () => {
    const tablet = await engine.connect(ann.userId);
    const syncKey = newKey();
    const bytes = someBytes(100);
    const first = await sendSlice(ann, roomId, bytes.subarray(0, 40), { syncKey, size: 100 });
    expect(first.data).to.deep.equal({ slice: 1, progress: 0.4 });
    expect([first.slice, first.progress]).to.deep.equal([1, 0.4]);
    const last = await sendSlice(ann, roomId, bytes.subarray(40), { syncKey, size: 100 });
    expect(last.data).to.have.keys('result', 'message');
    expect([last.slice, last.progress]).to.deep.equal([undefined, undefined]);
    for (const client of [ann, tablet]) {
      await client.settled();
      expect(client.of(`progress_${syncKey}`)).to.deep.equal([0.4, 1]);
    }
    await bob.settled();
    expect(bob.of(`progress_${syncKey}`)).to.deep.equal([]);
  });

  it('serves the client of the seed: slices without an index, each after the answer to the one before', async () => {
    const bytes = someBytes(120_000);
    const message = await sendFile(ann, roomId, bytes, { indexed: false });
    expect(sha256((await download(bob, fileOf(message).url)).bytes)).to.equal(sha256(bytes));
  });

  it('takes slices that are sent without waiting for answers', async () => {
    const bytes = someBytes(200_000);
    const syncKey = newKey();
    const answers = await Promise.all(
      [0, 1, 2, 3].map(index =>
        sendSlice(ann, roomId, bytes.subarray(index * 50_000, (index + 1) * 50_000), {
          syncKey,
          size: bytes.length,
          sliceIndex: index,
        }),
      ),
    );
    expect(answers.map(answer => answer.data.slice)).to.deep.equal([1, 2, 3, undefined]);
    const { url } = fileOf(answers[3]!.data.message!);
    expect(sha256((await download(bob, url)).bytes)).to.equal(sha256(bytes));
  });

  it('takes a repeated slice without harm, and refuses one that is not the next', async () => {
    const bytes = someBytes(90);
    const announced = { syncKey: newKey(), size: 90 };
    const part = (index: number) => bytes.subarray(index * 30, (index + 1) * 30);
    const send = (index: number) => sendSlice(ann, roomId, part(index), { ...announced, sliceIndex: index });
    expect((await send(0)).data).to.deep.include({ slice: 1 });
    expect((await send(2)).error).to.equal('FILE_SLICE_OUT_OF_ORDER');
    expect((await send(0)).data).to.deep.include({ slice: 1 });
    expect((await send(1)).data).to.deep.include({ slice: 2 });
    expect((await send(1)).data).to.deep.include({ slice: 2 });
    const { message } = (await send(2)).data;
    expect((await send(2)).data.message).to.deep.equal(message);
    expect(sha256((await download(bob, fileOf(message!).url)).bytes)).to.equal(sha256(bytes));
  });

  it('refuses what is empty, too much, too large or unknown, and changes nothing', async () => {
    const announced = { syncKey: newKey(), size: 100 };
    const send = (bytes: unknown, rest: object = {}) =>
      sendSlice(ann, roomId, bytes as Buffer, { ...announced, ...rest }).then(({ error }) => error);
    const before = await engine.database.uploads.countDocuments({});
    expect(await send(null)).to.equal('SEND_FILE_IS_EMPTY');
    expect(await send(undefined)).to.equal('SEND_FILE_IS_EMPTY');
    expect(await send(Buffer.alloc(0))).to.equal('SEND_FILE_IS_EMPTY');
    expect(await send('text')).to.equal('INVALID_PAYLOAD');
    expect(await send(someBytes(10), { sliceIndex: 1 })).to.equal('FILE_NO_EXISTS_WITH_SYNC_KEY');
    expect(await send(someBytes(10), { size: 104_857_601 })).to.equal('FILE_TOO_LARGE');
    expect(await send(someBytes(10), { type: 'TEXT' })).to.equal('INVALID_PAYLOAD');
    expect(await send(someBytes(10), { name: ' ' })).to.equal('INVALID_PAYLOAD');
    expect(await send(someBytes(1_048_577), { size: 2_000_000 })).to.equal('INVALID_PAYLOAD');
    expect(await engine.database.uploads.countDocuments({})).to.equal(before);
    expect(await send(someBytes(60), { sliceIndex: 0 })).to.equal(null);
    expect(await send(someBytes(41), { sliceIndex: 1 })).to.equal('INVALID_PAYLOAD');
    expect((await ann.do('resumeFileMessage', { syncKey: announced.syncKey })).received).to.equal(60);
  });

  it('is for members of a room that is not frozen, at the first slice and again at the end', async () => {
    const [eve] = await guests(engine, 'eve');
    const send = (client: ChatClient, room: string, syncKey: string, part: Buffer) =>
      sendSlice(client, room, part, { syncKey, size: 20 }).then(({ error }) => error);
    expect(await send(eve, roomId, newKey(), someBytes(10))).to.equal('ROOM_NO_EXISTS');
    const room = await roomOf([ann, bob]);
    const freeze = (isFreezed: boolean) =>
      ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed } } });
    const syncKey = newKey();
    expect(await send(bob, room._id, syncKey, someBytes(10))).to.equal(null);
    await freeze(true);
    expect(await send(bob, room._id, syncKey, someBytes(10))).to.equal('ROOM_IS_FREEZED');
    expect(await send(ann, room._id, newKey(), someBytes(10))).to.equal('ROOM_IS_FREEZED');
    await freeze(false);
    expect(await send(bob, room._id, syncKey, someBytes(10)), 'it comes to its end then').to.equal(null);
    const half = newKey();
    expect(await send(bob, room._id, half, someBytes(10))).to.equal(null);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    expect(await send(bob, room._id, half, someBytes(10))).to.equal('ROOM_NO_EXISTS');
    expect((await ann.history(room._id)).filter(message => message.data.type === 'FILE')).to.have.length(1);
  });

  it('keeps uploads of the same syncKey apart by person and room', async () => {
    const other = await roomOf([ann, bob]);
    const syncKey = newKey();
    const [one, two, three] = [someBytes(70), someBytes(80), someBytes(90)];
    const [a, b, c] = await Promise.all([
      sendFile(ann, roomId, one, { syncKey, slice: 30 }),
      sendFile(ann, other._id, two, { syncKey, slice: 30 }),
      sendFile(bob, roomId, three, { syncKey, slice: 30 }),
    ]);
    expect([a, b, c].map(message => fileOf(message).size)).to.deep.equal([70, 80, 90]);
  });

  it('is the same message when it is sent again after the end; another content is a conflict', async () => {
    const syncKey = newKey();
    const bytes = someBytes(60);
    const message = await sendFile(ann, roomId, bytes, { syncKey, slice: 30 });
    expect(await sendFile(ann, roomId, bytes, { syncKey, slice: 30 })).to.deep.equal(message);
    expect(await sendFile(ann, roomId, bytes, { syncKey, slice: 30, indexed: false })).to.deep.equal(message);
    const again = (part: Buffer, rest: object = {}) =>
      sendSlice(ann, roomId, part, { syncKey, size: 60, ...rest }).then(({ error }) => error);
    expect(await again(someBytes(60))).to.equal('SYNC_KEY_CONFLICT');
    expect(await again(bytes, { name: 'other.bin' })).to.equal('SYNC_KEY_CONFLICT');
    expect(await again(bytes, { size: 61 })).to.equal('SYNC_KEY_CONFLICT');
    expect((await ann.history(roomId)).filter(entry => entry.syncKey === syncKey)).to.have.length(1);
  });

  it('shows names as people gave them, composed and without paths or characters that steer', async () => {
    const named = async (name: string) => fileOf(await sendFile(ann, roomId, someBytes(5), { name })).name;
    expect(await named('한글'.normalize('NFD') + '.txt')).to.equal('한글.txt');
    expect(await named('C:\\Users\\ann\\..\\사진.png')).to.equal('사진.png');
    expect(await named('../../etc/passwd')).to.equal('passwd');
    expect(await named('evil\u202Egpj.exe\u0000')).to.equal('evilgpj.exe');
    expect(await named(`${'길'.repeat(300)}.hwp`))
      .to.have.length(255)
      .and.to.match(/길\.hwp$/);
  });

  it('counts as unread for others and as read for the sender, like every message', async () => {
    const room = await roomOf([ann, bob]);
    await sendFile(ann, room._id, someBytes(10));
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(1);
    expect((await ann.room(room._id)).unReadMsgCount).to.equal(0);
  });
});
