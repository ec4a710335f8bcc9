import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectStore } from '../../../src/domain/ports.ts';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { download, exported, unzip, type Finished } from '../../helpers/exports.ts';
import { get, sendFile, sharedDisk, someBytes } from '../../helpers/files.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('exportRoom with files of a store that has its own ways', () => {
  const bytes = someBytes(300_000);
  const time = { ahead: 0 };
  let onRead: (whole: Readable) => Readable = whole => whole;
  let link: ObjectStore['link'] = () => Promise.resolve(null);
  const objects: ObjectStore = {
    ...sharedDisk(),
    async read(key, range) {
      const whole = await sharedDisk().read(key, range);
      return whole && key.startsWith('rooms/') ? onRead(whole) : whole;
    },
    link: (key, options) => link(key, options),
  };
  const database = `t${randomUUID().slice(0, 8)}`;
  let engine: Engine;
  let ann: ChatClient;
  let room: Room;
  before(async () => {
    engine = await startEngine({ objects, database, clock: { now: () => Date.now() + time.ahead } });
    [ann] = await guests(engine, 'ann');
    room = await roomOf([ann], { name: '사진첩' });
    await sendFile(ann, room._id, bytes, { name: '하나.bin' });
    await sendFile(ann, room._id, bytes, { name: '둘.bin' });
  });
  after(() => engine.close());
  afterEach(() => {
    onRead = whole => whole;
    link = () => Promise.resolve(null);
    time.ahead = 0;
  });

  const filesIn = async (of: Engine, finished: Finished) =>
    [...unzip(await download(of, finished))].filter(([name]) => name.startsWith('files/'));

  it('opens a file when the one before it is in, never two at once', async () => {
    let [open, most] = [0, 0];
    onRead = whole => {
      most = Math.max(most, ++open);
      return whole.once('close', () => open--);
    };
    const files = await filesIn(engine, await exported(ann, room._id, 'txt', { withFiles: true }));
    expect(files.map(([, content]) => content.equals(bytes))).to.deep.equal([true, true]);
    expect([most, open]).to.deep.equal([1, 0]);
  });

  it('never gives half a file: one that breaks off breaks the archive, and it is made again', async () => {
    let breaks = 1;
    onRead = whole => {
      if (breaks-- <= 0) return whole;
      return Readable.from(
        (async function* () {
          for await (const chunk of whole) {
            yield chunk as Buffer;
            throw new Error('the bucket is out of reach');
          }
        })(),
      );
    };
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'txt', withFiles: true });
    await engine.app.chat.exports.idle();
    expect((await engine.app.chat.stores.exports.byId(exportId))!).to.include({
      state: 'waiting',
      attempts: 1,
    });
    expect(await sharedDisk().stat(`exports/${exportId}/1`)).to.equal(null);
    time.ahead = 6_000;
    await engine.app.chat.exports.idle();
    time.ahead = 0;
    const finished = await ann.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
    expect((await filesIn(engine, finished)).every(([, content]) => content.equals(bytes))).to.equal(true);
  });

  it('sends readers to the store where it has links of its own, as an attachment under the same name', async () => {
    const { url, exportId } = await exported(ann, room._id, 'txt');
    link = (key, { seconds, disposition, mimeType }) =>
      Promise.resolve(
        `https://bucket.example/${key}?${new URLSearchParams({ seconds: String(seconds), disposition, mimeType })}`,
      );
    const { status, headers } = await get(engine.url, url!);
    expect([status, headers.get('cache-control')]).to.deep.equal([302, 'no-store']);
    const to = new URL(headers.get('location')!);
    expect(to.pathname).to.equal(`/exports/${exportId}/1`);
    expect(to.searchParams.get('disposition')).to.match(/^attachment; filename=/);
  });

  it('answers HEAD with its size', async () => {
    const finished = await exported(ann, room._id, 'json');
    const head = await fetch(`${engine.url}${finished.url}`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).to.equal(String((await download(engine, finished)).length));
  });

  it('stops in the middle of a file, leaves nothing, and is made by the next server', async () => {
    let reached!: () => void;
    const middle = new Promise<void>(resolve => (reached = resolve));
    onRead = whole => {
      whole.destroy();
      let chunks = 0;
      return new Readable({
        read() {
          if (chunks++ === 0) this.push(Buffer.alloc(1_000));
          else reached();
        },
      });
    };
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'txt', withFiles: true });
    await middle;
    await engine.app.chat.exports.stop();
    expect((await engine.app.chat.stores.exports.byId(exportId))!).to.include({
      state: 'waiting',
      attempts: 0,
    });
    expect(await sharedDisk().stat(`exports/${exportId}/1`)).to.equal(null);
    onRead = whole => whole;
    const next = await startEngine({ objects, database });
    await next.app.chat.exports.idle();
    const job = (await next.app.chat.stores.exports.byId(exportId))!;
    expect(job.state).to.equal('done');
    const back = await next.connect(ann.userId, 'ann');
    const finished = await back.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
    expect(await filesIn(next, finished)).to.have.length(2);
    await next.close();
  });
});
