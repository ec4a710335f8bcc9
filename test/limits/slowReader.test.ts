import { expect } from 'chai';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { eventually } from '../helpers/processes.ts';
import { RawClient } from '../helpers/raw.ts';

/** A control character is six bytes of JSON: 60 KB on the wire. */
const TEXT = '\u0001'.repeat(10_000);
const MB = 1_048_576;

describe('a client that does not read', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_OUTGOING_BYTES: String(MB) } });
  });
  after(() => engine.close());

  const figure = async (name: string) =>
    (await engine.app.metrics.registry.getSingleMetric(name)!.get()).values[0]?.value ?? 0;
  const closedOnes = () => figure('madang_slow_clients_closed_total');
  const framesSent = async () => {
    const { values } = await engine.app.metrics.registry.getSingleMetric('madang_frames_sent_total')!.get();
    return values.find(({ labels }) => labels['event'] === 'updateRoomLastMessage')?.value ?? 0;
  };
  const connections = () => figure('madang_chat_connections');
  const connectRaw = (id: string) => RawClient.connect(engine.url, engine.token(id));

  it('is closed instead of buffered without end; nobody else misses anything', async () => {
    const [ann, bob, lazy] = [someone(), someone(), someone()];
    const room = await engine.platform.room([ann, bob, lazy]);
    const [a, b, raw] = [await engine.connect(ann), await engine.connect(bob), await connectRaw(lazy)];
    await b.do('joinRoom', room._id);
    await raw.ask('joinRoom', `"${room._id}"`);
    const [before, closed] = [await connections(), await closedOnes()];
    raw.ws.pause();
    let sent = 0;
    while ((await closedOnes()) === closed && sent < 1_500) {
      // 30 KB each, twice: as message and as last message of the room. Those who read keep up with that.
      await Promise.all(Array.from({ length: 5 }, () => a.send(room._id, '가'.repeat(10_000))));
      sent += 5;
    }
    expect(await closedOnes(), 'clients closed because they did not read').to.be.greaterThan(closed);
    expect(sent * 30_000 * 2, 'bytes that were meant for it').to.be.lessThan(60 * MB);
    await eventually('the end of its connection', async () => (await connections()) === before - 1, 5_000);
    raw.ws.resume();
    expect(await raw.closed, 'the transport is closed, not the namespace').to.equal(1006);
    expect(raw.texts.filter(text => text.startsWith('41'))).to.deep.equal([]);
    await b.until(
      () => (b.of(`listenMessage_${room._id}`).length === sent ? true : undefined),
      () => 'all messages',
    );
    expect(b.of(`listenMessage_${room._id}`).map(({ seq }) => seq)).to.deep.equal(
      Array.from({ length: sent }, (_, i) => i + 2),
    );
    (await connectRaw(lazy)).ws.close();
    expect(await closedOnes(), 'one client was closed, and is counted once').to.equal(closed + 1);
  });

  it('for a moment only, because one large answer is on its way, is not cut for a frame that comes meanwhile', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const a = await engine.connect(ann);
    for (let i = 0; i < 4; i++) await Promise.all(Array.from({ length: 25 }, () => a.send(room._id, TEXT)));
    const raw = await connectRaw(bob);
    const [closed, frames] = [await closedOnes(), await framesSent()];
    raw.ws.pause();
    const page = raw
      .ask('listenMessagesByRoom', JSON.stringify({ roomId: room._id, count: 100 }))
      .catch(() => 'closed');
    // Its 6 MB are written once the server has answered somebody who asked later.
    await a.do('listenMessagesByRoom', { roomId: room._id, count: 100 });
    await a.send(room._id, '한 줄');
    expect(await framesSent(), 'a frame was on its way to both').to.equal(frames + 2);
    raw.ws.resume();
    expect(await page, 'the answer').to.have.nested.property('data.list.length', 100);
    expect(await closedOnes()).to.equal(closed);
    raw.ws.close();
  });

  it('and only asks is closed as well, though nothing else is sent to it', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const a = await engine.connect(ann);
    for (let i = 0; i < 4; i++) await Promise.all(Array.from({ length: 25 }, () => a.send(room._id, TEXT)));
    const raw = await connectRaw(ann);
    const closed = await closedOnes();
    raw.ws.pause();
    // 6 MB each: what a stock burst of events may ask for at once.
    for (let i = 0; i < 5; i++)
      raw.emit('listenMessagesByRoom', JSON.stringify({ roomId: room._id, count: 100 }));
    await eventually('its end', async () => (await closedOnes()) === closed + 1, 6_000).finally(() =>
      raw.ws.terminate(),
    );
  });
});
