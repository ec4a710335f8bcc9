import { expect } from 'chai';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { bearer, get, sendSlice, sha256, someBytes } from '../../helpers/files.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('resumeFileMessage and cancelFileMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let roomId: string;
  before(async () => {
    engine = await sharedEngine();
    const people = await guests(engine, 'ann', 'bob');
    ann = people[0]!;
    roomId = (await roomOf(people))._id;
  });

  it('tells where to go on after a reconnect, and slices without an index go on there', async () => {
    const bytes = someBytes(90);
    const syncKey = newKey();
    const phone = await engine.connect(ann.userId);
    await sendSlice(phone, roomId, bytes.subarray(0, 30), { syncKey, size: 90 });
    await sendSlice(phone, roomId, bytes.subarray(30, 50), { syncKey, size: 90 });
    phone.close();
    const again = await engine.connect(ann.userId);
    const resumed = await again.ask('resumeFileMessage', { syncKey });
    expect(resumed.data).to.deep.equal({ slice: 2, progress: 50 / 90, received: 50 });
    expect(resumed).to.include({ slice: 2, progress: 50 / 90 });
    const { data } = await sendSlice(again, roomId, bytes.subarray(50), { syncKey, size: 90 });
    const { url } = data.message!.data.content.files![0]!;
    const got = await get(engine.url, url, bearer(engine.token(ann.userId)));
    expect(sha256(got.bytes)).to.equal(sha256(bytes));
  });

  it('without resuming, another connection begins anew', async () => {
    const syncKey = newKey();
    await sendSlice(ann, roomId, someBytes(30), { syncKey, size: 60 });
    const again = await engine.connect(ann.userId);
    const { data } = await sendSlice(again, roomId, someBytes(30), { syncKey, size: 60 });
    expect(data).to.deep.equal({ slice: 1, progress: 0.5 });
  });

  it('cancels: nothing of the upload stays, and nothing goes on', async () => {
    const syncKey = newKey();
    await sendSlice(ann, roomId, someBytes(30), { syncKey, size: 60 });
    const { _id } = (await engine.database.uploads.findOne({ syncKey }))!;
    expect(await ann.do('cancelFileMessage', { syncKey })).to.deep.equal({ result: true });
    expect(await engine.database.uploads.findOne({ syncKey })).to.equal(null);
    for await (const { key } of engine.app.chat.files.objects.list('uploads/'))
      expect(key).to.not.include(_id.toHexString());
    const gone = 'FILE_NO_EXISTS_WITH_SYNC_KEY';
    expect(await errorOf(ann, 'resumeFileMessage', { syncKey })).to.equal(gone);
    expect(await errorOf(ann, 'cancelFileMessage', { syncKey })).to.equal(gone);
    const next = await sendSlice(ann, roomId, someBytes(30), { syncKey, size: 60, sliceIndex: 1 });
    expect(next.error).to.equal(gone);
  });

  it('uploads of others are unknown', async () => {
    const syncKey = newKey();
    const [eve] = await guests(engine, 'eve');
    await sendSlice(ann, roomId, someBytes(30), { syncKey, size: 60 });
    for (const event of ['resumeFileMessage', 'cancelFileMessage'])
      expect(await errorOf(eve, event, { syncKey })).to.equal('FILE_NO_EXISTS_WITH_SYNC_KEY');
    expect((await ann.do('resumeFileMessage', { syncKey })).received).to.equal(30);
  });

  it('goes on at another node: where it says, and what is sent twice does no harm', async () => {
    const name = `nodes${Date.now()}`;
    const one = await startEngine({ database: name });
    const two = await startEngine({ database: name, bus: one.app.chat.bus });
    try {
      const [here] = await guests(one, 'ann', 'bob');
      const room = await roomOf([here, await one.connect('helper')]);
      const there = await two.connect(here.userId);
      const bytes = someBytes(120);
      const syncKey = newKey();
      const part = (client: ChatClient, index: number) =>
        sendSlice(client, room._id, bytes.subarray(index * 30, (index + 1) * 30), {
          syncKey,
          size: 120,
          sliceIndex: index,
        });
      const farFrom = async (client: ChatClient) =>
        (await client.do<{ slice: number }>('resumeFileMessage', { syncKey })).slice;
      expect((await part(here, 0)).data.slice).to.equal(1);
      expect(await farFrom(there)).to.equal(1);
      expect((await part(there, 1)).data.slice).to.equal(2);
      // Counts reach the other node now and then only: the first client goes on where it is told to.
      for (let index = await farFrom(here); index < 3; index++)
        expect((await part(here, index)).data.slice).to.equal(index + 1);
      for (let index = await farFrom(there); index < 3; index++) await part(there, index);
      const { message } = (await part(there, 3)).data;
      const got = await get(one.url, message!.data.content.files![0]!.url, bearer(one.token(here.userId)));
      expect(sha256(got.bytes)).to.equal(sha256(bytes));
    } finally {
      await two.close();
      await one.close();
    }
  });
});
