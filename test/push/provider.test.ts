import { expect } from 'chai';
import type { ChatClient, Room } from '../helpers/client.ts';
import { guests, roomOf } from '../helpers/party.ts';
import { device, pushed, pushing } from '../helpers/push.ts';

/** Milliseconds between tries; three of them. */
const PAUSES = [30, 30, 30];

describe('a push provider that fails', () => {
  const served = pushing({ paces: { pushPauses: PAUSES } });
  let ann: ChatClient;
  let bob: ChatClient;
  let room: Room;
  beforeEach(async () => {
    [ann, bob] = await guests(served.engine, 'ann', 'bob');
    room = await roomOf([ann, bob]);
  });
  afterEach(async () => {
    served.fcm.moods.clear();
    served.fcm.release();
    await pushed(served.engine);
  });
  const askedFor = (token: string) => served.fcm.asked.filter(message => message.token === token);
  const devicesOf = async ({ userId }: ChatClient) =>
    (await served.engine.database.pushTokens.find({ userId }).toArray()).map(doc => doc.token);

  it('and says that a token is dead, is asked for it no more', async () => {
    const { engine, fcm } = served;
    const [dead, alive] = [await device(bob, 'android', 'dead'), await device(bob)];
    fcm.moods.set('dead', 'unregistered');
    await ann.send(room._id, 'one');
    await fcm.push(alive);
    await pushed(engine);
    expect(await devicesOf(bob)).to.deep.equal([alive]);
    const two = await ann.send(room._id, 'two');
    await fcm.push(alive, ({ data }) => data.messageId === two._id);
    expect(askedFor(dead)).to.have.length(1);
  });

  it('and says that a token never was one, drops it; one whose message it refuses it keeps', async () => {
    const { engine, fcm } = served;
    const [never, strict] = [await device(bob, 'android', 'never'), await device(bob, 'ios', 'strict')];
    fcm.moods.set('never', 'bad token').set('strict', 'too big');
    const message = await ann.send(room._id, 'one');
    await fcm.until('both requests', () => askedFor(never).length + askedFor(strict).length === 2);
    await pushed(engine);
    expect(await devicesOf(bob)).to.deep.equal([strict]);
    expect(askedFor(strict), 'it would be refused again').to.have.length(1);
    const why = await engine.platform.do(
      'GET',
      `/chat/push/explain?userId=${encodeURIComponent(bob.userId)}&messageId=${message._id}`,
    );
    expect(why.reason).to.equal('FAILED');
    expect(await engine.database.pushShown.countDocuments({ userId: bob.userId }), 'nothing shows').to.equal(
      0,
    );
  });

  it('is asked again later, for those devices alone that it failed', async () => {
    const { engine, fcm } = served;
    const [weak, fine] = [await device(bob, 'android', 'weak'), await device(bob)];
    fcm.moods.set('weak', 'internal');
    const message = await ann.send(room._id, 'one');
    await fcm.until('a second try', () => askedFor(weak).length >= 2);
    fcm.moods.clear();
    expect((await fcm.push(weak)).data.messageId).to.equal(message._id);
    await pushed(engine);
    expect(askedFor(fine)).to.have.length(1);
  });

  it('is asked a few times, and then no more', async () => {
    const { engine, fcm } = served;
    const weak = await device(bob, 'android', 'weak');
    fcm.moods.set('weak', 'internal');
    await ann.send(room._id, 'one');
    await fcm.until('all tries', () => askedFor(weak).length === PAUSES.length + 1);
    await pushed(engine);
    expect(askedFor(weak)).to.have.length(PAUSES.length + 1);
    expect(await devicesOf(bob), 'the device is not to blame').to.deep.equal([weak]);
  });

  it('is not asked again for what was read meanwhile, or is shown no more', async () => {
    const { engine, fcm } = served;
    const weak = await device(bob, 'android', 'weak');
    fcm.moods.set('weak', 'unavailable');
    const one = await ann.send(room._id, 'one');
    await fcm.until('the first try', () => askedFor(weak).length > 0);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: one._id });
    fcm.moods.clear();
    await pushed(engine);
    const last = fcm.of(weak).at(-1);
    expect(last?.data.type ?? 'RETRACT').to.equal('RETRACT');
  });

  it('or hangs, keeps nobody from sending and reading, and no other room from its pushes', async () => {
    const { engine, fcm } = served;
    const [stuck, fine] = [await device(bob, 'android', 'stuck'), await device(bob)];
    const [carl, dora] = await guests(engine, 'carl', 'dora');
    const other = await roomOf([carl, dora]);
    const hers = await device(dora);
    fcm.moods.set('stuck', 'hang');
    await ann.send(room._id, 'one');
    await fcm.until('the request that hangs', () => askedFor(stuck).length > 0);
    const started = performance.now();
    for (let i = 0; i < 20; i++) await ann.send(room._id, `while it hangs ${i}`);
    await carl.send(other._id, 'hello');
    expect(performance.now() - started, 'milliseconds').to.be.below(5_000);
    await fcm.push(hers);
    expect((await bob.rooms())[0]!.unReadMsgCount).to.equal(21);
    fcm.moods.clear();
    fcm.release();
    await fcm.push(fine, ({ notification }) => notification?.body === 'ann: while it hangs 19');
    await pushed(engine);
    expect(askedFor(fine).length, 'what came meanwhile is one push').to.be.below(6);
  });
});

describe('many messages at once', () => {
  const served = pushing();

  it('reach every member of a large room, in batches, with the newest of them at the end', async () => {
    const { engine, fcm } = served;
    const [ann] = await guests(engine, 'ann');
    const people = Array.from({ length: 250 }, (_, i) => `${ann.userId}-member-${i}`);
    await engine.platform.people(...people);
    const room = await engine.platform.room([ann.userId, ...people]);
    const tokens = people.map(userId => `many-${userId}`);
    await engine.database.pushTokens.insertMany(
      people.map((userId, i) => {
        const token = tokens[i]!;
        return { _id: token, token, userId, platform: 'android' as const, at: new Date() };
      }),
    );
    for (let i = 0; i < 30; i++) void ann.send(room._id, `${i}`);
    const last = await ann.send(room._id, 'the last');
    await fcm.until('a push to everybody', () => {
      const newest = new Set(fcm.taken.filter(({ data }) => data.messageId === last._id).map(p => p.token));
      return tokens.every(token => newest.has(token));
    });
    await pushed(engine);
    for (const token of tokens)
      expect(fcm.of(token).at(-1)!.data).to.include({ messageId: last._id, badge: '32' });
  });
});
