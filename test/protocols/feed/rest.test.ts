import { expect } from 'chai';
import * as catalogue from '../../../src/protocols/feed/catalogue.ts';
import { API_KEY, sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { endStreams, FeedClient, Rest, type RestAnswer } from '../../helpers/feed.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';

describe('feed: REST v1', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(() => expect(endStreams()).to.deep.equal([]));

  const aRoom = async (more: Record<string, unknown> = {}) => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob], more);
    return { ann, bob, room, path: `/rooms/${room.no}`, a: Rest.of(engine, ann), b: Rest.of(engine, bob) };
  };
  const withKey = (key = API_KEY) => new Rest(engine, { 'chat-api-key': key });
  const refused = ({ status, body }: RestAnswer) => {
    expect(Object.keys(body).sort()).to.include.members(['error', 'message', 'success']);
    expect([body.success, typeof body.message]).to.deep.equal([false, 'string']);
    return `${status} ${body.error}`;
  };
  const valid = (
    def: { response: { validate(v: unknown, o: object): { error?: Error } } },
    { status, body }: RestAnswer,
  ) => {
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(def.response.validate(body, { convert: false }).error?.message).to.equal(undefined);
    return body;
  };

  it('answers every call as its catalogue says', async () => {
    const { ann, bob, a, b, path } = await aRoom();
    const carl = someone('carl');
    await engine.platform.people(carl);
    valid(catalogue.sendMessage, await a.call('POST', `${path}/messages`, { user_id: ann, message: 'hi' }));
    valid(catalogue.readMessages, await b.call('POST', `${path}/read`, { user_id: bob }));
    valid(catalogue.addMember, await a.call('POST', `${path}/members`, { user_id: carl }));
    valid(catalogue.listMembers, await a.call('GET', `${path}/members`));
    valid(catalogue.listMessages, await a.call('GET', `${path}/messages`));
    valid(catalogue.getRoom, await a.call('GET', path));
    valid(catalogue.removeMember, await a.call('DELETE', `${path}/members/${carl}`));
    const made = valid(catalogue.createRoom, await a.call('POST', '/rooms', { name: 'new', members: [bob] }));
    expect(made.data).to.deep.include({
      name: 'new',
      room_type: 'group',
      member_count: 2,
      last_message: null,
    });
    const rooms = valid(catalogue.listRooms, await a.call('GET', `/rooms?user_id=${ann}&limit=1`));
    expect(rooms.data).to.have.length(1);
    const rest = valid(catalogue.listRooms, await a.call('GET', `/rooms?cursor=${rooms.next_cursor}`));
    expect(rest.data).to.have.length(1);
  });

  it('refuses with the shape of its document, and changes nothing', async () => {
    const { ann, bob, a, b, path, room } = await aRoom();
    const eve = Rest.of(engine, someone('eve'));
    const no = new Rest(engine);
    const before = await engine.platform.messages(room._id);
    const send = (body: unknown) => a.call('POST', `${path}/messages`, body);
    expect(refused(await no.call('GET', path))).to.equal('401 TOKEN_INVALID');
    expect(refused(await no.call('POST', `${path}/messages`, { user_id: ann, message: 'x' }))).to.equal(
      '401 TOKEN_INVALID',
    );
    expect(refused(await withKey('wrong').call('GET', path))).to.equal('401 INVALID_API_KEY');
    expect(refused(await send({ user_id: bob, message: 'spoofed' }))).to.equal(
      '403 YOU_HAVE_NO_AUTHORIZATION',
    );
    expect(refused(await a.call('POST', `${path}/read`, { user_id: bob }))).to.equal(
      '403 YOU_HAVE_NO_AUTHORIZATION',
    );
    for (const body of [
      {},
      { message: '' },
      { message: ' \n' },
      { message: 5 },
      { message: { $gt: '' } },
      { message: 'x', message_type: 'system' },
      { message: 'x', message_type: 'image' },
      { message: 'x', file_url: 'https://x.org/a' },
      { message: 'x', message_type: 'file', file_url: 'ftp://x.org/a' },
      { message: 'x', message_type: 'file', file_url: 'javascript:alert(1)' },
      { message: 'x', message_type: 'file', file_url: 'https://me:secret@x.org/a' },
      { message: 'x', message_type: 'file', file_url: '/files/abc' },
      { message: 'x'.repeat(10_001) },
      { user_id: {}, message: 'x' },
      { user_id: '', message: 'x' },
      '{"message":',
      '[]',
      '"text"',
    ]) {
      expect(refused(await send(body)), JSON.stringify(body).slice(0, 60)).to.equal('400 INVALID_PAYLOAD');
    }
    expect(refused(await send({ message: 'x'.repeat(300_000) }))).to.equal('413 INVALID_PAYLOAD');
    for (const [method, rest, body] of [
      ['GET', ''],
      ['GET', '/messages'],
      ['GET', '/members'],
      ['POST', '/messages', { message: 'x' }],
      ['POST', '/read', {}],
      ['POST', '/members', { user_id: ann }],
      ['DELETE', `/members/${ann}`],
    ] as const) {
      expect(refused(await eve.call(method, path + rest, body)), `${method} ${rest}`).to.equal(
        '404 ROOM_NO_EXISTS',
      );
    }
    expect(refused(await b.call('DELETE', `${path}/members/${ann}`))).to.equal(
      '403 YOU_HAVE_NO_AUTHORIZATION',
    );
    expect(refused(await a.call('DELETE', `${path}/members/nobody`))).to.equal('404 USER_NO_EXISTS');
    expect(refused(await a.call('POST', `${path}/members`, { user_id: bob }))).to.equal(
      '409 JOIN_USER_ALREADY_EXISTS',
    );
    expect(refused(await a.call('POST', `${path}/members`, {}))).to.equal('400 INVALID_PAYLOAD');
    expect(refused(await a.call('GET', `${path}/messages?limit=0`))).to.equal('400 INVALID_PAYLOAD');
    expect(refused(await a.call('GET', `${path}/messages?before_id=x`))).to.equal('400 INVALID_PAYLOAD');
    expect(refused(await a.call('GET', '/nothing'))).to.equal('404 NOT_FOUND');
    expect(refused(await a.call('POST', '/rooms', { name: 'x', room_type: 'alarm' }))).to.equal(
      '400 INVALID_PAYLOAD',
    );
    expect(await engine.platform.messages(room._id)).to.deep.equal(before);
  });

  it('sends files that lie elsewhere, and shows them in every protocol', async () => {
    const { ann, bob, a, path, room } = await aRoom();
    const b = await engine.connect(bob, 'Bob');
    const url = 'https://cdn.example/2024/%ED%9A%8C%EC%9D%98.png?v=1';
    const image = await a.do('POST', `${path}/messages`, { message_type: 'image', file_url: url });
    expect(image).to.deep.include({ message: '', message_type: 'image', file_url: url });
    const said = await a.do('POST', `${path}/messages`, {
      message: '봄',
      message_type: 'image',
      file_url: url,
    });
    expect(said.message).to.equal('봄');
    const file = await a.do('POST', `${path}/messages`, {
      message: '회의록.pdf',
      message_type: 'file',
      file_url: 'http://x.org/1',
    });
    expect(file).to.deep.include({ message: '회의록.pdf', message_type: 'file', file_url: 'http://x.org/1' });
    const video = await a.do('POST', `${path}/messages`, {
      message_type: 'video',
      file_url: 'http://x.org/v/clip.mp4',
    });
    expect(video).to.deep.include({ message: 'clip.mp4', message_type: 'video', user_id: ann });
    const list = (await b.history(room._id)).slice(-4);
    expect(list.map(({ data }) => data.type)).to.deep.equal(['PHOTO', 'PHOTO', 'FILE', 'VIDEO']);
    const shown = { name: '회의.png', path: url, url, size: 0, mimeType: 'application/octet-stream' };
    expect(list[1]!.data.content).to.deep.equal({ text: '봄', files: [shown] });
    expect((await a.do('GET', `${path}/messages`)).slice(-4)).to.deep.equal([image, said, file, video]);
  });

  it('pages backwards by id, oldest first, and hides what was before one joined', async () => {
    const { a, path, room } = await aRoom();
    for (let i = 2; i <= 6; i++) await engine.platform.write(room._id, `m${i}`);
    const ids = (body: any) => body.data.map(({ id }: { id: number }) => id);
    const newest = (await a.call('GET', `${path}/messages?limit=2`)).body;
    expect([ids(newest), newest.has_more]).to.deep.equal([[5, 6], true]);
    const older = (await a.call('GET', `${path}/messages?limit=4&before_id=5`)).body;
    expect([ids(older), older.has_more]).to.deep.equal([[1, 2, 3, 4], false]);
    expect(ids((await a.call('GET', `${path}/messages?before_id=1`)).body)).to.deep.equal([]);
    expect(ids((await a.call('GET', `${path}/messages?before_id=999`)).body)).to.have.length(6);
    const carl = someone('carl');
    await engine.platform.people(carl);
    await a.do('POST', `${path}/members`, { user_id: carl });
    const late = (await Rest.of(engine, carl).call('GET', `${path}/messages`)).body;
    expect([ids(late), late.has_more]).to.deep.equal([[7], false]);
    expect(ids((await withKey().call('GET', `${path}/messages`)).body), 'a key sees all').to.have.length(7);
  });

  it('tells is_read, last_read_at and unread_count as they are', async () => {
    const { ann, bob, a, b, path } = await aRoom();
    const sent = await a.do('POST', `${path}/messages`, { message: 'read me' });
    expect(sent.is_read).to.equal(false);
    const of = async (id: string) =>
      (await a.do('GET', `${path}/members`)).find((m: any) => m.user_id === id);
    expect([(await of(bob)).unread_count, (await of(bob)).last_read_at]).to.deep.equal([2, null]);
    expect((await of(ann)).role).to.equal('admin');
    await b.do('POST', `${path}/read`);
    expect((await of(bob)).unread_count).to.equal(0);
    expect(new Date((await of(bob)).last_read_at).getTime()).to.be.above(0);
    expect((await a.do('GET', `${path}/messages`)).at(-1).is_read).to.equal(true);
  });

  it('tells of reading also when all was read already', async () => {
    const { bob, b, path, room } = await aRoom();
    const feed = await FeedClient.open(engine, room, engine.token(bob));
    await b.do('POST', `${path}/read`);
    await b.do('POST', `${path}/read`);
    await feed.until(
      () => (feed.of('read').length === 2 ? true : undefined),
      () => 'two read frames',
    );
  });

  it('stores one message for one sync_key', async () => {
    const { a, path } = await aRoom();
    const body = { message: 'once', sync_key: 'k1' };
    const [one, two] = [
      await a.do('POST', `${path}/messages`, body),
      await a.do('POST', `${path}/messages`, body),
    ];
    expect(two.id).to.equal(one.id);
    const other = await a.call('POST', `${path}/messages`, { message: 'another', sync_key: 'k1' });
    expect(refused(other)).to.equal('409 SYNC_KEY_CONFLICT');
  });

  it('writes ids as numbers only where that loses nothing', async () => {
    const ids = ['7', '007', '9007199254740991', '9007199254740993', '-1', '1.5', 'ann'];
    const room = await engine.platform.room(ids);
    const members = await withKey().do('GET', `/rooms/${room.no}/members`);
    expect(members.map((member: any) => member.user_id)).to.deep.equal([
      7,
      '007',
      9007199254740991,
      '9007199254740993',
      '-1',
      '1.5',
      'ann',
    ]);
  });

  it('lets a key act as anybody, within its scopes and links', async () => {
    const { ann, path, room } = await aRoom();
    const carl = someone('carl');
    await engine.platform.people(carl);
    const key = withKey();
    expect((await key.do('POST', `${path}/messages`, { user_id: ann, message: 'by key' })).user_id).to.equal(
      ann,
    );
    expect(refused(await key.call('POST', `${path}/messages`, { message: 'x' }))).to.equal(
      '400 INVALID_PAYLOAD',
    );
    expect(refused(await key.call('POST', `${path}/messages`, { user_id: 'ADMIN', message: 'x' }))).to.equal(
      '400 INVALID_PAYLOAD',
    );
    expect(refused(await key.call('POST', `${path}/messages`, { user_id: carl, message: 'x' }))).to.equal(
      '404 ROOM_NO_EXISTS',
    );
    expect((await key.do('POST', `${path}/members`, { user_id: carl })).user_id).to.equal(carl);
    expect(refused(await key.call('POST', `${path}/members`, { user_id: carl }))).to.equal(
      '409 JOIN_USER_ALREADY_EXISTS',
    );
    expect(refused(await key.call('POST', `${path}/members`, { user_id: someone() }))).to.equal(
      '404 USER_NO_EXISTS',
    );
    await key.do('DELETE', `${path}/members/${carl}`);
    expect(refused(await key.call('DELETE', `${path}/members/${carl}`))).to.equal('404 USER_NO_EXISTS');
    const foreign = withKey((await newKeyFor(engine, { links: ['another'] })).key);
    expect(refused(await foreign.call('GET', path))).to.equal('404 ROOM_NO_EXISTS');
    expect(refused(await foreign.call('POST', `${path}/messages`, { user_id: ann, message: 'x' }))).to.equal(
      '404 ROOM_NO_EXISTS',
    );
    expect((await foreign.call('GET', `/rooms?user_id=${ann}`)).body.data).to.deep.equal([]);
    for (const [scope, method, rest, body] of [
      ['act-as-user', 'POST', `${path}/messages`, { user_id: ann, message: 'x' }],
      ['messages:write', 'POST', `${path}/messages`, { user_id: ann, message: 'x' }],
      ['messages:read', 'GET', `${path}/messages`],
      ['rooms:read', 'GET', `${path}/members`],
      ['rooms:write', 'POST', `${path}/members`, { user_id: carl }],
      ['rooms:write', 'DELETE', `${path}/members/${ann}`],
    ] as const) {
      const lacking = withKey((await newKeyFor(engine, { without: [scope] })).key);
      expect(refused(await lacking.call(method, rest, body)), scope).to.equal(
        '403 YOU_HAVE_NO_AUTHORIZATION',
      );
    }
    const direct = await engine.platform.room([someone(), someone()], { roomType: 'DIRECT' });
    const added = await key.call('POST', `/rooms/${direct.no}/members`, { user_id: carl });
    expect(refused(added)).to.equal('403 ROOM_RULES_CAN_NOT_INVITE_MEMBERS');
    expect((await key.do('GET', path)).room_id).to.equal(room._id);
  });

  it('lets a stranger join an OPEN room by themselves, and leave it', async () => {
    const eve = someone('eve');
    const room = await engine.platform.room([someone('ann')], { roomType: 'OPEN' });
    const e = Rest.of(engine, eve);
    expect(refused(await e.call('POST', `/rooms/${room.no}/messages`, { message: 'x' }))).to.equal(
      '403 YOU_ARE_NO_JOINED_ROOM',
    );
    expect((await e.do('POST', `/rooms/${room.no}/members`, { user_id: eve })).user_id).to.equal(eve);
    expect(refused(await e.call('POST', `/rooms/${room.no}/members`, { user_id: eve }))).to.equal(
      '409 JOIN_USER_ALREADY_EXISTS',
    );
    await e.do('DELETE', `/rooms/${room.no}/members/${eve}`);
    expect(refused(await e.call('GET', `/rooms/${room.no}`))).to.equal('403 YOU_ARE_NO_JOINED_ROOM');
  });

  it('refuses to write into a frozen room, and shows a deleted message empty', async () => {
    const { a, path, room } = await aRoom();
    await a.do('POST', `${path}/messages`, { message: 'secret' });
    const last = (await engine.platform.messages(room._id)).at(-1)!;
    await engine.platform.do('DELETE', `/chat/messages/${last._id}`);
    expect((await a.do('GET', `${path}/messages`)).at(-1)).to.deep.include({
      id: last.seq,
      message: '',
      file_url: null,
    });
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: true } });
    expect(refused(await a.call('POST', `${path}/messages`, { message: 'x' }))).to.equal(
      '403 ROOM_IS_FREEZED',
    );
    await a.do('POST', `${path}/read`);
  });

  it('answers pages of allowed Origins and refuses others', async () => {
    const own = await startEngine({ env: { ALLOWED_ORIGINS: 'https://app.example' } });
    try {
      const url = `${own.url}/api/v1/chat/rooms`;
      const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://app.example' } });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).to.deep.equal([
        204,
        'https://app.example',
      ]);
      const headers = { authorization: `Bearer ${own.token('ann')}` };
      expect((await fetch(url, { headers: { ...headers, origin: 'https://app.example' } })).status).to.equal(
        200,
      );
      expect((await fetch(url, { headers: { ...headers, origin: 'https://evil.example' } })).status).to.equal(
        403,
      );
    } finally {
      await own.close();
    }
  });
});
