import { expect } from 'chai';
import { ChatroomsUser, endClients } from '../../helpers/chatrooms.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { Rest } from '../../helpers/feed.ts';
import { someone } from '../../helpers/people.ts';

describe('chatrooms: the gateway', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(() => expect(endClients()).to.deep.equal([]));

  const users = async <const N extends readonly string[]>(...nicks: N) =>
    (await Promise.all(nicks.map(nick => ChatroomsUser.connect(engine, someone(nick))))) as {
      -readonly [K in keyof N]: ChatroomsUser;
    };
  const seqOf = (frames: any[]) => frames.map(frame => frame.chatSeq);

  it('tells on connection the rooms that one is in', async () => {
    const [ann, bob] = await users('ann', 'bob');
    const open = await ann.make({ chatType: 'CHTP20', chatName: 'open' });
    const locked = await ann.make({ chatType: 'CHTP30', chatName: 'locked', password: 'p' });
    const direct = await ann.make({ chatName: bob.id, isDirected: true });
    const again = await ChatroomsUser.connect(engine, ann.id);
    const rooms = [...again.of('rooms')[0]].sort((a: any, b: any) => a.chatSeq - b.chatSeq);
    expect(rooms).to.deep.equal([
      {
        chatSeq: open,
        chatName: 'open',
        chatType: 'CHTP20',
        isDirected: false,
        isPassword: false,
        isJoined: true,
      },
      {
        chatSeq: locked,
        chatName: 'locked',
        chatType: 'CHTP30',
        isDirected: false,
        isPassword: true,
        isJoined: true,
      },
      {
        chatSeq: direct,
        chatName: `nick ${bob.id}`,
        chatType: 'CHTP10',
        isDirected: true,
        isPassword: false,
        isJoined: true,
      },
    ]);
  });

  it('tells of new rooms: listed ones to all, others to their members', async () => {
    const [ann, bob, eve] = await users('ann', 'bob', 'eve');
    const open = await ann.make({ chatType: 'CHTP20', chatName: 'open' });
    const locked = await ann.make({ chatType: 'CHTP30', chatName: 'locked', password: 'p' });
    const own = await ann.make({ chatType: 'CHTP40', chatName: 'own' });
    const direct = await ann.make({ chatName: bob.id, isDirected: true });
    await Promise.all([ann, bob, eve].map(user => user.settled()));
    const mine = (user: ChatroomsUser) =>
      seqOf(user.of('new room')).filter(seq => [open, locked, own, direct].includes(seq));
    expect(mine(ann)).to.deep.equal([open, locked, own, direct]);
    expect(mine(bob)).to.deep.equal([open, locked, direct]);
    expect(mine(eve)).to.deep.equal([open, locked]);
    expect(bob.of('new room').at(-1)).to.deep.equal({
      chatSeq: direct,
      chatName: `nick ${ann.id}`,
      chatType: 'CHTP10',
    });
  });

  it('sends what one says to the whole room, oneself included, and to nobody else', async () => {
    const [ann, bob, eve] = await users('ann', 'bob', 'eve');
    const at = await ann.make({ chatType: 'CHTP20', chatName: 'x' });
    await bob.call('PUT', `/join/${at}`);
    const { success, data } = await bob.chat({ at, content: '안녕' });
    expect(success).to.equal(true);
    const { createdAt, ...rest } = data;
    expect(new Date(createdAt).toISOString()).to.equal(createdAt);
    expect(rest).to.deep.equal({ at, content: '안녕', user: bob.id, nickname: `nick ${bob.id}`, seq: 2 });
    for (const user of [ann, bob])
      expect(await user.frame('chat', frame => frame.seq === 2)).to.deep.equal(data);
    await eve.settled();
    expect(eve.of('chat')).to.deep.equal([]);
    ann.socket.emit('chat', { at: String(at), content: 'without an ack' });
    await bob.frame('chat', frame => frame.content === 'without an ack');
    const again = await ann.chat({ at, content: 'once', syncKey: 'k' });
    expect((await ann.chat({ at, content: 'once', syncKey: 'k' })).data).to.deep.equal(again.data);
  });

  it('tells of joining and leaving, also those who do', async () => {
    const [ann, bob] = await users('ann', 'bob');
    const chatSeq = await ann.make({ chatType: 'CHTP20', chatName: 'x' });
    await bob.call('PUT', `/join/${chatSeq}`);
    for (const user of [ann, bob])
      expect(await user.frame('join room')).to.deep.equal({ chatSeq, users: [bob.id] });
    const told = await ann.frame('chat');
    expect(told).to.deep.include({ at: chatSeq, user: 'ADMIN', type: 'ADMIN', seq: 1 });
    await bob.call('DELETE', `/leave/${chatSeq}`);
    for (const user of [ann, bob])
      expect(await user.frame('user leave')).to.deep.equal({ chatSeq, user: bob.id });
    await ann.chat({ at: chatSeq, content: 'alone' });
    await bob.settled();
    expect(
      bob.of('chat').map(({ seq }) => seq),
      'nothing after leaving',
    ).to.deep.equal([1]);
  });

  it('tells who is put out, and nothing of what follows', async () => {
    const [ann, bob] = await users('ann', 'bob');
    const room = await engine.platform.room([ann.id, bob.id]);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${bob.id}`);
    const leave = { chatSeq: room.no, user: bob.id };
    expect(await bob.frame('user leave')).to.deep.equal(leave);
    expect(await ann.frame('user leave')).to.deep.equal(leave);
    await engine.platform.write(room._id, 'later');
    await ann.frame('chat', frame => frame.content === 'later');
    await bob.settled();
    expect(bob.of('chat').map(({ content }) => content)).to.not.include('later');
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await ann.frame('user leave', frame => frame.user === ann.id)).to.deep.equal({
      chatSeq: room.no,
      user: ann.id,
    });
  });

  it('shows the link of a file, whatever protocol it came over', async () => {
    const [ann, bob] = await users('ann', 'bob');
    const room = await engine.platform.room([ann.id, bob.id]);
    const file_url = 'https://cdn.example/a.png';
    const body = { message: 'look', message_type: 'image', file_url };
    await Rest.of(engine, ann.id).do('POST', `/rooms/${room.no}/messages`, body);
    expect(await bob.frame('chat', frame => frame.type === 'PHOTO')).to.deep.include({
      content: file_url,
      user: ann.id,
    });
    const [line] = (await bob.call('GET', `/message/${room.no}/-1/1`)).body;
    expect([line.type, line.content]).to.deep.equal(['PHOTO', file_url]);
  });

  it('hides members of a closed list', async () => {
    const [ann, bob, carl] = await users('ann', 'bob', 'carl');
    const room = await engine.platform.room([ann.id, bob.id], { rules: { canShowMemberList: false } });
    await Rest.of(engine, ann.id).do('POST', `/rooms/${room.no}/members`, { user_id: carl.id });
    await ann.frame('join room', frame => frame.users.includes(carl.id));
    await carl.frame('join room', frame => frame.users.includes(carl.id));
    await bob.settled();
    expect(bob.of('join room')).to.deep.equal([]);
    await carl.call('DELETE', `/leave/${room.no}`);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${carl.id}`);
    await ann.frame('user leave');
    await bob.settled();
    expect(bob.of('user leave')).to.deep.equal([]);
  });

  it('refuses with an envelope, or without an ack with an exception, and stores nothing', async () => {
    const [ann, eve] = await users('ann', 'eve');
    const own = await ann.make({ chatType: 'CHTP40', chatName: 'own' });
    const open = await ann.make({ chatType: 'CHTP20', chatName: 'open' });
    const codeOf = async (payload: unknown) => {
      const answer = await eve.chat(payload);
      expect(answer).to.have.keys('success', 'error', 'message', 'data');
      return answer.error;
    };
    expect(await codeOf({ at: own, content: 'x' })).to.equal('ROOM_NO_EXISTS');
    expect(await codeOf({ at: open, content: 'x' })).to.equal('YOU_ARE_NO_JOINED_ROOM');
    for (const payload of [
      null,
      'x',
      {},
      { at: open },
      { at: open, content: '' },
      { at: open, content: ' ' },
      { at: {}, content: 'x' },
      { at: open, content: { $gt: '' } },
    ]) {
      expect(await codeOf(payload), JSON.stringify(payload)).to.equal('INVALID_PAYLOAD');
    }
    eve.socket.emit('chat', { at: own, content: 'x' });
    expect(await eve.frame('exception')).to.deep.equal({
      status: 'error',
      code: 'ROOM_NO_EXISTS',
      message: 'There is no such room, or you may not see it.',
    });
    eve.socket.emit('nonsense', 'x');
    await eve.frame('exception', frame => frame.code === 'INVALID_PAYLOAD');
    expect((await ann.call('GET', `/message/${own}/-1/10`)).body).to.deep.equal([]);
    expect(eve.socket.connected).to.equal(true);
  });

  it('lets nobody in without a valid token', async () => {
    for (const [token, code] of [
      ['nonsense', 'TOKEN_INVALID'],
      [engine.token('ann', 'Ann', -5), 'TOKEN_EXPIRED'],
    ] as const) {
      const user = new ChatroomsUser(engine, 'ann', token);
      const error: any = await new Promise(resolve => user.socket.once('connect_error', resolve));
      expect([error.message, error.data.code]).to.deep.equal(['not authorized', code]);
    }
  });

  it('is not there when PROTOCOLS leaves it out', async () => {
    const own = await startEngine({ env: { PROTOCOLS: 'chat,platform' } });
    try {
      const user = new ChatroomsUser(own, 'ann');
      const error: any = await new Promise(resolve => user.socket.once('connect_error', resolve));
      expect(error.message).to.equal('Invalid namespace');
      expect((await user.call('GET', '/')).status).to.equal(404);
      expect((await Rest.of(own, 'ann').call('GET', '/rooms')).status).to.equal(404);
    } finally {
      endClients();
      await own.close();
    }
  });
});
