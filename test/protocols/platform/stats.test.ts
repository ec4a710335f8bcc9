import { expect } from 'chai';
import { getStats } from '../../../src/protocols/platform/catalogue.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { MovingClock } from '../../helpers/receiver.ts';
import { expectRefusal } from './bodies.ts';

describe('GET /chat/stats', () => {
  const clock = new MovingClock();
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ clock });
  });
  after(() => engine.close());

  it('counts rooms by type, people, messages in all and per day, and what this node does', async () => {
    const [ann, bob] = [someone(), someone()];
    for (const roomType of ['GROUP', 'GROUP', 'OPEN', 'ALARM'])
      await engine.platform.room([ann, bob], { roomType });
    await engine.connect(ann);
    const stats = await engine.platform.do('GET', '/chat/stats');
    expect(getStats.response.validate(stats, { convert: false }).error?.message).to.equal(undefined);
    expect(stats.rooms).to.deep.equal({
      GROUP: 2,
      INQUIRY: 0,
      DIRECT: 0,
      OPEN: 1,
      ALARM: 1,
      SYSTEM_ALARM: 0,
    });
    expect([stats.users, stats.messages]).to.deep.equal([2, 4]);
    expect(stats.messagesPerDay).to.have.length(30);
    const today = new Date(clock.now()).toISOString().slice(0, 10);
    expect(stats.messagesPerDay.at(-1)).to.deep.equal({ day: today, count: 4 });
    expect(stats.messagesPerDay.slice(0, 28).every(({ count }: any) => count === 0)).to.equal(true);
    expect(stats.node).to.deep.equal({ connections: 1, liveRooms: 4, sendsWaiting: 0, engine: 'test' });
  });

  it('counts once a minute', async () => {
    await engine.platform.room([someone()]);
    expect((await engine.platform.do('GET', '/chat/stats')).messages).to.equal(4);
    clock.forward(61_000);
    expect((await engine.platform.do('GET', '/chat/stats')).messages).to.equal(5);
  });

  it('is not for keys that are bound to links, nor for those without the scope', async () => {
    for (const options of [{ links: ['a'] }, { without: ['rooms:read'] as const }]) {
      const { platform } = await newKeyFor(engine, options);
      expectRefusal(await platform.call('GET', '/chat/stats'), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    }
  });
});
