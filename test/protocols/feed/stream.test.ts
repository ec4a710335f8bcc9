import { expect } from 'chai';
import { startEngine, sharedEngine, API_KEY, type Engine } from '../../helpers/engine.ts';
import { endStreams, FeedClient, Rest, streamUrl } from '../../helpers/feed.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { claimsToken } from '../../helpers/tokens.ts';

describe('feed: the stream /ws/chat/:roomId', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(() => expect(endStreams()).to.deep.equal([]));

  const aRoom = async (more: Record<string, unknown> = {}) => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob], more);
    return { ann, bob, room, path: `/rooms/${room.no}` };
  };
  const open = (userId: string, room: { no: number }) => FeedClient.open(engine, room, engine.token(userId));
  const codeOf = (room: string | number, query: Record<string, string> = {}, options = {}) =>
    new FeedClient(streamUrl(engine, room, query), options).code();

  it('gives a member every message in order, whatever protocol it came over', async () => {
    const { ann, bob, room, path } = await aRoom();
    const feed = await open(bob, room);
    const a = await engine.connect(ann, 'Ann');
    await a.send(room._id, 'one');
    await Rest.of(engine, ann).do('POST', `${path}/messages`, { message: 'two' });
    await engine.platform.write(room._id, 'three');
    await feed.frame('message', frame => frame.data.message === 'three');
    const messages = feed.of('message');
    expect(messages.map(({ id, message, user_id }) => [id, message, user_id])).to.deep.equal([
      [2, 'one', ann],
      [3, 'two', ann],
      [4, 'three', 0],
    ]);
    expect(messages[2].user).to.deep.equal({ id: 0, email: '', name: '' });
    expect([messages[2].message_type, messages[0].chat_room_id]).to.deep.equal(['text', room.no]);
  });

  it('takes the number or the _id of the room, and the token in the query or a header', async () => {
    const { ann, room } = await aRoom();
    const token = engine.token(ann);
    const streams = [
      new FeedClient(streamUrl(engine, room._id, { token })),
      new FeedClient(streamUrl(engine, room._id.toUpperCase()), {
        headers: { authorization: `Bearer ${token}` },
      }),
      new FeedClient(`${streamUrl(engine, room.no).replace('?', '/?')}token=${token}&user_id=${ann}`),
    ];
    await Promise.all(streams.map(stream => stream.ready()));
    await engine.platform.write(room._id, 'all hear it');
    for (const stream of streams) expect((await stream.frame('message')).room_id).to.equal(room.no);
  });

  it('closes with 4401 who has no identity', async () => {
    const { ann, room } = await aRoom();
    expect(await codeOf(room.no)).to.equal(4401);
    expect(await codeOf(room.no, { user_id: ann }), 'a bare user_id').to.equal(4401);
    expect(await codeOf(room.no, { token: 'nonsense' })).to.equal(4401);
    expect(await codeOf(room.no, { token: engine.token(ann, 'Ann', -10) }), 'expired').to.equal(4401);
    expect(await codeOf(room.no, {}, { headers: { 'chat-api-key': 'wrong' } })).to.equal(4401);
    expect(await codeOf(room.no, {}, { headers: { authorization: 'Basic abc' } })).to.equal(4401);
  });

  it('closes with 4404 where there is no room for a stranger, with 4403 in an OPEN one', async () => {
    const { room } = await aRoom();
    const token = engine.token(someone('eve'));
    const open = await engine.platform.room([someone('ann')], { roomType: 'OPEN' });
    expect(await codeOf(room.no, { token })).to.equal(4404);
    for (const none of ['999999', 'x', '-1', '01', '1e3', 'f'.repeat(24), '%EC%95%88']) {
      expect(await codeOf(none, { token }), none).to.equal(4404);
    }
    expect(await codeOf(open.no, { token })).to.equal(4403);
  });

  it("closes with 4403 whose user_id is not the token's", async () => {
    const { ann, bob, room } = await aRoom();
    expect(await codeOf(room.no, { token: engine.token(ann), user_id: bob })).to.equal(4403);
  });

  it('lets a platform key look on, within its links and scopes, as nobody or as a user', async () => {
    const { ann, room } = await aRoom();
    const withKey = (key: string, query = {}) =>
      new FeedClient(streamUrl(engine, room.no, query), { headers: { 'chat-api-key': key } });
    const watcher = withKey(API_KEY);
    await watcher.ready();
    const asAnn = withKey(API_KEY, { user_id: ann });
    await asAnn.ready();
    await engine.platform.write(room._id, 'seen by the key');
    await Promise.all([watcher.frame('message'), asAnn.frame('message')]);
    expect(watcher.of('member_online'), 'who connects is told to others').to.have.length(1);
    const foreign = await newKeyFor(engine, { links: ['another'] });
    expect(await withKey(foreign.key).code()).to.equal(4404);
    const blind = await newKeyFor(engine, { without: ['messages:read'] });
    expect(await withKey(blind.key).code()).to.equal(4403);
    const nobody = await newKeyFor(engine, { without: ['act-as-user'] });
    expect(await withKey(nobody.key, { user_id: ann }).code()).to.equal(4403);
    expect(await withKey(API_KEY, { user_id: 'ADMIN' }).code()).to.equal(4401);
  });

  it('tells who is put out so, closes with 4403, and says nothing of what follows', async () => {
    const { ann, bob, room, path } = await aRoom();
    const [a, b] = [await open(ann, room), await open(bob, room)];
    await Rest.of(engine, ann).do('DELETE', `${path}/members/${bob}`);
    expect(await b.code()).to.equal(4403);
    expect(b.frames.at(-1)).to.deep.equal({
      type: 'member_leave',
      room_id: room.no,
      user_id: bob,
      data: { user_id: bob },
    });
    await engine.platform.write(room._id, 'after the kick');
    await a.frame('message', frame => frame.data.message === 'after the kick');
    expect(b.of('message')).to.deep.equal([]);
    const types = a.frames.map(({ type }) => type).filter(type => !/online|offline/.test(type));
    expect(types).to.deep.equal(['message', 'member_leave', 'message']);
    expect(await codeOf(room.no, { token: engine.token(bob) })).to.equal(4404);
  });

  it('tells of joining with the system message first', async () => {
    const { ann, room, path } = await aRoom();
    const carl = someone('carl');
    await engine.platform.people(carl);
    const feed = await open(ann, room);
    const member = await Rest.of(engine, ann).do('POST', `${path}/members`, { user_id: carl });
    await feed.frame('member_join');
    expect(feed.frames.map(({ type }) => type)).to.deep.equal(['message', 'member_join']);
    const [message] = feed.of('message');
    expect([message.message_type, message.user_id, message.user]).to.deep.equal([
      'system',
      0,
      { id: 0, email: '', name: '' },
    ]);
    expect(feed.of('member_join')[0]).to.deep.equal({ ...member, user: { ...member.user, email: '' } });
  });

  it('closes with 4404 when the room is removed', async () => {
    const { ann, room } = await aRoom();
    const feed = await open(ann, room);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await feed.code()).to.equal(4404);
  });

  it('counts connections of all protocols: online with the first, offline with the last', async () => {
    const { ann, bob, room } = await aRoom();
    const feed = await open(ann, room);
    const b = await engine.connect(bob, 'Bob');
    await feed.frame('member_online', frame => frame.user_id === bob);
    const second = await open(bob, room);
    b.close();
    await engine.platform.write(room._id, 'a mark');
    await feed.frame('message');
    second.close();
    await feed.frame('member_offline', frame => frame.user_id === bob);
    expect(feed.frames.map(({ type }) => type)).to.deep.equal(['member_online', 'message', 'member_offline']);
    expect(feed.of('member_offline')).to.deep.equal([{ user_id: bob, status: 'offline' }]);
  });

  it('shows members of a closed list only to masters and themselves, and no e-mail without the rule', async () => {
    const [ann, bob, carl] = [someone('ann'), someone('bob'), someone('carl')];
    const joinUsers = [ann, bob, carl].map(_id => ({
      _id,
      nickName: _id,
      master: _id === ann,
      meta: { email: `${_id}@x.org` },
    }));
    const room = await engine.platform.room([ann], {
      joinUsers,
      rules: { canShowMemberList: false },
    });
    const [a, b] = [await open(ann, room), await open(bob, room)];
    const c = await engine.connect(carl, 'Carl');
    await a.frame('member_online', frame => frame.user_id === carl);
    await c.do('joinRoom', room._id);
    await a.frame('read', frame => frame.user_id === carl);
    await Rest.of(engine, bob).do('POST', `/rooms/${room.no}/read`);
    await b.frame('read', frame => frame.user_id === bob);
    await c.send(room._id, 'hello');
    expect((await b.frame('message', frame => frame.data.message === 'hello')).data.user.email).to.equal('');
    expect(b.frames.filter(frame => frame.user_id === carl).map(({ type }) => type)).to.deep.equal([
      'message',
    ]);
  });

  it('closes with 4401 when tokens are revoked', async () => {
    const { ann, room } = await aRoom();
    const now = Math.floor(Date.now() / 1_000);
    const old = claimsToken({ id: ann, iat: now - 10, exp: now + 600 });
    const feed = await FeedClient.open(engine, room, old);
    const key = new FeedClient(streamUrl(engine, room.no, { user_id: ann }), {
      headers: { 'chat-api-key': API_KEY },
    });
    await key.ready();
    await engine.platform.do('POST', `/chat/users/${ann}/revokeTokens`, {});
    expect(await feed.code()).to.equal(4401);
    expect(key.closed, 'no token, nothing to revoke').to.equal(null);
    expect(await codeOf(room.no, { token: old })).to.equal(4401);
  });

  it('answers what is no stream of a room with 404', async () => {
    for (const path of [
      '/ws/chat/',
      '/ws/chat/1/2',
      '/ws/other',
      `/ws/chat/${'1'.repeat(300)}`,
      '/ws/chat/%zz',
    ]) {
      const client = new FeedClient(engine.url.replace('http', 'ws') + path);
      const status = await new Promise(resolve => {
        client.socket.once('unexpected-response', (_request, response) => {
          resolve(response.statusCode);
          response.destroy();
        });
      });
      expect(status, path).to.equal(404);
    }
  });

  it('keeps foreign pages out', async () => {
    const own = await startEngine({ env: { ALLOWED_ORIGINS: 'https://app.example' } });
    try {
      const room = await own.platform.room([someone('ann'), 'bob']);
      const url = streamUrl(own, room.no, { token: own.token('bob') });
      const good = new FeedClient(url, { headers: { origin: 'https://app.example' } });
      await good.ready();
      expect(good.closed).to.equal(null);
      const bad = new FeedClient(url, { headers: { origin: 'https://evil.example' } });
      const status = await new Promise(resolve =>
        bad.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
      );
      expect(status).to.equal(403);
    } finally {
      endStreams();
      await own.close();
    }
  });
});
