import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectMessage, expectRefusal, NOWHERE, text } from './bodies.ts';

const admin = (content: unknown, type = 'ADMIN') => ({
  author: { authorId: 'ADMIN' },
  data: { type, content },
});

describe('POST /chat/rooms/:id/messages', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const send = (roomId: string, body: unknown) =>
    engine.platform.call('POST', `/chat/rooms/${roomId}/messages`, body);

  it('writes as ADMIN; members who view see it and the others get the count', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    await a.do('joinRoom', room._id);
    const { status, body } = await send(room._id, admin({ text: '공지입니다.' }));
    expect(status).to.equal(200);
    expect(expectMessage(body)).to.deep.include({ seq: 2, roomId: room._id });
    expect(body.author).to.deep.equal({ authorId: 'ADMIN', nickName: '', profileUrl: null });
    expect(await a.frame(`listenMessage_${room._id}`)).to.deep.include({
      _id: body._id,
      eventType: 'CREATE',
    });
    expect(await b.frame('updateRoomLastMessage')).to.deep.include({ unReadMsgCount: 2 });
  });

  it("writes in a member's name: their own message, but nothing is read for them", async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const [a, b] = [await engine.connect(ann, '앤'), await engine.connect(bob)];
    const { body } = await send(room._id, text(ann, '대신 씁니다'));
    expect(body.author).to.deep.include({ authorId: ann });
    expect((await a.room(room._id)).unReadMsgCount, 'the first ADMIN message is still unread').to.equal(1);
    expect((await b.room(room._id)).unReadMsgCount).to.equal(2);
    expect((await a.history(room._id)).at(-1)).to.deep.include({ _id: body._id });
  });

  it('takes TEXT as a string or an object, and CARDs of every type', async () => {
    const room = await engine.platform.room([someone()]);
    expect((await send(room._id, admin('글', 'TEXT'))).body.data).to.deep.equal({
      type: 'TEXT',
      content: { text: '글' },
    });
    const rawData = {
      cardType: 'PRODUCT_DRAWING',
      text: '당첨',
      link: { sid: 's', name: 'n' },
      buttons: [{ title: '보기', action: 'product', value: { id: 1 } }],
    };
    expect((await send(room._id, admin({ rawData }, 'CARD'))).body.data).to.deep.equal({
      type: 'CARD',
      content: { rawData },
    });
  });

  it('the same syncKey is one message; with another content it is 409 SYNC_KEY_CONFLICT', async () => {
    const room = await engine.platform.room([someone()]);
    const body = { ...admin({ text: '한 번' }), syncKey: 'once', meta: { a: 1 } };
    const answers = await Promise.all([send(room._id, body), send(room._id, body), send(room._id, body)]);
    expect(new Set(answers.map(answer => answer.body._id)).size).to.equal(1);
    expect(answers[0].body).to.deep.include({ syncKey: 'once', meta: { a: 1 }, seq: 2 });
    expectRefusal(
      await send(room._id, { ...body, data: { type: 'ADMIN', content: '둘' } }),
      409,
      'SYNC_KEY_CONFLICT',
    );
    expect((await engine.platform.messages(room._id)).map(message => message.seq)).to.deep.equal([1, 2]);
  });

  it('a message without a syncKey gets one of its own', async () => {
    const room = await engine.platform.room([someone()]);
    const [one, two] = [await send(room._id, admin('x')), await send(room._id, admin('x'))];
    expect(one.body.syncKey).to.be.a('string').not.equal(two.body.syncKey);
    expect(two.body.seq).to.equal(3);
  });

  it("nobody's meta.event is kept: it is the engine's own", async () => {
    const room = await engine.platform.room([someone()]);
    const { body } = await send(room._id, { ...admin('x'), meta: { event: 'member.left', a: 1 } });
    expect(body.meta).to.deep.equal({ a: 1 });
  });

  it('a frozen room takes nothing, of the platform either; the two ALARM types do', async () => {
    const frozen = await engine.platform.room([someone()], { rules: { isFreezed: true } });
    expectRefusal(await send(frozen._id, admin('x')), 403, 'ROOM_IS_FREEZED');
    for (const roomType of ['ALARM', 'SYSTEM_ALARM']) {
      const room = await engine.platform.room([someone()], { roomType });
      expect((await send(room._id, admin('알림'))).status).to.equal(200);
    }
  });

  it('the author is a member or ADMIN, and needs act-as-user unless ADMIN', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    expectRefusal(await send(room._id, text(someone(), 'x')), 404, 'USER_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { without: ['act-as-user'] });
    const path = `/chat/rooms/${room._id}/messages`;
    expectRefusal(await platform.call('POST', path, text(ann, 'x')), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    expect((await platform.call('POST', path, admin('x'))).status).to.equal(200);
  });

  it('who was put out cannot be written for any more', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob]);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${bob}`);
    expectRefusal(await send(room._id, text(bob, 'x')), 404, 'USER_NO_EXISTS');
  });

  it('refuses wrong shapes, unknown rooms and foreign ones', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const wrong = [
      admin(''),
      admin(undefined),
      admin('x', 'FILE'),
      admin({ text: 'x' }, 'CARD'),
      admin({ rawData: { cardType: 'A', image: 'javascript:alert(1)' } }, 'CARD'),
      { ...admin('x'), author: { authorId: ann } },
      { ...admin('x'), meta: { $set: 1 } },
      { ...admin('x'), syncKey: 'k'.repeat(201) },
      { data: { type: 'TEXT', content: 'x' } },
    ];
    for (const body of wrong) expectRefusal(await send(room._id, body), 400, 'INVALID_PAYLOAD');
    expect(await engine.platform.messages(room._id)).to.have.length(1);
    expectRefusal(await send(NOWHERE, admin('x')), 404, 'ROOM_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(
      await platform.call('POST', `/chat/rooms/${room._id}/messages`, admin('x')),
      404,
      'ROOM_NO_EXISTS',
    );
  });
});

describe('POST /chat/rooms/:id/messages at the limits', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_TEXT_LENGTH: '5', SENDS_PER_SECOND: '1', SENDS_BURST: '1' } });
  });
  after(() => engine.close());

  it('counts characters and not bytes', async () => {
    const room = await engine.platform.room([someone()]);
    expect((await engine.platform.write(room._id, '가나다라😀')).data.content.text).to.equal('가나다라😀');
    const { status, body } = await engine.platform.call(
      'POST',
      `/chat/rooms/${room._id}/messages`,
      admin('가나다라마바'),
    );
    expect([status, body.error]).to.deep.equal([400, 'INVALID_PAYLOAD']);
  });

  it("what the platform writes in a member's name does not use up that member's rate", async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    for (let i = 0; i < 3; i++) await engine.platform.write(room._id, `${i}`, ann);
    const a = await engine.connect(ann);
    expect((await a.send(room._id, '나')).seq).to.equal(5);
  });
});
