import { expect } from 'chai';
import { inProcessBus } from '../../../src/services/bus.ts';
import { newKey, type ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('muteUsers and unmuteUsers', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const act = (event: string, by: ChatClient, roomId: string, ids: unknown[], minutes?: unknown) =>
    errorOf(by, event, { roomId, targetUserIds: ids, ...(minutes === undefined ? {} : { minutes }) });
  const mute = (by: ChatClient, roomId: string, ids: unknown[], minutes?: unknown) =>
    act('muteUsers', by, roomId, ids, minutes);
  const unmute = (by: ChatClient, roomId: string, ids: unknown[]) => act('unmuteUsers', by, roomId, ids);
  const payload = (roomId: string, syncKey = newKey()) => ({ syncKey, roomId, data: { content: 'x' } });
  const mutedUntil = async (client: ChatClient, roomId: string, userId: string) =>
    (await client.room(roomId)).joinUsers.find(({ _id }) => _id === userId)?.mutedUntil ?? null;

  it('a muted member cannot send, is told until when, and sees it; the others go on', async () => {
    const room = await roomOf([ann, bob, eve]);
    await calm(ann, bob, eve);
    const before = Date.now();
    expect(await mute(ann, room._id, [eve.userId], 10)).to.equal(null);
    const answer = await eve.ask<{ until: string }>('sendMessage', payload(room._id));
    expect(answer.error).to.equal('YOU_ARE_MUTED');
    const wait = new Date(answer.data.until).getTime() - before;
    expect(wait).to.be.within(10 * 60_000, 10 * 60_000 + 5_000);
    for (const client of [ann, bob, eve]) {
      const frame = await client.frame('listenRoom');
      expect(frame.joinUsers.find(({ _id }: { _id: string }) => _id === eve.userId).mutedUntil).to.equal(
        answer.data.until,
      );
    }
    expect(await errorOf(bob, 'sendMessage', payload(room._id))).to.equal(null);
    expect((await ann.history(room._id)).length).to.equal(1);
  });

  it('without minutes it is for good, until it is taken back', async () => {
    const room = await roomOf([ann, eve]);
    expect(await mute(ann, room._id, [eve.userId])).to.equal(null);
    expect(await mutedUntil(eve, room._id, eve.userId)).to.match(/^9999-/);
    expect(await errorOf(eve, 'sendMessage', payload(room._id))).to.equal('YOU_ARE_MUTED');
    expect(await unmute(ann, room._id, [eve.userId])).to.equal(null);
    expect(await mutedUntil(eve, room._id, eve.userId)).to.equal(null);
    expect(await errorOf(eve, 'sendMessage', payload(room._id))).to.equal(null);
  });

  it('a retry of what was sent before gets its ack, reading and leaving go on', async () => {
    const room = await roomOf([ann, eve], { rules: { canLeaveOutRoom: true } });
    const sent = payload(room._id);
    const first = await eve.do('sendMessage', sent);
    await mute(ann, room._id, [eve.userId]);
    expect((await eve.do('sendMessage', sent)).message._id).to.equal(first.message._id);
    expect(await errorOf(eve, 'sendMessage', { ...sent, data: { content: 'y' } })).to.equal('YOU_ARE_MUTED');
    const read = { roomId: room._id, messageId: first.message._id };
    expect(await errorOf(eve, 'updateReadMessage', read)).to.equal(null);
    expect(await errorOf(eve, 'leaveOutRoom', room._id)).to.equal(null);
  });

  it('outlives leaving and coming back, and can be taken back meanwhile', async () => {
    const room = await roomOf([ann, eve], { roomType: 'OPEN' });
    await mute(ann, room._id, [eve.userId]);
    await eve.do('leaveOutRoom', room._id);
    await eve.do('joinRoom', room._id);
    expect(await errorOf(eve, 'sendMessage', payload(room._id))).to.equal('YOU_ARE_MUTED');
    await eve.do('leaveOutRoom', room._id);
    expect(await unmute(ann, room._id, [eve.userId])).to.equal(null);
    await eve.do('joinRoom', room._id);
    expect(await errorOf(eve, 'sendMessage', payload(room._id))).to.equal(null);
  });

  it('is for masters only, and masters cannot be muted; nobody left is refused', async () => {
    const room = await roomOf([ann, bob, eve]);
    expect(await mute(bob, room._id, [eve.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await unmute(bob, room._id, [eve.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const [stranger] = await guests(engine, 'stranger');
    expect(await mute(stranger, room._id, [eve.userId])).to.equal('ROOM_NO_EXISTS');
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await mute(ann, direct._id, [bob.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    for (const ids of [[], [ann.userId], [someone()], [stranger.userId]])
      expect(await mute(ann, room._id, ids)).to.equal('WRONG_TARGET_USER_IDS');
    expect(await unmute(ann, room._id, [someone()])).to.equal('WRONG_TARGET_USER_IDS');
    expect(await mute(ann, room._id, [ann.userId, eve.userId])).to.equal(null);
    expect(await mutedUntil(ann, room._id, ann.userId)).to.equal(null);
  });

  it('refuses minutes that are none', async () => {
    const room = await roomOf([ann, eve]);
    for (const minutes of [0, -1, 1.5, '10', 5_256_001, {}])
      expect(await mute(ann, room._id, [eve.userId], minutes)).to.equal('INVALID_PAYLOAD');
    expect(await mute(ann, room._id, [eve.userId], null), 'null is absent').to.equal(null);
  });

  it('ends by itself', async () => {
    let now = Date.now();
    const own = await startEngine({ clock: { now: () => now } });
    try {
      const [a, e] = await guests(own, 'a', 'e');
      const room = await roomOf([a, e]);
      await mute(a, room._id, [e.userId], 1);
      expect(await errorOf(e, 'sendMessage', payload(room._id))).to.equal('YOU_ARE_MUTED');
      now += 60_000;
      expect(await errorOf(e, 'sendMessage', payload(room._id))).to.equal(null);
    } finally {
      await own.close();
    }
  });

  it('holds on every node, and what somebody writes in the database is seen', async () => {
    const shared = { bus: inProcessBus(), database: `mute-${process.pid}` };
    const one = await startEngine(shared);
    const two = await startEngine(shared);
    try {
      const [a] = await guests(one, 'a');
      const [e] = await guests(two, 'e');
      const room = await roomOf([a, e]);
      await e.room(room._id);
      await mute(a, room._id, [e.userId]);
      expect(await errorOf(e, 'sendMessage', payload(room._id))).to.equal('YOU_ARE_MUTED');
      await one.database.memberships.updateOne({ userId: e.userId }, { $set: { mutedUntil: null } });
      for (const { app } of [one, two]) await app.chat.refresher.refresh([...app.chat.registry.all()]);
      expect(await errorOf(e, 'sendMessage', payload(room._id))).to.equal(null);
    } finally {
      await one.close();
      await two.close();
    }
  });
});
