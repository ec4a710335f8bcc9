import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, roomBody, text } from './bodies.ts';

describe('POST /chat/room', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const make = (body: unknown) => engine.platform.call('POST', '/chat/room', body);

  it('answers 200 with the Room, its members, link, meta and first message', async () => {
    const [ann, bob] = [someone(), someone()];
    const link = { sid: someone('link'), name: '가게' };
    const { status, body } = await make({
      ...roomBody([ann], { link }),
      profileUrl: 'https://img.example.com/r.png',
      meta: { productId: 'p1', deep: { a: [1, null] } },
      joinUsers: [
        {
          _id: ann,
          nickName: '앤',
          master: true,
          profileUrl: 'https://img.example.com/a.png',
          meta: { email: 'a@example.com' },
        },
        { _id: bob, nickName: '밥', master: false },
      ],
      message: text(ann, '안녕하세요'),
    });
    expect(status).to.equal(200);
    const room = expectRoom(body);
    expect(room).to.deep.include({
      name: '상담방',
      roomType: 'GROUP',
      link,
      joinUserCount: 2,
      lastSeq: 1,
      unReadMsgCount: 0,
    });
    expect(room).to.deep.include({
      profileUrl: 'https://img.example.com/r.png',
      meta: { productId: 'p1', deep: { a: [1, null] } },
    });
    expect(room.lastMessage).to.deep.include({
      seq: 1,
      data: { type: 'TEXT', content: { text: '안녕하세요' } },
    });
    expect(room.lastMessage!.author).to.deep.include({ authorId: ann, nickName: '앤' });
    expect(
      room.joinUsers.map(({ _id, nickName, master, meta }) => ({ _id, nickName, master, meta })),
    ).to.deep.equal([
      { _id: ann, nickName: '앤', master: true, meta: { email: 'a@example.com' } },
      { _id: bob, nickName: '밥', master: false, meta: null },
    ]);
  });

  it("starts a GROUP with the seed's rules, but inviting is allowed; other types may not invite", async () => {
    const rules = (await make(roomBody([someone(), someone()]))).body.rules;
    expect(rules).to.deep.include({ canCopyMessage: true, canCaptureMessage: true, canDeleteMessage: true });
    expect(rules).to.deep.include({ canShareMessage: true, canInviteMemebrs: true, canLeaveOutRoom: false });
    expect(rules).to.deep.include({ canShowMemberList: true, canShowMemberMeta: true, isFreezed: false });
    const inquiry = (await make(roomBody([someone(), someone()], { roomType: 'INQUIRY' }))).body.rules;
    expect(inquiry.canInviteMemebrs, 'INQUIRY').to.equal(false);
  });

  it('takes rules, opening and expiry from the body; null in an optional field means that it is absent', async () => {
    const opensAt = '2031-01-01T00:00:00.000Z';
    const { body } = await make(
      roomBody([someone(), someone()], {
        rules: { canInviteMemebrs: false, canLeaveOutRoom: true, canCopyMessage: null },
        opensAt,
        expiresAt: null,
        profileUrl: null,
        message: null,
        meta: null,
      }),
    );
    expect(body.rules).to.deep.include({
      canInviteMemebrs: false,
      canLeaveOutRoom: true,
      canCopyMessage: true,
    });
    expect(body).to.deep.include({ opensAt, expiresAt: null, profileUrl: null, meta: null });
  });

  it('without a message starts with an ADMIN message that the room was made', async () => {
    const { body: room } = await make(roomBody([someone(), someone()]));
    const [first, ...rest] = await engine.platform.messages(room._id);
    expect(rest).to.deep.equal([]);
    expect(first).to.deep.include({ seq: 1, author: { authorId: 'ADMIN', nickName: '', profileUrl: null } });
    expect(first!.data.type).to.equal('ADMIN');
    expect(first!.meta).to.deep.include({ event: 'room.created' });
  });

  it('a message may be of ADMIN, but of nobody who is not in the room', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const admin = { author: { authorId: 'ADMIN' }, data: { type: 'ADMIN', content: { text: '공지' } } };
    const { body } = await make(roomBody([ann, bob], { message: admin }));
    expect(body.lastMessage.author.authorId).to.equal('ADMIN');
    expectRefusal(await make(roomBody([ann, bob], { message: text(eve, '누구?') })), 400, 'INVALID_PAYLOAD');
    const pretended = { ...admin, author: { authorId: ann } };
    expectRefusal(await make(roomBody([ann, bob], { message: pretended })), 400, 'INVALID_PAYLOAD');
  });

  it('the first message is unread for the others and not for its author', async () => {
    const [ann, bob] = [someone(), someone()];
    await make(roomBody([ann, bob], { message: text(ann, '어서 오세요') }));
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    expect((await a.rooms())[0]!.unReadMsgCount).to.equal(0);
    expect((await b.rooms())[0]!.unReadMsgCount).to.equal(1);
  });

  it('tells the members who are connected', async () => {
    const [ann, bob] = [someone(), someone()];
    const b = await engine.connect(bob);
    const { body: room } = await make(roomBody([ann, bob], { message: text(ann, '보이나요') }));
    const frame = await b.frame('updateRoomLastMessage', ({ _id }) => _id === room._id);
    expect(frame).to.deep.include({ unReadMsgCount: 1 });
    expect(frame.lastMessage.data.content.text).to.equal('보이나요');
  });

  it('unknown people enter the directory with what the body says; known ones keep theirs, here too', async () => {
    const [known, fresh] = [someone(), someone()];
    await engine.platform.do('PUT', '/chat/users', {
      users: [{ _id: known, nickName: '원래 이름', meta: { phone: '010' } }],
    });
    const body = roomBody([known, fresh]);
    body['joinUsers'][0].nickName = '다른 이름';
    body['joinUsers'][1].meta = { email: 'f@example.com' };
    const room = expectRoom((await make(body)).body);
    expect(room.joinUsers[0]).to.deep.include({ nickName: '원래 이름', meta: { phone: '010' } });
    expect(await engine.platform.do('GET', `/chat/users/${known}`)).to.deep.include({
      nickName: '원래 이름',
    });
    const user = await engine.platform.do('GET', `/chat/users/${fresh}`);
    expect(user).to.deep.include({ nickName: `nick ${fresh}`, meta: { email: 'f@example.com' } });
  });

  it('takes a number for an id as its decimal string, and one person named twice once', async () => {
    const n = 700_000_000 + Math.floor(process.pid);
    const { body } = await make(
      roomBody([], {
        joinUsers: [
          { _id: n, nickName: 'n', master: true },
          { _id: `${n}`, nickName: 'n', master: true },
        ],
      }),
    );
    expect(body.joinUsers.map((user: { _id: string }) => user._id)).to.deep.equal([`${n}`]);
  });

  it('refuses nobody with JOIN_USERS_EMPTY, and wrong shapes with INVALID_PAYLOAD that names the field', async () => {
    const [ann, bob] = [someone(), someone()];
    expectRefusal(await make(roomBody([], { joinUsers: [] })), 400, 'JOIN_USERS_EMPTY');
    const wrong: [string, Record<string, unknown>][] = [
      ['name', { name: 7 }],
      ['roomType', { roomType: 'CLUB' }],
      ['joinUsers', { joinUsers: 'ann' }],
      ['joinUsers', { joinUsers: [{ _id: { $ne: 1 }, nickName: 'x' }] }],
      ['nickName', { joinUsers: [{ _id: ann }] }],
      ['joinUsers', { joinUsers: [{ _id: 'ADMIN', nickName: 'x', master: true }] }],
      ['link', { link: { name: 'no sid' } }],
      ['profileUrl', { profileUrl: 'javascript:alert(1)' }],
      ['meta', { meta: { $where: '1' } }],
      ['expiresAt', { expiresAt: 'tomorrow' }],
      ['type', { message: { author: { authorId: ann }, data: { type: 'VIDEO', content: { text: 'x' } } } }],
      ['content', { message: { author: { authorId: ann }, data: { type: 'TEXT' } } }],
      ['content', { message: text(ann, ' ') }],
    ];
    for (const [field, change] of wrong) {
      const response = await make(roomBody([ann, bob], change));
      expectRefusal(response, 400, 'INVALID_PAYLOAD');
      expect(response.body.message, JSON.stringify(change)).to.contain(field);
    }
    expectRefusal(await make('[]'), 400, 'INVALID_PAYLOAD');
    expectRefusal(await make('{"name":'), 400, 'INVALID_PAYLOAD');
  });

  it('DIRECT rooms are of exactly two people without a master, and the same two get the same room', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const body = roomBody([ann, bob], { roomType: 'DIRECT', link: null });
    const first = await make(body);
    expect(first.body.joinUsers.map((user: { master: boolean }) => user.master)).to.deep.equal([
      false,
      false,
    ]);
    expect((await make({ ...body, name: 'again' })).body._id).to.equal(first.body._id);
    expectRefusal(await make(roomBody([ann, bob, eve], { roomType: 'DIRECT' })), 400, 'INVALID_PAYLOAD');
  });

  it('only the platform makes ALARM rooms; they are frozen from birth and take its messages', async () => {
    const ann = someone();
    for (const roomType of ['ALARM', 'SYSTEM_ALARM']) {
      const { status, body } = await make(roomBody([ann], { roomType, rules: { isFreezed: false } }));
      expect(status).to.equal(200);
      expect(body.rules.isFreezed).to.equal(true);
    }
    const a = await engine.connect(ann);
    expect((await a.ask('createNewRoom', { users: [], name: 'x', roomType: 'ALARM' })).error).to.equal(
      'YOU_HAVE_NO_AUTHORIZATION',
    );
  });

  it('needs act-as-user to open in the name of somebody, and the link to be one that the key may touch', async () => {
    const [ann, bob] = [someone(), someone()];
    const { platform } = await newKeyFor(engine, { without: ['act-as-user'] });
    const spoken = roomBody([ann, bob], { message: text(ann, 'x') });
    expectRefusal(await platform.call('POST', '/chat/room', spoken), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    expect((await platform.call('POST', '/chat/room', roomBody([ann, bob]))).status).to.equal(200);
    const bound = await newKeyFor(engine, { links: ['shop-a'] });
    expectRefusal(
      await bound.platform.call('POST', '/chat/room', roomBody([ann, bob])),
      404,
      'ROOM_NO_EXISTS',
    );
    const link = { sid: 'shop-a', name: '' };
    expect((await bound.platform.call('POST', '/chat/room', roomBody([ann, bob], { link }))).status).to.equal(
      200,
    );
  });
});

describe('POST /chat/room at the limits', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_ROOM_MEMBERS: '3', MAX_USER_ROOMS: '2' } });
  });
  after(() => engine.close());

  it('refuses more members than a room can have, and people who are in too many rooms', async () => {
    const [ann, bob] = [someone(), someone()];
    const make = (...ids: string[]) => engine.platform.call('POST', '/chat/room', roomBody(ids));
    expectRefusal(await make(ann, bob, someone(), someone()), 400, 'ROOM_IS_FULL');
    expect((await make(ann, bob)).status).to.equal(200);
    expect((await make(ann, someone(), someone())).status).to.equal(200);
    expectRefusal(await make(ann, someone()), 400, 'TOO_MANY_ROOMS');
    expect((await make(bob, someone())).status, 'the others are not hurt').to.equal(200);
  });
});
