import { expect } from 'chai';
import { ChatroomsUser } from '../helpers/chatrooms.ts';
import { API_KEY, startEngine, type Engine } from '../helpers/engine.ts';
import { Rest } from '../helpers/feed.ts';
import { fiveInARoom, goHome, type Five } from '../helpers/five.ts';
import { errorOf, guests, roomOf } from '../helpers/party.ts';
import { someone } from '../helpers/people.ts';
import { FRAMES } from '../../src/protocols/nickname-rooms/catalogue.ts';
import { WireClient } from '../helpers/wire.ts';

/** How a text is refused over each protocol; null where it is taken. */
async function attempts({ feed, chatrooms, nicknames, room, path }: Five, text: string) {
  const rest = await feed.rest.call('POST', `${path}/messages`, { message: text });
  const gateway = await chatrooms.client.chat({ at: room.no, content: text });
  nicknames.client.forget();
  await nicknames.client.ask('chatMessage', JSON.stringify({ type: 'text', text }));
  const alert = nicknames.client.of('alert')[0] as { type: string } | undefined;
  return [
    rest.status === 200 ? null : `${rest.status} ${rest.body.error}`,
    gateway.error,
    alert?.type ?? null,
  ];
}

describe('moderation over every protocol', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  afterEach(goHome);

  it('the muted write nowhere, until they are unmuted', async () => {
    const five = await fiveInARoom(engine);
    const { chat, feed, chatrooms, nicknames, room } = five;
    const targets = { roomId: room._id, targetUserIds: [feed.id, chatrooms.id, nicknames.id] };
    await chat.client.do('muteUsers', { ...targets, minutes: 5 });
    expect(await attempts(five, 'x')).to.deep.equal(['403 YOU_ARE_MUTED', 'YOU_ARE_MUTED', 'E18']);
    await chat.client.do('unmuteUsers', targets);
    expect(await attempts(five, 'y')).to.deep.equal([null, null, null]);
    const texts = (await chat.client.history(room._id)).map(({ data }) => data.content.text);
    expect(texts.filter(text => text === 'x' || text === 'y')).to.deep.equal(['y', 'y', 'y']);
  });

  it('banned words are refused or masked everywhere', async () => {
    const five = await fiveInARoom(engine);
    const { chat, feed, room } = five;
    const words = ['시발'];
    await engine.platform.do('POST', '/chat/bannedWords', { words, mode: 'block' });
    expect(await attempts(five, '시1발')).to.deep.equal([
      '403 MESSAGE_HAS_BANNED_WORDS',
      'MESSAGE_HAS_BANNED_WORDS',
      'E18',
    ]);
    for (const type of ['image', 'file']) {
      const body = { message: '시발', message_type: type, file_url: 'https://example.com/a.png' };
      const { status } = await feed.rest.call('POST', `${five.path}/messages`, body);
      expect(status, `the text of a ${type}`).to.equal(403);
    }
    await engine.platform.do('POST', '/chat/bannedWords', { words, mode: 'mask' });
    expect(await attempts(five, '야 시발')).to.deep.equal([null, null, null]);
    for (const seat of five.seats.slice(0, 4)) await seat.hear('야 **');
    const texts = (await chat.client.history(room._id)).map(({ data }) => data.content.text);
    expect(texts.filter(text => text === '야 **')).to.have.length(3);
    await engine.platform.do('DELETE', '/chat/bannedWords', { words });
  });

  it('the banned come in through no door', async () => {
    const [ann, eve] = await guests(engine, 'ann', 'eve');
    const open = await roomOf([ann, eve], { roomType: 'OPEN' });
    await ann.do('banUsers', { roomId: open._id, targetUserIds: [eve.userId] });
    const rest = Rest.of(engine, eve.userId);
    const key = new Rest(engine, { 'chat-api-key': API_KEY });
    const gateway = await ChatroomsUser.connect(engine, eve.userId);
    const nick = await WireClient.connect(engine.url, FRAMES, {
      token: engine.token(eve.userId),
      nickname: 'Eve',
    });
    const codeOf = async (answer: Promise<{ status: number; body: any }>) => {
      const { status, body } = await answer;
      return `${status} ${body?.error ?? ''}`;
    };
    expect(await errorOf(eve, 'joinRoom', open._id)).to.equal('YOU_ARE_BANNED');
    const add = { user_id: eve.userId };
    expect(await codeOf(rest.call('POST', `/rooms/${open.no}/members`, add))).to.equal('403 YOU_ARE_BANNED');
    expect(await codeOf(key.call('POST', `/rooms/${open.no}/members`, add))).to.equal('403 YOU_ARE_BANNED');
    expect(await codeOf(gateway.call('PUT', `/join/${open.no}`, {}))).to.equal('403 YOU_ARE_BANNED');
    await nick.ask('joinRoom', { room: String(open.no) });
    expect((nick.of('alert')[0] as { type: string }).type).to.equal('E18');

    const owner = await ChatroomsUser.connect(engine, ann.userId);
    const no = await owner.make({ chatName: 'locked', chatType: 'CHTP30', password: 'open sesame' });
    const locked = await engine.database.rooms.findOne({ no });
    await ann.do('banUsers', { roomId: locked!._id.toHexString(), targetUserIds: [eve.userId] });
    for (const password of ['open sesame', 'wrong'])
      expect(await codeOf(gateway.call('PUT', `/join/${no}`, { password }))).to.equal('403 YOU_ARE_BANNED');
    expect((await ann.room(open._id)).joinUserCount).to.equal(1);
  });

  it('the platform’s invitation leaves the banned out, until the platform lets them back', async () => {
    const [owner, eve, joe] = [someone('owner'), someone('eve'), someone('joe')];
    await engine.platform.people(eve, joe);
    const room = await engine.platform.room([owner, eve]);
    const path = `/chat/rooms/${room._id}/bans`;
    await engine.platform.do('PUT', `${path}/${eve}`, {});
    const invite = (...ids: string[]) =>
      engine.platform.call('POST', '/chat/inviteUsers', {
        roomId: room._id,
        inviterId: owner,
        joinUsers: ids.map(_id => ({ _id, nickName: 'x' })),
      });
    expect((await invite(eve)).body.error).to.equal('JOIN_USERS_EMPTY');
    expect((await invite(eve, joe)).body.joinUsers.map(({ _id }: { _id: string }) => _id)).to.deep.equal([
      owner,
      joe,
    ]);
    const { list } = await engine.platform.do('GET', path);
    expect(list).to.have.length(1);
    expect(list[0]).to.deep.include({ _id: eve, nickName: `nick ${eve}`, until: null });
    expect((await engine.platform.call('PUT', `${path}/${owner}`, {})).body.error).to.equal(
      'WRONG_TARGET_USER_IDS',
    );
    await engine.platform.do('DELETE', `${path}/${eve}`);
    expect((await engine.platform.call('DELETE', `${path}/${eve}`)).body.error).to.equal(
      'WRONG_TARGET_USER_IDS',
    );
    expect((await invite(eve)).status).to.equal(200);
  });

  it('a DIRECT room is closed over every protocol where one blocked the other', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const room = await roomOf([ann, bob], { roomType: 'DIRECT' });
    await bob.do('blockUser', { userId: ann.userId });
    const rest = await Rest.of(engine, ann.userId).call('POST', `/rooms/${room.no}/messages`, {
      message: 'x',
    });
    expect([rest.status, rest.body.error]).to.deep.equal([403, 'YOU_HAVE_NO_AUTHORIZATION']);
    const gateway = await ChatroomsUser.connect(engine, ann.userId);
    expect((await gateway.chat({ at: room.no, content: 'x' })).error).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const nick = await WireClient.connect(engine.url, FRAMES, {
      token: engine.token(ann.userId),
      nickname: 'Ann',
    });
    await nick.ask('joinRoom', { room: String(room.no) });
    await nick.ask('chatMessage', JSON.stringify({ type: 'text', text: 'x' }));
    expect((nick.of('alert')[0] as { type: string }).type).to.equal('E18');
    expect(await bob.history(room._id)).to.deep.equal([]);
  });
});
