import { expect } from 'chai';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { MovingClock, Receiver, type Received } from '../../helpers/receiver.ts';
import { webhookSender } from '../../../src/services/webhooks/sender.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('webhooks whose receiver fails', () => {
  const clock = new MovingClock();
  let engine: Engine;
  let receiver: Receiver;
  let webhook: any;
  before(async () => {
    engine = await startEngine({
      clock,
      webhooks: webhookSender({ production: false, allow: ['127.0.0.1'], timeout: 300 }),
    });
  });
  after(() => engine.close());
  beforeEach(async () => {
    receiver = await Receiver.start();
    webhook = await engine.platform.do('POST', '/chat/webhooks', {
      url: receiver.url,
      events: ['message.created'],
    });
    receiver.secret = webhook.secret;
  });
  afterEach(async () => {
    await engine.platform.do('DELETE', `/chat/webhooks/${webhook.id}`);
    await receiver.close();
    expect(receiver.faults).to.deep.equal([]);
  });
  const textOf = ({ data }: Received): string => data.data.content.text;
  const deliveries = async (): Promise<any[]> =>
    (await engine.platform.do('GET', `/chat/webhooks/${webhook.id}/deliveries`)).list;
  /** The newest account of this event, once it says so. */
  const account = async (seq: number, status: string, roomId: string): Promise<any> => {
    const id = `message.created:${roomId}:${seq}`;
    let found: any;
    await receiver.until(`${status} of ${id}`, async () => {
      found = (await deliveries()).find(({ eventId }) => eventId === id);
      return found?.status === status;
    });
    return found;
  };
  const later = async (milliseconds: number) => {
    clock.forward(milliseconds);
    await engine.app.chat.couriers.look();
  };
  const state = () => engine.platform.do('GET', `/chat/webhooks/${webhook.id}`);

  it('an event that fails holds back what follows in its room, and nothing in others', async () => {
    const [one, two] = [await engine.platform.room([someone()]), await engine.platform.room([someone()])];
    let isBroken = true;
    receiver.answer = received => (isBroken && textOf(received) === 'bad' ? 500 : 200);
    for (const text of ['a', 'bad', 'b', 'c']) await engine.platform.write(one._id, text);
    await account(3, 'retrying', one._id);
    for (const text of ['x', 'y']) await engine.platform.write(two._id, text);
    await receiver.until('the other room', () => receiver.texts(two._id).includes('y'));
    expect(receiver.texts(one._id).slice(1)).to.deep.equal(['a']);
    await later(20_000);
    await account(3, 'retrying', one._id);
    await receiver.until('a second try', async () => (await account(3, 'retrying', one._id)).attempts === 2);
    expect(receiver.texts(one._id).slice(1)).to.deep.equal(['a']);
    isBroken = false;
    await later(MINUTE);
    await receiver.until('all of it', () => receiver.texts(one._id).length === 5);
    expect(receiver.texts(one._id).slice(1)).to.deep.equal(['a', 'bad', 'b', 'c']);
    expect(await account(3, 'delivered', one._id)).to.deep.include({ attempts: 3, statusCode: 200 });
    await engine.platform.write(one._id, 'after');
    await receiver.until('what comes after', () => receiver.texts(one._id).includes('after'));
  });

  it('tries again after a growing time, for three days; then the event is a dead letter and the room goes on', async () => {
    const room = await engine.platform.room([someone()]);
    receiver.answer = received => (textOf(received) === 'bad' ? 503 : 200);
    await engine.platform.write(room._id, 'bad');
    await engine.platform.write(room._id, 'next');
    const waits: number[] = [];
    let given = 0;
    for (let attempts = 1; given < 74 * HOUR; attempts++) {
      let found: any;
      await receiver.until(`try ${attempts}`, async () => {
        await engine.app.chat.couriers.look();
        found = (await deliveries()).find(({ eventId }) => eventId.endsWith(':2'));
        return found?.attempts === attempts || found?.status === 'dead';
      });
      if (found.status === 'dead') break;
      const wait = Date.parse(found.nextAttemptAt) - Date.parse(found.lastAttemptAt);
      waits.push(wait);
      given += wait;
      await later(Date.parse(found.nextAttemptAt) - clock.now() + 5);
    }
    expect(waits[0]).to.be.within(7_500, 12_500);
    expect(waits[3]).to.be.within(60_000, 100_000);
    expect(Math.max(...waits)).to.be.at.most(1.25 * HOUR);
    expect(given).to.be.within(68 * HOUR, 72 * HOUR);
    await receiver.until('the next one', () => receiver.texts(room._id).includes('next'));
    expect(receiver.texts(room._id)).not.to.include('bad');
    expect(await state()).to.deep.include({ active: true, failingSince: null });
  }).timeout(60_000);

  it('respects Retry-After', async () => {
    const room = await engine.platform.room([someone()]);
    receiver.answer = received =>
      textOf(received) === 'slow down'
        ? response => response.writeHead(429, { 'retry-after': '1800' }).end()
        : 200;
    await engine.platform.write(room._id, 'slow down');
    const found = await account(2, 'retrying', room._id);
    expect(Date.parse(found.nextAttemptAt) - Date.parse(found.lastAttemptAt)).to.equal(30 * MINUTE);
    await later(29 * MINUTE);
    await engine.app.chat.couriers.look();
    expect((await account(2, 'retrying', room._id)).attempts).to.equal(1);
  });

  it('takes no for an answer: other refusals are final for the event', async () => {
    const room = await engine.platform.room([someone()]);
    for (const [i, status] of [400, 401, 403, 404, 409, 422].entries()) {
      receiver.answer = received => (textOf(received) === 'bad' ? status : 200);
      await engine.platform.write(room._id, 'bad');
      expect(await account(2 + i, 'dead', room._id)).to.deep.include({ statusCode: status, attempts: 1 });
    }
    for (const [i, status] of [408, 425, 429].entries()) {
      const other = await engine.platform.room([someone()]);
      receiver.answer = received => (textOf(received) === `later ${i}` ? status : 200);
      await engine.platform.write(other._id, `later ${i}`);
      await account(2, 'retrying', other._id);
    }
  });

  it('410 switches the webhook off', async () => {
    const room = await engine.platform.room([someone()]);
    receiver.answer = () => 410;
    await engine.platform.write(room._id, 'x');
    await receiver.until('the end', async () => !(await state()).active);
    expect(await state()).to.deep.include({ disabledReason: 'GONE' });
    const before = receiver.received.length;
    await engine.platform.write(room._id, 'y');
    await engine.app.chat.stream.flush();
    await later(HOUR);
    expect(receiver.received.length).to.equal(before);
  });

  it('does not follow redirects, and does not wait for an answer without end or read a huge one', async () => {
    const room = await engine.platform.room([someone()]);
    receiver.answer = received => {
      if (textOf(received) === 'elsewhere')
        return response => response.writeHead(302, { location: receiver.url }).end();
      if (textOf(received) === 'hang') return () => undefined;
      return response => {
        receiver.taken.push(received);
        response.writeHead(200);
        const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
        response.on('close', () => clearInterval(more));
      };
    };
    await engine.platform.write(room._id, 'huge');
    expect(await account(2, 'delivered', room._id)).to.deep.include({ statusCode: 200 });
    await engine.platform.write(room._id, 'elsewhere');
    expect(await account(3, 'retrying', room._id)).to.deep.include({
      statusCode: 302,
      error: 'answered 302',
    });
    expect(receiver.received.filter(received => textOf(received) === 'elsewhere')).to.have.length(1);
    const other = await engine.platform.room([someone()]);
    await engine.platform.write(other._id, 'hang');
    expect(await account(2, 'retrying', other._id)).to.deep.include({
      statusCode: null,
      error: 'no answer in time',
    });
  });

  it('a receiver that is not there is tried again; after days of nothing but failure the webhook is switched off', async () => {
    const { port } = receiver;
    const room = await engine.platform.room([someone()]);
    await engine.platform.do('PATCH', `/chat/webhooks/${webhook.id}`, { url: `http://127.0.0.1:1/x` });
    await engine.platform.write(room._id, 'into nothing');
    const first = await receiver
      .until('a failure', async () => (await deliveries()).some(({ status }) => status === 'retrying'))
      .then(deliveries);
    expect(first[0].error).to.equal('ECONNREFUSED');
    expect(port).not.to.equal(1);
    expect((await state()).failingSince).not.to.equal(null);
    await later(49 * HOUR);
    expect((await state()).active).to.equal(true);
    await later(80 * HOUR);
    await receiver.until('the end', async () => {
      await engine.app.chat.couriers.look();
      return !(await state()).active;
    });
    expect(await state()).to.deep.include({ disabledReason: 'FAILING' });
  });
});
