import { expect } from 'chai';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { bearer, get, sendFile, sendSlice, someBytes } from '../../helpers/files.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('moderation of files', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let now = Date.now();
  before(async () => {
    engine = await startEngine({ clock: { now: () => now } });
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  after(() => engine.close());
  const bytes = someBytes(100);
  const first = { size: 100, sliceIndex: 0 };
  const errorOfSlice = async (
    roomId: string,
    rest: Parameters<typeof sendSlice>[3],
    part = bytes.subarray(0, 40),
  ) => (await sendSlice(bob, roomId, part, rest)).error;
  const mute = (roomId: string) => ann.do('muteUsers', { roomId, targetUserIds: [bob.userId] });

  it('the muted begin no upload, and bring none to its end; unmuted they go on where they were', async () => {
    const { _id: roomId } = await roomOf([ann, bob]);
    const syncKey = newKey();
    expect(await errorOfSlice(roomId, { ...first, syncKey })).to.equal(null);
    await mute(roomId);
    expect(await errorOfSlice(roomId, { ...first, syncKey: newKey() })).to.equal('YOU_ARE_MUTED');
    const last = { size: 100, sliceIndex: 1, syncKey };
    expect(await errorOfSlice(roomId, last, bytes.subarray(40))).to.equal('YOU_ARE_MUTED');
    expect(await ann.history(roomId)).to.deep.equal([]);
    await ann.do('unmuteUsers', { roomId, targetUserIds: [bob.userId] });
    expect(await errorOfSlice(roomId, last, bytes.subarray(40))).to.equal(null);
    expect(await ann.history(roomId)).to.have.length(1);
  });

  it('nobody uploads into a DIRECT room where one blocked the other', async () => {
    const { _id: roomId } = await roomOf([ann, bob], { roomType: 'DIRECT' });
    await ann.do('blockUser', { userId: bob.userId });
    expect(await errorOfSlice(roomId, { ...first, syncKey: newKey() })).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    await ann.do('unblockUser', { userId: bob.userId });
    expect(await errorOfSlice(roomId, { ...first, syncKey: newKey() })).to.equal(null);
  });

  it('a banned word in the name is refused at once, or masked wherever the name shows', async () => {
    const { _id: roomId } = await roomOf([ann, bob]);
    const words = { words: ['바보'] };
    await engine.platform.do('POST', '/chat/bannedWords', { ...words, mode: 'block' });
    const name = '너 바보.bin';
    expect(await errorOfSlice(roomId, { ...first, syncKey: newKey(), name })).to.equal(
      'MESSAGE_HAS_BANNED_WORDS',
    );
    await engine.platform.do('POST', '/chat/bannedWords', { ...words, mode: 'mask' });
    const syncKey = newKey();
    const message = await sendFile(bob, roomId, bytes, { name, syncKey });
    const file = message.data.content.files![0]!;
    expect(file.name).to.equal('너 **.bin');
    expect((await sendFile(bob, roomId, bytes, { name, syncKey }))._id, 'a retry').to.equal(message._id);
    const got = await get(engine.url, file.url, bearer(engine.token(ann.userId)));
    expect(got.status).to.equal(200);
    expect(JSON.stringify(got.headers)).to.not.include(encodeURIComponent('바보'));
    await engine.platform.do('DELETE', '/chat/bannedWords', words);
  });

  it('a file is a message of slow mode', async () => {
    const { _id: roomId } = await roomOf([ann, bob], { rules: { slowModeSeconds: 30 } });
    await sendFile(bob, roomId, bytes);
    expect(await errorOfSlice(roomId, { ...first, syncKey: newKey() })).to.equal('RATE_LIMITED');
    now += 30_000;
    await sendFile(bob, roomId, bytes);
    expect(await ann.history(roomId)).to.have.length(2);
  });
});
