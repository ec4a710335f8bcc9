import { expect } from 'chai';
import { ChatClient, type Room } from '../../helpers/client.ts';
import { SECRET, startEngine, type Engine } from '../../helpers/engine.ts';
import {
  partsOf,
  postOffice,
  quietPort,
  textOf,
  type Finished,
  type PostOffice,
} from '../../helpers/exports.ts';
import { get, sendFile, someBytes } from '../../helpers/files.ts';
import { errorOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';
import { claimsToken } from '../../helpers/tokens.ts';

/** Longer than the clock is put ahead. */
const inDays = () => Math.floor(Date.now() / 1000) + 3 * 86_400;

describe('exportRoom by mail', () => {
  const time = { ahead: 0 };
  let office: PostOffice;
  let port: number;
  let engine: Engine;
  let ann: ChatClient;
  let room: Room;
  const refused = new Set<string>();
  const open = () =>
    postOffice(
      {
        onRcptTo: ({ address }, _session, done) =>
          refused.has(address) ? done(Object.assign(new Error('no'), { responseCode: 550 })) : done(),
      },
      port,
    );

  const connect = (claims: object) => {
    const id = someone('mail');
    return ChatClient.connect(
      `${engine.url}/chat`,
      claimsToken({ id, exp: inDays(), ...claims }, SECRET),
      id,
    );
  };
  const ask = async (client: ChatClient, roomId: string, email: string, more: object = {}): Promise<string> =>
    (await client.do('exportRoom', { roomId, format: 'txt', email, ...more })).exportId;
  const ended = (client: ChatClient, exportId: string) =>
    client.frame<Finished>(
      'exportFinished',
      frame => frame.exportId === exportId && frame.mailed !== undefined,
    );

  before(async () => {
    port = await quietPort();
    engine = await startEngine({
      clock: { now: () => Date.now() + time.ahead },
      env: {
        SMTP_URL: `smtp://madang:secret@127.0.0.1:${port}`,
        MAIL_FROM: '마당 <post@madang.example>',
        PUBLIC_URL: 'https://chat.example.com',
      },
    });
    office = await open();
    ann = await connect({ nickName: '홍길동', email: 'Ann@Example.com' });
    room = await roomOf([ann], { name: '우리 방' });
    await ann.send(room._id, '안녕하세요');
  });
  after(async () => {
    ann.close();
    await engine.close();
    await office.close();
  });

  it('comes with the file to the address in the token, and says so', async () => {
    const exportId = await ask(ann, room._id, 'ann@example.com');
    const finished = await ended(ann, exportId);
    expect(finished).to.include({ exportId, mailed: true });
    const letter = office.letters.at(-1)!;
    expect(letter).to.deep.include({ from: 'post@madang.example', to: ['ann@example.com'] });
    const parts = partsOf(letter).map(String);
    expect(parts).to.include(await textOf(engine, finished));
    expect(parts.some(part => part.includes('첨부했습니다'))).to.equal(true);
    expect(ann.of<Finished>('exportFinished').filter(frame => frame.exportId === exportId)).to.have.length(2);
  });

  it('goes to nobody else’s address, and to no address that is none', async () => {
    const nobody = await connect({});
    const named = await connect({ identity: 'joe@example.com' });
    const hall = await roomOf([ann, nobody, named]);
    const refusal = (who: ChatClient, email: string) =>
      errorOf(who, 'exportRoom', { roomId: hall._id, format: 'txt', email });
    expect(await refusal(ann, 'eve@example.com')).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await refusal(nobody, 'ann@example.com')).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    for (const email of [
      'nonsense',
      'ann@example.com, eve@example.com',
      'ann@example.com\r\nBcc: eve@example.com',
    ])
      expect(await refusal(ann, email), email).to.equal('INVALID_PAYLOAD');
    await ended(named, await ask(named, hall._id, 'joe@example.com'));
    expect(office.letters.at(-1)!.to).to.deep.equal(['joe@example.com']);
    [nobody, named].forEach(client => client.close());
  });

  it('comes with a link for a day where the file is too large to be attached', async () => {
    const album = await roomOf([ann], { name: '사진첩' });
    const file = someBytes(10_600_000);
    await sendFile(ann, album._id, file, { slice: 1_000_000 });
    const exportId = await ask(ann, album._id, 'ann@example.com', { withFiles: true });
    await ended(ann, exportId);
    const text = partsOf(office.letters.at(-1)!).map(String).join('\n');
    const [, path] = /https:\/\/chat\.example\.com(\/exports\/\S+)/.exec(text)!;
    expect(path).to.include(exportId);
    expect(office.letters.at(-1)!.raw.length).to.be.below(10_000);
    time.ahead += 80_000_000;
    expect((await get(engine.url, path!)).bytes.length).to.be.greaterThan(file.length);
    time.ahead += 10_000_000;
    expect((await get(engine.url, path!)).status).to.equal(404);
    time.ahead = 0;
  });

  it('is not tried again when the server refuses the address for good: that is told, the file stays', async () => {
    refused.add('ann@example.com');
    const exportId = await ask(ann, room._id, 'ann@example.com');
    const finished = await ended(ann, exportId);
    expect(finished.mailed).to.equal(false);
    expect(await textOf(engine, finished)).to.include('안녕하세요');
    refused.clear();
  });

  it('waits for a server that is down: it is tried again, and arrives when it is back', async () => {
    await office.close();
    const exportId = await ask(ann, room._id, 'ann@example.com');
    await engine.app.chat.exports.idle();
    office = await open();
    expect((await engine.app.chat.stores.exports.byId(exportId))!).to.include({
      mail: 'waiting',
      mailAttempts: 1,
    });
    await engine.app.chat.exports.idle();
    expect(office.letters).to.have.length(0);
    time.ahead += 10_000;
    await engine.app.chat.exports.idle();
    expect((await ended(ann, exportId)).mailed).to.equal(true);
    expect(office.letters).to.have.length(1);
    time.ahead = 0;
  });

  it('is given up in the end, and told so', async () => {
    await office.close();
    const exportId = await ask(ann, room._id, 'ann@example.com');
    for (const pause of [0, 10_000, 60_000, 600_000, 3_600_000]) {
      time.ahead += pause;
      await engine.app.chat.exports.idle();
    }
    expect((await ended(ann, exportId)).mailed).to.equal(false);
    time.ahead = 0;
    office = await open();
  });

  it('is not sent to who was put out of the room before it was', async () => {
    const bob = await connect({ email: 'bob@example.com' });
    const hall = await roomOf([ann, bob]);
    await office.close();
    const exportId = await ask(bob, hall._id, 'bob@example.com');
    await engine.app.chat.exports.idle();
    office = await open();
    await ann.do('kickOutUsers', { roomId: hall._id, targetUserIds: [bob.userId] });
    time.ahead += 10_000;
    await engine.app.chat.exports.idle();
    expect((await ended(bob, exportId)).mailed).to.equal(false);
    expect(office.letters).to.have.length(0);
    time.ahead = 0;
    bob.close();
  });
});
