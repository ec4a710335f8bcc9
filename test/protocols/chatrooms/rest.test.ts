import { expect } from 'chai';
import { ChatroomsUser, endClients } from '../../helpers/chatrooms.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';

describe('chatrooms: REST', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(() => expect(endClients()).to.deep.equal([]));

  const users = (...nicks: string[]) =>
    Promise.all(nicks.map(nick => ChatroomsUser.connect(engine, someone(nick))));
  const refusal = ({ status, body }: { status: number; body: any }) => {
    expect(Object.keys(body)).to.include.members(['statusCode', 'error', 'message']);
    expect(body.statusCode).to.equal(status);
    return `${status} ${body.error}`;
  };
  const lines = async (user: ChatroomsUser, path: string) =>
    (await user.call('GET', `/message/${path}`)).body.map((line: any) => line.content);

  it('makes a public room: everybody finds it and may join, once', async () => {
    const [ann, bob] = (await users('ann', 'bob')) as [ChatroomsUser, ChatroomsUser];
    const made = await ann.call('POST', '/new', {
      chatType: 'CHTP20',
      chatName: '광장',
      password: '',
      isDirected: false,
    });
    expect(made.status).to.equal(201);
    expect(made.body).to.deep.equal({ chatSeq: made.body.chatSeq, chatName: '광장' });
    expect(made.body.chatSeq).to.be.a('string');
    const chatSeq = Number(made.body.chatSeq);
    const found = async () =>
      (await bob.call('GET', '/?count=500')).body.find((room: any) => room.chatSeq === chatSeq);
    const shown = { chatSeq, chatName: '광장', chatType: 'CHTP20', isDirected: false, isPassword: false };
    expect(await found()).to.deep.equal({ ...shown, isJoined: false });
    const joined = await bob.call('PUT', `/join/${chatSeq}`, { chatSeq });
    expect(joined.status).to.equal(200);
    const { isPassword: _, ...head } = shown;
    expect(joined.body).to.deep.equal({
      ...head,
      users: [
        { id: ann.id, nickname: `nick ${ann.id}` },
        { id: bob.id, nickname: `nick ${bob.id}` },
      ],
    });
    expect((await found()).isJoined).to.equal(true);
    expect(refusal(await bob.call('PUT', `/join/${chatSeq}`, { chatSeq }))).to.equal(
      '409 JOIN_USER_ALREADY_EXISTS',
    );
    const left = await bob.call('DELETE', `/leave/${chatSeq}`);
    expect([left.status, left.body]).to.deep.equal([204, null]);
    expect(refusal(await bob.call('DELETE', `/leave/${chatSeq}`))).to.equal('403 YOU_ARE_NO_JOINED_ROOM');
    expect((await bob.call('PUT', `/join/${chatSeq}`)).status, 'without a body').to.equal(200);
  });

  it('makes a protected room: found by all, joined by its password, closed to other protocols', async () => {
    const [ann, bob] = (await users('ann', 'bob')) as [ChatroomsUser, ChatroomsUser];
    const chatSeq = await ann.make({ chatType: 'CHTP30', chatName: '비밀', password: '열려라 참깨' });
    const room = (await bob.call('GET', '/?count=500')).body.find((entry: any) => entry.chatSeq === chatSeq);
    expect(room).to.deep.include({ chatType: 'CHTP30', isPassword: true, isJoined: false });
    const join = (body: object) => bob.call('PUT', `/join/${chatSeq}`, { chatSeq, ...body });
    for (const body of [{}, { password: '' }, { password: null }, { password: '열려라 참께' }]) {
      expect(refusal(await join(body)), JSON.stringify(body)).to.equal('403 YOU_HAVE_NO_AUTHORIZATION');
    }
    const b = await engine.connect(bob.id);
    const stored = await engine.database.rooms.findOne({ no: chatSeq });
    const id = stored!._id.toHexString();
    expect((await b.ask('joinRoom', id)).error).to.equal('ROOM_NO_EXISTS');
    expect(JSON.stringify(stored)).to.not.contain('참깨');
    expect((await join({ password: '열려라 참깨'.normalize('NFD') })).status).to.equal(200);
    expect(JSON.stringify(await b.room(id)), 'the hash stays inside').to.not.contain(stored!.access!.hash);
  });

  it('lets nobody guess: five tries of a password per minute, user and room', async () => {
    const own = await startEngine();
    try {
      const ann = new ChatroomsUser(own, 'ann');
      const bob = new ChatroomsUser(own, 'bob');
      const body = { chatType: 'CHTP30', chatName: 'x', password: 'right' };
      const [one, two] = [await ann.make(body), await ann.make(body)];
      const join = (room: number, password: string) => bob.call('PUT', `/join/${room}`, { password });
      for (let i = 0; i < 5; i++) expect((await join(one, `wrong ${i}`)).status).to.equal(403);
      expect(refusal(await join(one, 'right'))).to.equal('429 RATE_LIMITED');
      expect((await join(two, 'right')).status).to.equal(200);
    } finally {
      endClients();
      await own.close();
    }
  });

  it('makes a private room that nobody finds or joins by themselves', async () => {
    const [ann, bob] = (await users('ann', 'bob')) as [ChatroomsUser, ChatroomsUser];
    const chatSeq = await ann.make({ chatType: 'CHTP40', chatName: '우리끼리', password: null });
    expect((await bob.call('GET', '/?count=500')).body.map((room: any) => room.chatSeq)).to.not.include(
      chatSeq,
    );
    expect(refusal(await bob.call('PUT', `/join/${chatSeq}`, { chatSeq }))).to.equal(
      '403 YOU_HAVE_NO_AUTHORIZATION',
    );
    expect(refusal(await bob.call('GET', `/message/${chatSeq}/-1/10`))).to.equal('404 ROOM_NO_EXISTS');
    expect(refusal(await bob.call('DELETE', `/leave/${chatSeq}`))).to.equal('404 ROOM_NO_EXISTS');
    expect((await ann.call('DELETE', `/leave/${chatSeq}`)).status).to.equal(204);
  });

  it('makes one direct room for two people, named after the other', async () => {
    const [ann, bob] = (await users('ann', 'bob')) as [ChatroomsUser, ChatroomsUser];
    const first = await ann.call('POST', '/new', { chatName: bob.id, isDirected: true });
    const again = await bob.call('POST', '/new', { chatType: 'CHTP10', chatName: ann.id });
    expect([first.status, first.body.chatName]).to.deep.equal([201, `nick ${bob.id}`]);
    expect(again.body).to.deep.equal({ chatSeq: first.body.chatSeq, chatName: `nick ${ann.id}` });
    expect((await ann.call('DELETE', `/leave/${first.body.chatSeq}`)).status).to.equal(204);
  });

  it('reads messages before another, oldest first; -1 begins at the newest', async () => {
    const [ann, bob] = (await users('ann', 'bob')) as [ChatroomsUser, ChatroomsUser];
    const chatSeq = await ann.make({ chatType: 'CHTP20', chatName: 'x' });
    for (const content of ['1', '2', '3', '4', '5']) await ann.chat({ at: chatSeq, content });
    expect(await lines(ann, `${chatSeq}/-1/2`)).to.deep.equal(['4', '5']);
    expect(await lines(ann, `${chatSeq}/4/2`)).to.deep.equal(['2', '3']);
    expect(await lines(ann, `${chatSeq}/1/2`)).to.deep.equal([]);
    expect(await lines(ann, `${chatSeq}/-1/100000`)).to.have.length(5);
    const [line] = (await ann.call('GET', `/message/${chatSeq}/-1/1`)).body;
    expect({ ...line, createdAt: typeof line.createdAt }).to.deep.equal({
      id: 5,
      user: ann.id,
      nickname: `nick ${ann.id}`,
      content: '5',
      type: 'TEXT',
      createdAt: 'string',
    });
    await bob.call('PUT', `/join/${chatSeq}`);
    const seen = (await bob.call('GET', `/message/${chatSeq}/-1/50`)).body;
    expect(seen.map(({ type, user }: any) => [type, user])).to.deep.equal([['ADMIN', 'ADMIN']]);
  });

  it('refuses what has a wrong shape, and changes nothing', async () => {
    const [ann] = (await users('ann')) as [ChatroomsUser];
    const chatSeq = await ann.make({ chatType: 'CHTP20', chatName: 'x' });
    const count = await engine.database.rooms.countDocuments();
    for (const body of [
      undefined,
      {},
      { chatName: 'x' },
      { chatType: 'CHTP99', chatName: 'x' },
      { chatType: 'CHTP20' },
      { chatType: 'CHTP20', chatName: ' ' },
      { chatType: 'CHTP20', chatName: 'x'.repeat(201) },
      { chatType: 'CHTP20', chatName: 'x', password: 'y' },
      { chatType: 'CHTP40', chatName: 'x', password: 'y' },
      { chatType: 'CHTP30', chatName: 'x' },
      { chatType: 'CHTP30', chatName: 'x', password: 'y'.repeat(129) },
      { chatType: 'CHTP30', chatName: 'x', password: { $ne: 1 } },
      { chatType: 'CHTP10', chatName: ann.id },
      { chatType: 'CHTP20', chatName: 'x', isDirected: 'yes' },
      '{"chatType":',
    ]) {
      expect(refusal(await ann.call('POST', '/new', body)), JSON.stringify(body)).to.equal(
        '400 INVALID_PAYLOAD',
      );
    }
    expect(refusal(await ann.call('POST', '/new', { isDirected: true, chatName: someone() }))).to.equal(
      '400 WRONG_TARGET_USER_IDS',
    );
    expect(await engine.database.rooms.countDocuments()).to.equal(count);
    for (const path of [
      `${chatSeq}/0/5`,
      `${chatSeq}/-2/5`,
      `${chatSeq}/x/5`,
      `${chatSeq}/-1/0`,
      `${chatSeq}/1.5/5`,
    ]) {
      expect(refusal(await ann.call('GET', `/message/${path}`)), path).to.equal('400 INVALID_PAYLOAD');
    }
    expect(refusal(await ann.call('PUT', `/join/${chatSeq}`, { chatSeq: chatSeq + 1 }))).to.equal(
      '400 INVALID_PAYLOAD',
    );
    for (const none of ['999999', 'x', '0', '-1', `0${chatSeq}`]) {
      expect(refusal(await ann.call('PUT', `/join/${none}`, {})), none).to.equal('404 ROOM_NO_EXISTS');
    }
    expect(refusal(await ann.call('GET', '/', undefined, 'nonsense'))).to.equal('401 TOKEN_INVALID');
    expect(refusal(await ann.call('GET', '/', undefined, engine.token(ann.id, 'Ann', -5)))).to.equal(
      '401 TOKEN_EXPIRED',
    );
    const bare = await fetch(`${engine.url}/api/chatrooms`);
    expect(refusal({ status: bare.status, body: await bare.json() })).to.equal('401 TOKEN_INVALID');
  });
});
