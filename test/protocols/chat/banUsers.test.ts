import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { startEngine, sharedEngine, type Engine } from '../../helpers/engine.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('banUsers, unbanUsers and listBannedUsers', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const ban = (by: ChatClient, roomId: string, targetUserIds: unknown[], minutes?: number) =>
    errorOf(by, 'banUsers', { roomId, targetUserIds, ...(minutes === undefined ? {} : { minutes }) });
  const unban = (by: ChatClient, roomId: string, targetUserIds: unknown[]) =>
    errorOf(by, 'unbanUsers', { roomId, targetUserIds });
  const invite = (by: ChatClient, roomId: string, targetUserIds: unknown[]) =>
    errorOf(by, 'inviteRoom', { roomId, targetUserIds });
  const listOf = async (by: ChatClient, roomId: string, more: object = {}) =>
    by.do<{
      list: { _id: string; nickName: string; bannedAt: string; until?: string }[];
      nextCursor: string;
    }>('listBannedUsers', { roomId, ...more });

  it('puts members out like a kick, with an ADMIN message that says so in Korean', async () => {
    const room = await roomOf([ann, bob, eve]);
    await calm(eve);
    expect(await ban(ann, room._id, [eve.userId])).to.equal(null);
    const last = (await bob.history(room._id)).at(-1)!;
    expect(last.meta).to.deep.include({ event: 'member.banned', userIds: [eve.userId], actorId: ann.userId });
    expect(last.data.content.text).to.equal('ann님이 eve님을 내보내고 다시 들어올 수 없게 했습니다.');
    const farewell = await eve.frame('listenRoom', frame => frame._id === room._id);
    expect(idsOf(farewell.joinUsers)).to.not.include(eve.userId);
    expect(await errorOf(eve, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
  });

  it('the banned cannot be invited back until they are unbanned', async () => {
    const room = await roomOf([ann, bob, eve], { rules: { canInviteMemebrs: true } });
    await ban(ann, room._id, [eve.userId]);
    for (const client of [ann, bob])
      expect(await invite(client, room._id, [eve.userId])).to.equal('WRONG_TARGET_USER_IDS');
    const joe = someone('joe');
    await engine.platform.people(joe);
    expect(await invite(ann, room._id, [eve.userId, joe]), 'the others come').to.equal(null);
    expect(idsOf((await ann.room(room._id)).joinUsers)).to.deep.equal([ann.userId, bob.userId, joe]);
    expect(await unban(ann, room._id, [eve.userId])).to.equal(null);
    expect(await invite(ann, room._id, [eve.userId])).to.equal(null);
    expect(await errorOf(eve, 'queryRoom', { roomId: room._id })).to.equal(null);
  });

  it('keeps out of OPEN rooms, people who were never in it too', async () => {
    const room = await roomOf([ann], { roomType: 'OPEN' });
    expect(await ban(ann, room._id, [eve.userId])).to.equal(null);
    expect(await errorOf(eve, 'joinRoom', room._id)).to.equal('YOU_ARE_BANNED');
    expect((await ann.room(room._id)).joinUserCount).to.equal(1);
    expect(await ann.history(room._id), 'nobody was put out').to.deep.equal([]);
    await unban(ann, room._id, [eve.userId]);
    expect(await errorOf(eve, 'joinRoom', room._id)).to.equal(null);
  });

  it('is for masters only; masters, oneself and unknown people are left out, and nobody left is refused', async () => {
    const room = await roomOf([ann, bob, eve]);
    expect(await ban(bob, room._id, [eve.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await unban(bob, room._id, [eve.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await errorOf(bob, 'listBannedUsers', { roomId: room._id })).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await ban(ann, direct._id, [bob.userId])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    for (const ids of [[], [ann.userId], [someone()], ['ADMIN']])
      expect(await ban(ann, room._id, ids)).to.equal('WRONG_TARGET_USER_IDS');
    expect(await unban(ann, room._id, [eve.userId])).to.equal('WRONG_TARGET_USER_IDS');
    expect((await ann.room(room._id)).joinUserCount).to.equal(3);
  });

  it('lists who is kept out, the latest first, page by page', async () => {
    const room = await roomOf([ann, bob, eve]);
    await ban(ann, room._id, [bob.userId]);
    await ban(ann, room._id, [eve.userId], 5);
    const { list, nextCursor } = await listOf(ann, room._id);
    expect(list.map(({ nickName }) => nickName)).to.deep.equal(['eve', 'bob']);
    expect(nextCursor).to.equal(null);
    expect([typeof list[0]!.until, list[1]!.until]).to.deep.equal(['string', undefined]);
    const first = await listOf(ann, room._id, { count: 1 });
    const second = await listOf(ann, room._id, { count: 1, cursor: first.nextCursor });
    expect([...idsOf(first.list), ...idsOf(second.list)]).to.deep.equal([eve.userId, bob.userId]);
    expect(second.nextCursor).to.equal(null);
  });

  it('ends by itself after the minutes that were given', async () => {
    let now = Date.now();
    const own = await startEngine({ clock: { now: () => now } });
    try {
      const [a, e] = await guests(own, 'a', 'e');
      const room = await roomOf([a, e], { roomType: 'OPEN' });
      await ban(a, room._id, [e.userId], 1);
      expect(await errorOf(e, 'joinRoom', room._id)).to.equal('YOU_ARE_BANNED');
      now += 60_000;
      expect((await listOf(a, room._id)).list).to.deep.equal([]);
      expect(await errorOf(e, 'joinRoom', room._id)).to.equal(null);
    } finally {
      await own.close();
    }
  });

  it('a crash between the ban and the putting out is made good by banning again', async () => {
    let fails = true;
    const own = await startEngine({
      stores: real => ({
        ...real,
        members: {
          ...real.members,
          markLeaving: (...given) =>
            fails ? Promise.reject(new Error('the node died')) : real.members.markLeaving(...given),
        },
      }),
    });
    try {
      const [a, e] = await guests(own, 'a', 'e');
      const room = await roomOf([a, e]);
      expect(await ban(a, room._id, [e.userId])).to.equal('INTERNAL_ERROR');
      expect(idsOf((await listOf(a, room._id)).list)).to.deep.equal([e.userId]);
      fails = false;
      expect(await ban(a, room._id, [e.userId])).to.equal(null);
      expect(await errorOf(e, 'queryRoom', { roomId: room._id })).to.equal('ROOM_NO_EXISTS');
    } finally {
      await own.close();
    }
  });

  it('whoever comes in at the moment of the ban, on whatever node, is out in the end', async function () {
    this.timeout(30_000);
    const shared = { bus: inProcessBus(), database: `ban-${process.pid}` };
    const one = await startEngine(shared);
    const two = await startEngine(shared);
    try {
      const [a] = await guests(one, 'a');
      const people = await guests(two, 'e', 'f', 'g', 'h', 'i', 'j');
      for (const client of people) {
        const room = await roomOf([a], { roomType: 'OPEN' });
        await Promise.all([client.ask('joinRoom', room._id), ban(a, room._id, [client.userId])]);
        expect(idsOf((await a.room(room._id)).joinUsers)).to.deep.equal([a.userId]);
        expect(await errorOf(client, 'joinRoom', room._id)).to.equal('YOU_ARE_BANNED');
      }
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('bans go with their room', async () => {
    const room = await roomOf([ann, eve]);
    await ban(ann, room._id, [eve.userId]);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    const left = await engine.app.chat.stores.restrictions.count(room._id, 'ban');
    expect(left).to.equal(0);
  });
});
