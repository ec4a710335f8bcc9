import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('inviteRoom', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const invite = (by: ChatClient, roomId: string, ...targetUserIds: unknown[]) =>
    errorOf(by, 'inviteRoom', { roomId, targetUserIds });

  it('makes members of people, with an ADMIN message that says who invited whom', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'before');
    expect(await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] })).to.deep.equal({
      result: true,
    });
    const last = (await bob.history(room._id)).at(-1)!;
    expect(last).to.deep.include({ seq: 2, author: { authorId: 'ADMIN', nickName: '', profileUrl: null } });
    expect(last.data.content.text).to.include('ann').and.to.include('eve');
    expect(last.meta).to.deep.include({
      event: 'member.invited',
      userIds: [eve.userId],
      actorId: ann.userId,
    });
    const mine = await eve.room(room._id);
    const me = mine.joinUsers.find(user => user._id === eve.userId)!;
    expect([me.joinedSeq, me.lastReadMessageId, me.master, me.nickName]).to.deep.equal([
      1,
      last._id,
      false,
      'eve',
    ]);
    expect([mine.unReadMsgCount, mine.lastMessage!._id, mine.joinUserCount]).to.deep.equal([0, last._id, 3]);
  });

  it('counts as unread for the other members, not for the one who invited', async () => {
    const room = await roomOf([ann, bob]);
    await bob.send(room._id, 'unread before');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect((await ann.room(room._id)).unReadMsgCount, 'one’s own act').to.equal(1);
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(1);
    await bob.send(room._id, 'after');
    expect((await ann.room(room._id)).unReadMsgCount).to.equal(2);
  });

  it('takes joinUsers for targetUserIds, numbers for ids, and people who have never connected', async () => {
    const room = await roomOf([ann]);
    const number = 7_000_000 + Math.floor(Math.random() * 1e9);
    const [one, two] = [someone(), someone()];
    await engine.platform.people(String(number), one, two);
    expect(
      await errorOf(ann, 'inviteRoom', { roomId: room._id, joinUsers: [{ _id: one, nickName: 'x' }] }),
    ).to.equal(null);
    expect(
      await errorOf(ann, 'inviteRoom', { roomId: room._id, targetUserIds: null, joinUsers: [{ _id: two }] }),
    ).to.equal(null);
    expect(await invite(ann, room._id, number)).to.equal(null);
    const people = (await ann.room(room._id)).joinUsers;
    expect(idsOf(people)).to.deep.equal([ann.userId, one, two, String(number)]);
    expect(people[1]!.nickName, 'of the directory, not of the payload').to.equal(`nick ${one}`);
  });

  it('leaves out members and unknown people; nobody known or nobody new is refused', async () => {
    const room = await roomOf([ann, bob]);
    expect(await invite(ann, room._id, bob.userId, someone(), eve.userId, eve.userId)).to.equal(null);
    expect((await ann.room(room._id)).joinUserCount).to.equal(3);
    expect(await invite(ann, room._id, bob.userId, eve.userId)).to.equal('JOIN_USER_ALREADY_EXISTS');
    expect(await invite(ann, room._id, ann.userId)).to.equal('JOIN_USER_ALREADY_EXISTS');
    expect(await invite(ann, room._id, someone(), 'ADMIN')).to.equal('WRONG_TARGET_USER_IDS');
    expect((await ann.room(room._id)).lastSeq, 'one ADMIN message').to.equal(1);
  });

  it('ids that nobody can have are unknown people, not faults of the server', async () => {
    const room = await roomOf([ann]);
    for (const id of ['a\u0000b', '\ud800', '__proto__', 'constructor', '$ne', ' ', 'x'.repeat(256), 0, -1]) {
      expect(await invite(ann, room._id, id), JSON.stringify(id)).to.equal('WRONG_TARGET_USER_IDS');
    }
  });

  it('an empty list has nobody who could be invited', async () => {
    const room = await roomOf([ann]);
    expect(await invite(ann, room._id)).to.equal('WRONG_TARGET_USER_IDS');
  });

  it('masters may always, others by the rule', async () => {
    const room = await roomOf([ann, bob]);
    expect(await invite(bob, room._id, eve.userId)).to.equal('ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
    await ann.do('updateRoomSetting', {
      roomId: room._id,
      updateData: { rules: { canInviteMemebrs: true } },
    });
    expect(await invite(bob, room._id, eve.userId)).to.equal(null);
  });

  it('nobody is invited into a DIRECT room or a frozen one, nor by a stranger', async () => {
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await invite(ann, direct._id, eve.userId)).to.equal('ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
    const frozen = await roomOf([ann, bob], { rules: { isFreezed: true } });
    expect(await invite(ann, frozen._id, eve.userId)).to.equal('ROOM_IS_FREEZED');
    const closed = await roomOf([ann], { rules: { canInviteMemebrs: true } });
    expect(await invite(eve, closed._id, bob.userId)).to.equal('ROOM_NO_EXISTS');
    const open = await roomOf([ann], { roomType: 'OPEN', rules: { canInviteMemebrs: true } });
    expect(await invite(eve, open._id, bob.userId)).to.equal('YOU_ARE_NO_JOINED_ROOM');
    expect(await invite(ann, 'nowhere', bob.userId)).to.equal('ROOM_NO_EXISTS');
  });

  it('the newcomer is told of the room, and views nothing of it yet', async () => {
    const room = await roomOf([ann, bob]);
    await calm(eve, bob);
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    for (const client of [eve, bob]) {
      expect(idsOf((await client.frame('listenRoom')).joinUsers)).to.deep.equal([
        ann.userId,
        bob.userId,
        eve.userId,
      ]);
    }
    await ann.send(room._id, 'hello');
    await eve.settled();
    expect(eve.of(`listenMessage_${room._id}`)).to.deep.equal([]);
    expect(eve.of('updateRoomLastMessage').at(-1).unReadMsgCount).to.equal(1);
  });

  it('two who invite the same person at the same moment make one member', async () => {
    const room = await roomOf([ann, bob], { rules: { canInviteMemebrs: true } });
    const errors = await Promise.all([ann, bob, ann].map(by => invite(by, room._id, eve.userId)));
    expect(errors.filter(error => error === null).length).to.be.at.least(1);
    expect(errors.filter(error => error !== null && error !== 'JOIN_USER_ALREADY_EXISTS')).to.deep.equal([]);
    const { joinUserCount, joinUsers, lastSeq } = await ann.room(room._id);
    expect([joinUserCount, joinUsers.length, lastSeq]).to.deep.equal([3, 3, 1]);
  });

  it('refuses wrong shapes and names the field', async () => {
    const room = await roomOf([ann]);
    const wrong: [unknown, string][] = [
      [{ roomId: room._id }, 'targetUserIds'],
      [{ roomId: room._id, targetUserIds: null }, 'targetUserIds'],
      [{ roomId: room._id, targetUserIds: eve.userId }, 'targetUserIds'],
      [{ roomId: room._id, targetUserIds: [{ $gt: '' }] }, 'targetUserIds'],
      [{ roomId: room._id, joinUsers: [eve.userId] }, 'joinUsers'],
      [{ targetUserIds: [eve.userId] }, 'roomId'],
    ];
    for (const [payload, field] of wrong) {
      const answer = await ann.ask('inviteRoom', payload);
      expect(answer.error, JSON.stringify(payload)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(field);
    }
  });

  it('is limited: members of a room, rooms of a user, people per hour', async () => {
    const own = await startEngine({
      env: { MAX_ROOM_MEMBERS: '3', MAX_USER_ROOMS: '2', INVITES_PER_HOUR: '4' },
    });
    try {
      const [a, b, c, d] = await guests(own, 'a', 'b', 'c', 'd');
      const room = await roomOf([a, b]);
      expect(await invite(a, room._id, c.userId, d.userId)).to.equal('ROOM_IS_FULL');
      await roomOf([c]);
      await roomOf([c]);
      expect(await invite(a, room._id, c.userId)).to.equal('TOO_MANY_ROOMS');
      const many = Array.from({ length: 5 }, () => someone());
      await own.platform.people(...many);
      expect(await invite(b, (await roomOf([b]))._id, ...many)).to.equal('RATE_LIMITED');
    } finally {
      await own.close();
    }
  });
});
