import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, NOWHERE, roomBody } from './bodies.ts';

const person = (_id: string) => ({ _id, nickName: `nick ${_id}`, master: false });

describe('POST /chat/inviteUsers', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const invite = (roomId: string, inviterId: string, ...ids: string[]) =>
    engine.platform.call('POST', '/chat/inviteUsers', { roomId, inviterId, joinUsers: ids.map(person) });

  it('answers 200 with the Room; people whom nobody knew are in it and in the directory', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const { status, body } = await invite(room._id, ann, eve);
    expect(status).to.equal(200);
    expect(expectRoom(body).joinUsers.map(user => user._id)).to.deep.equal([ann, bob, eve]);
    expect(body).to.deep.include({ joinUserCount: 3, lastSeq: 2 });
    expect(body.lastMessage.data.type).to.equal('ADMIN');
    expect(body.lastMessage.meta).to.deep.include({ event: 'member.invited', userIds: [eve], actorId: ann });
    expect((await engine.platform.do('GET', `/chat/users/${eve}`)).nickName).to.equal(`nick ${eve}`);
  });

  it('who is a member already is left out and comes in once; nobody left is JOIN_USERS_EMPTY', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const { body } = await invite(room._id, ann, bob, eve, eve);
    expect(body.joinUserCount).to.equal(3);
    const again = await invite(room._id, ann, bob, eve);
    expect(again.status).to.equal(500);
    expect(again.body).to.deep.equal({
      statusCode: 500,
      error: 'JOIN_USERS_EMPTY',
      message: 'JOIN_USERS_EMPTY',
    });
    expectRefusal(await invite(room._id, ann), 500, 'JOIN_USERS_EMPTY');
    expect(await engine.platform.messages(room._id)).to.have.length(2);
  });

  it('checks in this order: room, frozen, rule, master, nobody left', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob], {
      rules: { canInviteMemebrs: false, isFreezed: true },
    });
    const change = (rules: object) => engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules });
    // Each request is wrong in every way that comes later.
    expectRefusal(await invite(NOWHERE, bob), 500, 'ROOM_NO_EXISTS');
    expectRefusal(await invite('no-such-id', bob), 500, 'ROOM_NO_EXISTS');
    expectRefusal(await invite(room._id, bob), 500, 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED');
    await change({ isFreezed: false });
    expectRefusal(await invite(room._id, bob), 500, 'ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
    await change({ canInviteMemebrs: true });
    expectRefusal(await invite(room._id, bob), 500, 'INVITER_ID_IS_NOT_MASTER');
    expectRefusal(await invite(room._id, someone()), 500, 'INVITER_ID_IS_NOT_MASTER');
    expectRefusal(await invite(room._id, ann), 500, 'JOIN_USERS_EMPTY');
    expect((await invite(room._id, ann, someone())).status).to.equal(200);
  });

  it('a room past its end or before its opening counts as frozen', async () => {
    const ann = someone();
    const over = await engine.platform.room([ann, someone()], { expiresAt: '2020-01-01T00:00:00.000Z' });
    const early = await engine.platform.room([ann, someone()], { opensAt: '2099-01-01T00:00:00.000Z' });
    for (const room of [over, early]) {
      expectRefusal(await invite(room._id, ann, someone()), 500, 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED');
    }
  });

  it('nobody can be invited into a DIRECT room', async () => {
    const ann = someone();
    const { body: room } = await engine.platform.call(
      'POST',
      '/chat/room',
      roomBody([ann, someone()], { roomType: 'DIRECT' }),
    );
    expectRefusal(await invite(room._id, ann, someone()), 500, 'ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
  });

  it('invited people who are connected get the room, with unread 0, and the members see them come', async () => {
    const [ann, eve] = [someone(), someone()];
    const room = await engine.platform.room([ann, someone()]);
    const [a, e] = [await engine.connect(ann), await engine.connect(eve)];
    await invite(room._id, ann, eve);
    expect(await e.frame('listenRoom', ({ _id }) => _id === room._id)).to.deep.include({ unReadMsgCount: 0 });
    await a.frame('listenRoom', ({ joinUserCount }) => joinUserCount === 3);
    expect(
      (await e.history(room._id)).map(message => message.seq),
      'only from the joining on',
    ).to.deep.equal([2]);
  });

  it('an invited person can come as a master', async () => {
    const [ann, eve] = [someone(), someone()];
    const room = await engine.platform.room([ann, someone()]);
    const { body } = await engine.platform.call('POST', '/chat/inviteUsers', {
      roomId: room._id,
      inviterId: ann,
      joinUsers: [{ ...person(eve), master: true }],
    });
    expect(body.joinUsers.at(-1)).to.deep.include({ _id: eve, master: true });
  });

  it('the same people invited ten times at once come in once, with one ADMIN message', async () => {
    const [ann, eve] = [someone(), someone()];
    const room = await engine.platform.room([ann, someone()]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => invite(room._id, ann, eve)));
    const refused = answers.filter(({ status }) => status !== 200);
    for (const answer of refused) expectRefusal(answer, 500, 'JOIN_USERS_EMPTY');
    expect(refused).to.have.length(9);
    expect(await engine.platform.messages(room._id)).to.have.length(2);
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).joinUserCount).to.equal(3);
  });

  it('wrong shapes are 400 INVALID_PAYLOAD; a room of a foreign link does not exist', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann, someone()]);
    const send = (body: unknown) => engine.platform.call('POST', '/chat/inviteUsers', body);
    expectRefusal(await send({ roomId: room._id, inviterId: ann }), 400, 'INVALID_PAYLOAD');
    expectRefusal(await send({ roomId: room._id, joinUsers: [] }), 400, 'INVALID_PAYLOAD');
    expectRefusal(await send({ roomId: {}, inviterId: ann, joinUsers: [] }), 400, 'INVALID_PAYLOAD');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    const foreign = { roomId: room._id, inviterId: ann, joinUsers: [person(someone())] };
    expectRefusal(await platform.call('POST', '/chat/inviteUsers', foreign), 500, 'ROOM_NO_EXISTS');
  });
});

describe('POST /chat/inviteUsers at the limits', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_ROOM_MEMBERS: '3', MAX_USER_ROOMS: '1' } });
  });
  after(() => engine.close());

  it('refuses more members than a room can have, and people who are in too many rooms', async () => {
    const [ann, busy] = [someone(), someone()];
    const room = await engine.platform.room([ann]);
    await engine.platform.room([busy]);
    const invite = (...ids: string[]) =>
      engine.platform.call('POST', '/chat/inviteUsers', {
        roomId: room._id,
        inviterId: ann,
        joinUsers: ids.map(person),
      });
    expectRefusal(await invite(someone(), someone(), someone()), 400, 'ROOM_IS_FULL');
    expectRefusal(await invite(busy), 400, 'TOO_MANY_ROOMS');
    expect((await invite(someone(), someone())).body.joinUserCount).to.equal(3);
    expectRefusal(await invite(someone()), 400, 'ROOM_IS_FULL');
  });
});
