import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('createNewRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const make = (more: object) => ann.ask('createNewRoom', { users: [bob.userId], name: 'new', ...more });

  it('answers with the room: the caller is its master, nobody wrote anything', async () => {
    const room = await ann.do('createNewRoom', {
      users: [bob.userId, eve.userId],
      name: ' 우리 방 ',
      link: { sid: 'shop-1', name: '가게' },
      profileUrl: 'https://example.com/room.png',
      meta: { productId: 'p1', list: [1] },
    });
    expect(room).to.deep.include({
      name: '우리 방',
      roomType: 'GROUP',
      link: { sid: 'shop-1', name: '가게' },
      profileUrl: 'https://example.com/room.png',
      meta: { productId: 'p1', list: [1] },
      joinUserCount: 3,
      lastSeq: 0,
      lastMessage: null,
      unReadMsgCount: 0,
      freezingReasonCode: null,
    });
    const people = room.joinUsers.map((user: any) => [
      user._id,
      user.nickName,
      user.master,
      user.alarmOn,
      user.joinedSeq,
    ]);
    expect(people).to.deep.equal([
      [ann.userId, 'ann', true, true, 0],
      [bob.userId, 'bob', false, true, 0],
      [eve.userId, 'eve', false, true, 0],
    ]);
    expect(await ann.room(room._id)).to.deep.equal(room);
    expect(await bob.history(room._id)).to.deep.equal([]);
  });

  it('starts with the rules of the seed, in its spelling, and with those that were asked for', async () => {
    const { rules } = await roomOf([ann, bob]);
    expect(rules).to.deep.equal({
      canCopyMessage: true,
      canCaptureMessage: true,
      canDeleteMessage: true,
      canShareMessage: true,
      canInviteMemebrs: false,
      canLeaveOutRoom: false,
      canShowMemberList: true,
      canShowMemberMeta: false,
      canSeeHistory: false,
      isFreezed: false,
      showTyping: false,
      slowModeSeconds: 0,
      wordFilter: null,
    });
    const asked = {
      canInviteMemebrs: true,
      canLeaveOutRoom: true,
      canCopyMessage: false,
      evil: true,
      canInviteMembers: 1,
    };
    const changed = (await roomOf([ann, bob], { rules: asked })).rules;
    expect(changed).to.deep.equal({
      ...rules,
      canInviteMemebrs: true,
      canLeaveOutRoom: true,
      canCopyMessage: false,
    });
  });

  it('OPEN and DIRECT rooms may be left', async () => {
    const open = await roomOf([ann, bob], { roomType: 'OPEN' });
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect([open.rules.canLeaveOutRoom, direct.rules.canLeaveOutRoom]).to.deep.equal([true, true]);
    expect(open.joinUsers.map(user => user.master)).to.deep.equal([true, false]);
    expect(direct.joinUsers.map(user => user.master)).to.deep.equal([false, false]);
  });

  it('takes null in every optional field as if it were absent', async () => {
    const answer = await make({
      rules: { canInviteMemebrs: null, isFreezed: null },
      roomType: null,
      link: null,
      profileUrl: null,
      meta: null,
    });
    expect(answer.error).to.equal(null);
    const bare = await make({ rules: null });
    expect(bare.error).to.equal(null);
  });

  it('takes ids as numbers, each person once, and the caller is not counted twice', async () => {
    const id = 5_000_000 + Math.floor(Math.random() * 1e9);
    await engine.platform.people(String(id));
    const room = await ann.do('createNewRoom', {
      users: [id, String(id), ann.userId, bob.userId, bob.userId],
      name: '',
    });
    expect(idsOf(room.joinUsers)).to.have.members([ann.userId, String(id), bob.userId]);
  });

  it('drops people whom nobody knows; none left is WRONG_TARGET_USER_IDS', async () => {
    const room = await ann.do('createNewRoom', { users: [someone(), bob.userId], name: 'known' });
    expect(idsOf(room.joinUsers)).to.deep.equal([ann.userId, bob.userId]);
    expect((await make({ users: [someone(), someone()] })).error).to.equal('WRONG_TARGET_USER_IDS');
    expect((await make({ users: [someone()], roomType: 'DIRECT' })).error).to.equal('WRONG_TARGET_USER_IDS');
    expect((await make({ users: ['ADMIN'] })).error, 'the engine is nobody').to.equal(
      'WRONG_TARGET_USER_IDS',
    );
  });

  it('the types of the platform are not for users', async () => {
    for (const roomType of ['ALARM', 'SYSTEM_ALARM']) {
      expect((await make({ roomType })).error, roomType).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    }
    expect((await make({ roomType: 'SECRET' })).error).to.equal('INVALID_PAYLOAD');
  });

  it('a DIRECT room takes exactly one other person', async () => {
    for (const users of [[], [ann.userId], [bob.userId, eve.userId]]) {
      expect((await make({ users, roomType: 'DIRECT' })).error, JSON.stringify(users)).to.equal(
        'INVALID_PAYLOAD',
      );
    }
  });

  it('two people have one DIRECT room, from whichever side it is asked for', async () => {
    const [one, two] = await guests(engine, 'one', 'two');
    const mine = await one.do('createNewRoom', { users: [two.userId], name: '', roomType: 'DIRECT' });
    await one.send(mine._id, 'hello');
    const yours = await two.do('createNewRoom', {
      users: [one.userId],
      name: 'other name',
      roomType: 'DIRECT',
    });
    expect([yours._id, yours.name, yours.unReadMsgCount]).to.deep.equal([mine._id, '', 1]);
    expect(await one.rooms()).to.have.length(1);
  });

  it('two people who ask for their DIRECT room at the same moment, on many devices, get the same one', async () => {
    for (let round = 0; round < 3; round++) {
      const [one, two] = await guests(engine, 'one', 'two');
      const ask = (from: ChatClient, to: ChatClient) =>
        from.do('createNewRoom', { users: [to.userId], name: '', roomType: 'DIRECT' });
      const rooms = await Promise.all([ask(one, two), ask(two, one), ask(one, two), ask(two, one)]);
      expect(new Set(idsOf(rooms)).size).to.equal(1);
      expect(await two.rooms()).to.have.length(1);
    }
  });

  it('a DIRECT room that was left is not it any more: the two get a new one', async () => {
    const [one, two] = await guests(engine, 'one', 'two');
    const old = await roomOf([one, two], { roomType: 'DIRECT' });
    await two.do('leaveOutRoom', old._id);
    const fresh = await roomOf([two, one], { roomType: 'DIRECT' });
    expect(fresh._id).to.not.equal(old._id);
    expect(idsOf(fresh.joinUsers)).to.have.members([one.userId, two.userId]);
  });

  it('a GROUP room is a new one each time', async () => {
    expect((await roomOf([ann, bob]))._id).to.not.equal((await roomOf([ann, bob]))._id);
  });

  it('refuses wrong shapes and names the field', async () => {
    const wrong: [object, string][] = [
      [{ users: undefined }, 'users'],
      [{ users: 'u1' }, 'users'],
      [{ users: [null] }, 'users'],
      [{ users: [{ $ne: 1 }] }, 'users'],
      [{ users: Array.from({ length: 1_001 }, (_, i) => `u${i}`) }, 'users'],
      [{ name: undefined }, 'name'],
      [{ name: 7 }, 'name'],
      [{ name: '가'.repeat(201) }, 'name'],
      [{ rules: 'all' }, 'rules'],
      [{ rules: { isFreezed: 'yes' } }, 'isFreezed'],
      [{ link: { sid: 's' } }, 'link'],
      [{ profileUrl: 'javascript:alert(1)' }, 'profileUrl'],
      [{ meta: { $where: 1 } }, 'meta'],
      [{ meta: [] }, 'meta'],
    ];
    for (const [more, field] of wrong) {
      const answer = await make(more);
      expect(answer.error, JSON.stringify(more).slice(0, 80)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(field);
    }
  });

  it('a meta with a key that the store cannot hold is no fault of the server', async () => {
    expect((await make({ meta: { 'a\u0000b': 1 } })).error).to.be.oneOf([null, 'INVALID_PAYLOAD']);
  });

  it('is limited: rooms per hour, people per hour, members of a room, rooms of a user', async () => {
    const tight = async (env: Record<string, string>, act: (own: Engine) => Promise<void>) => {
      const own = await startEngine({ env });
      try {
        await act(own);
      } finally {
        await own.close();
      }
    };
    await tight({ NEW_ROOMS_PER_HOUR: '2', MAX_ROOM_MEMBERS: '2' }, async own => {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      const users = [b.userId, c.userId];
      expect(await errorOf(a, 'createNewRoom', { users, name: '' })).to.equal('ROOM_IS_FULL');
      await roomOf([a, b]);
      const answer = await a.ask<{ retryAfterMs: number }>('createNewRoom', { users: [b.userId], name: '' });
      expect(answer.error).to.equal('RATE_LIMITED');
      expect(answer.data.retryAfterMs).to.be.greaterThan(0);
    });
    await tight({ MAX_USER_ROOMS: '2', INVITES_PER_HOUR: '5' }, async own => {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      await roomOf([b, c]);
      await roomOf([b, c]);
      expect(await errorOf(a, 'createNewRoom', { users: [b.userId], name: '' })).to.equal('TOO_MANY_ROOMS');
      const many = Array.from({ length: 6 }, () => someone());
      await own.platform.people(...many);
      expect(await errorOf(a, 'createNewRoom', { users: many, name: '' })).to.equal('RATE_LIMITED');
    });
  });
});
