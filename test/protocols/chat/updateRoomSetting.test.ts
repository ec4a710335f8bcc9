import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('updateRoomSetting', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const change = (by: ChatClient, roomId: string, updateData: unknown) =>
    errorOf(by, 'updateRoomSetting', { roomId, updateData });

  it('changes name, picture and rules, and tells every member once, without a message', async () => {
    const room = await roomOf([ann, bob]);
    await calm(ann, bob);
    const updateData = {
      name: ' 새 이름 ',
      profileUrl: 'https://example.com/x.png',
      rules: { canLeaveOutRoom: true },
    };
    expect(await ann.do('updateRoomSetting', { roomId: room._id, updateData })).to.deep.equal({
      result: true,
    });
    for (const client of [ann, bob]) {
      await client.settled();
      expect(client.frames.map(frame => frame.name)).to.deep.equal(['listenRoom']);
      expect(client.of('listenRoom')[0]).to.deep.equal({
        ...room,
        name: '새 이름',
        profileUrl: 'https://example.com/x.png',
        rules: { ...room.rules, canLeaveOutRoom: true },
      });
    }
    expect(await bob.room(room._id)).to.deep.equal(bob.of('listenRoom')[0]);
  });

  it('what is not sent, or is null, keeps its value', async () => {
    const room = await roomOf([ann, bob], {
      profileUrl: 'https://example.com/a.png',
      rules: { canCopyMessage: false },
    });
    for (const updateData of [
      {},
      { name: null, profileUrl: null, rules: null },
      { rules: {} },
      { rules: { canCopyMessage: null, isFreezed: null } },
    ]) {
      expect(await change(ann, room._id, updateData), JSON.stringify(updateData)).to.equal(null);
    }
    expect(await ann.room(room._id)).to.deep.equal(room);
  });

  it('an empty picture is none', async () => {
    const room = await roomOf([ann], { profileUrl: 'https://example.com/a.png' });
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { profileUrl: '' } });
    expect((await ann.room(room._id)).profileUrl).to.equal(null);
  });

  it('ignores unknown keys, of the room as of the rules', async () => {
    const room = await roomOf([ann]);
    const evil = {
      roomType: 'OPEN',
      no: 1,
      lastSeq: 99,
      'rules.isFreezed': true,
      rules: { canFly: true, canInviteMembers: true },
    };
    expect(await change(ann, room._id, { name: 'x', ...evil })).to.equal(null);
    expect(await ann.room(room._id)).to.deep.equal({ ...room, name: 'x' });
  });

  it('freezes and thaws: sends and invitations stop, leaving, reading and thawing go on', async () => {
    const room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true, canInviteMemebrs: true } });
    const { _id: messageId } = await ann.send(room._id, 'warm');
    await change(ann, room._id, { rules: { isFreezed: true } });
    const message = { syncKey: 'k', roomId: room._id, data: { type: 'TEXT', content: 'x' } };
    expect(await errorOf(ann, 'sendMessage', message)).to.equal('ROOM_IS_FREEZED');
    expect(await errorOf(ann, 'inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] })).to.equal(
      'ROOM_IS_FREEZED',
    );
    expect(await errorOf(bob, 'joinRoom', room._id)).to.equal(null);
    expect(await errorOf(bob, 'updateReadMessage', { roomId: room._id, messageId })).to.equal(null);
    expect(await errorOf(bob, 'leaveOutRoom', room._id)).to.equal(null);
    expect(await change(ann, room._id, { rules: { isFreezed: false } })).to.equal(null);
    expect(await errorOf(ann, 'sendMessage', message)).to.equal(null);
  });

  it('is for masters only', async () => {
    const room = await roomOf([ann, bob]);
    expect(await change(bob, room._id, { name: 'mine' })).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await change(eve, room._id, { name: 'mine' })).to.equal('ROOM_NO_EXISTS');
    expect(await change(ann, 'nowhere', { name: 'mine' })).to.equal('ROOM_NO_EXISTS');
    const open = await roomOf([ann], { roomType: 'OPEN' });
    expect(await change(eve, open._id, { name: 'mine' })).to.equal('YOU_ARE_NO_JOINED_ROOM');
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await change(ann, direct._id, { name: 'mine' }), 'DIRECT has no master').to.equal(
      'YOU_HAVE_NO_AUTHORIZATION',
    );
    expect((await ann.room(room._id)).name).to.equal('a room');
  });

  it('nobody thaws the ALARM types', async () => {
    const room = await engine.platform.room([ann.userId, bob.userId], {
      roomType: 'ALARM',
      rules: { isFreezed: false },
    });
    expect(room.rules.isFreezed, 'frozen from birth').to.equal(true);
    expect(await change(ann, room._id, { rules: { isFreezed: false } })).to.not.equal(null);
    expect((await ann.room(room._id)).rules.isFreezed).to.equal(true);
    expect(await change(ann, room._id, { name: 'news' })).to.equal(null);
  });

  it('changes of several masters at once are all kept: rules are merged, not replaced', async () => {
    const room = await roomOf([ann, bob]);
    const keys = [
      'canCopyMessage',
      'canCaptureMessage',
      'canDeleteMessage',
      'canShareMessage',
      'canShowMemberList',
    ];
    await Promise.all(
      keys.map(key =>
        ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { [key]: false } } }),
      ),
    );
    const off = Object.fromEntries(keys.map(key => [key, false]));
    expect((await ann.room(room._id)).rules).to.deep.equal({ ...room.rules, ...off });
  });

  it('refuses wrong shapes, names the field and changes nothing', async () => {
    const room = await roomOf([ann]);
    const wrong: [unknown, string][] = [
      [undefined, 'updateData'],
      [null, 'updateData'],
      ['x', 'updateData'],
      [{ name: 7 }, 'name'],
      [{ name: 'x'.repeat(201) }, 'name'],
      [{ profileUrl: 'javascript:alert(1)' }, 'profileUrl'],
      [{ rules: [] }, 'rules'],
      [{ name: 'half', rules: { isFreezed: 1 } }, 'isFreezed'],
    ];
    for (const [updateData, field] of wrong) {
      const answer = await ann.ask('updateRoomSetting', { roomId: room._id, updateData });
      expect(answer.error, JSON.stringify(updateData)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(field);
    }
    expect(await ann.room(room._id)).to.deep.equal(room);
  });
});
