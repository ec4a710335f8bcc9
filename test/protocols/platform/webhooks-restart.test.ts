import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { MovingClock, Receiver } from '../../helpers/receiver.ts';

const env = { WEBHOOK_ALLOW: '127.0.0.1' };
const MINUTE = 60_000;

describe('webhooks over restarts and nodes', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await receiver.close();
    expect(receiver.faults).to.deep.equal([]);
  });
  const add = async (engine: Engine) => {
    const webhook = await engine.platform.do('POST', '/chat/webhooks', {
      url: receiver.url,
      events: ['message.created'],
    });
    receiver.secret = webhook.secret;
  };
  const texts = Array.from({ length: 30 }, (_, i) => `text ${i}`);
  /** What was taken, each id once: whole and in the order of the log. */
  const expectAll = (roomId: string) => {
    const ids = texts.map((_, i) => `message.created:${roomId}:${i + 2}`);
    expect(receiver.ids(roomId)).to.deep.equal([`message.created:${roomId}:1`, ...ids]);
  };

  it('a restart in the middle loses nothing, and what comes twice has the same id', async () => {
    const database = `r${process.pid}`;
    const clock = new MovingClock();
    let engine = await startEngine({ database, env, clock });
    await add(engine);
    const rooms = [await engine.platform.room([someone()]), await engine.platform.room([someone()])];
    // One room fails for a while, over both restarts.
    let isBroken = true;
    receiver.answer = ({ data }) => (isBroken && data.roomId === rooms[1]!._id && data.seq === 4 ? 500 : 200);
    for (const [i, text] of texts.entries()) {
      for (const room of rooms) await engine.platform.write(room._id, text);
      if (i % 10 !== 9) continue;
      await receiver.until('some of it', () => receiver.of(rooms[0]!._id).length > i / 2);
      await engine.close();
      engine = await startEngine({ database, env, clock });
    }
    await receiver.until('the first room', () => receiver.ids(rooms[0]!._id).length === 31);
    expect(receiver.ids(rooms[1]!._id)).to.have.length(3);
    isBroken = false;
    clock.forward(60 * MINUTE);
    await receiver.until('the second room', () => receiver.ids(rooms[1]!._id).length === 31);
    for (const room of rooms) expectAll(room._id);
    await engine.close();
  }).timeout(60_000);

  it('one node delivers at a time; when it dies without a word another one takes over', async () => {
    const [database, bus, clock] = [`t${process.pid}`, inProcessBus(), new MovingClock()];
    const first = await startEngine({ database, bus, env, clock });
    await add(first);
    const second = await startEngine({ database, bus, env, clock });
    const room = await second.platform.room([someone()]);
    await second.platform.write(room._id, texts[0]!);
    await receiver.until('the first', () => receiver.ids(room._id).length === 2);
    expect(receiver.received).to.have.length(2);
    // Dead: it neither looks nor delivers any more, and gives nothing back.
    const { couriers } = first.app.chat;
    couriers.look = () => Promise.resolve();
    first.app.chat.stores.webhooks.release = () => Promise.resolve();
    await couriers.stop();
    for (const text of texts.slice(1)) await second.platform.write(room._id, text);
    await second.app.chat.couriers.look();
    expect(receiver.ids(room._id)).to.have.length(2);
    clock.forward(31_000);
    await receiver.until('all of it', () => receiver.ids(room._id).length === 31);
    expectAll(room._id);
    await first.close();
    await second.close();
  }).timeout(30_000);
});
