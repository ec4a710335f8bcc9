import { expect } from 'chai';
import { ChatClient } from '../../helpers/client.ts';
import { errorOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';
import { device, pushed, pushing } from '../../helpers/push.ts';

/** Ten of them, in seconds. */
const YEARS = 315_360_000;

describe('setDoNotDisturb', () => {
  let ann: ChatClient;
  let bob: ChatClient;
  /** Half past eleven at night in Seoul, half past two in the afternoon in London. */
  const now = Date.parse('2026-11-21T14:30:00Z');
  const served = pushing({ clock: { now: () => now } });
  beforeEach(async () => {
    [ann, bob] = [await connect('ann'), await connect('bob')];
  });
  afterEach(() => [ann, bob].forEach(client => client.close()));

  /** On the server's clock a token of an hour may be over. */
  const connect = (nick: string) => {
    const id = someone(nick);
    return ChatClient.connect(`${served.engine.url}/chat`, served.engine.token(id, nick, YEARS), id);
  };

  /** Whether Bob's device is told of a message now. */
  async function isTold(token: string): Promise<boolean> {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'hello');
    await pushed(served.engine);
    return served.fcm.of(token).some(({ data }) => data.messageId === message._id);
  }
  const quiet = (from: string, to: string, timezone = 'Asia/Seoul') =>
    bob.do('setDoNotDisturb', { from, to, timezone });

  it('keeps pushes away between the two times, over midnight too, on the clock of the time zone', async () => {
    const token = await device(bob);
    expect(await quiet('22:00', '07:00')).to.deep.equal({ result: true });
    expect(await isTold(token), 'half past eleven at night').to.equal(false);
    await quiet('22:00', '07:00', 'Europe/London');
    expect(await isTold(token), 'half past two in the afternoon').to.equal(true);
    await quiet('13:00', '15:00', 'Europe/London');
    expect(await isTold(token)).to.equal(false);
    await quiet('23:31', '23:29');
    expect(await isTold(token), 'in the two minutes between').to.equal(true);
  });

  it('begins with its first minute and ends with its last', async () => {
    const token = await device(bob);
    await quiet('23:30', '23:31');
    expect(await isTold(token)).to.equal(false);
    await quiet('23:00', '23:30');
    expect(await isTold(token)).to.equal(true);
  });

  it('ends with null', async () => {
    const token = await device(bob);
    await quiet('22:00', '07:00');
    await bob.do('setDoNotDisturb', null);
    expect(await isTold(token)).to.equal(true);
  });

  it('counts for all devices of the user', async () => {
    const { fcm } = served;
    const [phone, tablet] = [await device(bob), await device(bob)];
    await quiet('22:00', '07:00');
    await isTold(phone);
    expect([...fcm.of(phone), ...fcm.of(tablet)]).to.deep.equal([]);
  });

  it('refuses what is no time and no time zone', async () => {
    const good = { from: '22:00', to: '07:00', timezone: 'Asia/Seoul' };
    for (const wrong of [
      { from: '24:00' },
      { from: '9:00' },
      { to: '07:60' },
      { to: 7 },
      { timezone: 'Asia/Nowhere' },
      { timezone: '' },
      { timezone: 'x'.repeat(65) },
    ])
      expect(await errorOf(bob, 'setDoNotDisturb', { ...good, ...wrong }), JSON.stringify(wrong)).to.equal(
        'INVALID_PAYLOAD',
      );
    expect(await errorOf(bob, 'setDoNotDisturb')).to.equal('INVALID_PAYLOAD');
  });
});
