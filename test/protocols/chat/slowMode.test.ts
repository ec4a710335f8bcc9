import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('slow mode', () => {
  let engine: Engine;
  let now = Date.now();
  const shared = { bus: inProcessBus(), database: `slow-${process.pid}`, clock: { now: () => now } };
  before(async () => {
    engine = await startEngine(shared);
  });
  after(() => engine.close());
  const say = (by: ChatClient, roomId: string, syncKey = newKey()) =>
    by.ask('sendMessage', { syncKey, roomId, data: { content: 'x' } });
  const errors = async (...answers: ReturnType<typeof say>[]) =>
    (await Promise.all(answers)).map(({ error }) => error);
  const slow = { rules: { slowModeSeconds: 30 } };

  it('members write one message in so many seconds, and are told how long to wait; masters are free', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], slow);
    expect(await errors(say(bob, room._id))).to.deep.equal([null]);
    now += 10_000;
    const answer = await say(bob, room._id);
    expect([answer.error, answer.data]).to.deep.equal(['RATE_LIMITED', { retryAfterMs: 20_000 }]);
    expect(await errors(say(ann, room._id), say(ann, room._id))).to.deep.equal([null, null]);
    now += 20_000;
    expect(await errors(say(bob, room._id))).to.deep.equal([null]);
  });

  it('of two sends at the same moment one is too early; a retry never is', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], slow);
    const key = newKey();
    expect(await errors(say(bob, room._id, key), say(bob, room._id, key), say(bob, room._id))).to.deep.equal([
      null,
      null,
      'RATE_LIMITED',
    ]);
    expect(await errors(say(bob, room._id, key))).to.deep.equal([null]);
    expect((await ann.history(room._id)).length).to.equal(1);
  });

  it('what was refused for good takes nobody’s turn', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], slow);
    const key = newKey();
    await say(bob, room._id, key);
    now += 30_000;
    const other = { syncKey: key, roomId: room._id, data: { content: 'another' } };
    expect(await errorOf(bob, 'sendMessage', other)).to.equal('SYNC_KEY_CONFLICT');
    expect(await errors(say(bob, room._id))).to.deep.equal([null]);
  });

  it('holds over nodes and over a restart, also where the rule came later', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob]);
    await say(bob, room._id);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: slow });
    expect(await errors(say(bob, room._id))).to.deep.equal(['RATE_LIMITED']);
    now += 30_000;
    await say(bob, room._id);
    const other = await startEngine(shared);
    try {
      const again = await other.connect(bob.userId, 'bob');
      expect(await errors(say(again, room._id)), 'a node that reads the log').to.deep.equal(['RATE_LIMITED']);
      now += 30_000;
      expect(await errors(say(again, room._id))).to.deep.equal([null]);
      expect(await errors(say(bob, room._id)), 'sent on the other node').to.deep.equal(['RATE_LIMITED']);
    } finally {
      await other.close();
    }
  });

  it('ends with the rule, and what the platform writes in someone’s name does not count', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], slow);
    for (let i = 0; i < 2; i++) await engine.platform.write(room._id, `${i}`, bob.userId);
    expect(await errors(say(bob, room._id))).to.deep.equal([null]);
    await engine.platform.write(room._id, 'still', bob.userId);
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { slowModeSeconds: 0 } });
    expect(await errors(say(bob, room._id), say(bob, room._id))).to.deep.equal([null, null]);
  });

  it('takes 0 to six hours', async () => {
    const [ann] = await guests(engine, 'ann');
    const room = await roomOf([ann]);
    const set = (slowModeSeconds: unknown) =>
      errorOf(ann, 'updateRoomSetting', { roomId: room._id, updateData: { rules: { slowModeSeconds } } });
    for (const wrong of [-1, 21_601, 1.5, '30']) expect(await set(wrong)).to.equal('INVALID_PAYLOAD');
    for (const right of [0, 21_600]) expect(await set(right)).to.equal(null);
  });
});
