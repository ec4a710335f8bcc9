import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, NOWHERE } from './bodies.ts';

describe('PATCH /chat/rooms/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const patch = (id: string, body: unknown) => engine.platform.call('PATCH', `/chat/rooms/${id}`, body);

  it('changes what is sent and keeps the rest, rules one by one', async () => {
    const room = await engine.platform.room([someone(), someone()], {
      meta: { a: 1 },
      profileUrl: 'https://e.example.com/p',
    });
    const link = { sid: someone('link'), name: '새 가게' };
    const expiresAt = '2099-01-01T00:00:00.000Z';
    const { status, body } = await patch(room._id, {
      name: '새 이름',
      link,
      expiresAt,
      rules: { canLeaveOutRoom: true },
      freezingReasonCode: null,
    });
    expect(status).to.equal(200);
    const changed = { name: '새 이름', link, expiresAt, rules: { ...room.rules, canLeaveOutRoom: true } };
    expect(expectRoom(body)).to.deep.equal({ ...room, ...changed });
    expect(await engine.platform.do('GET', `/chat/rooms/${room._id}`)).to.deep.equal(body);
  });

  it('null takes picture, link, meta, opening and expiry away; nothing at all changes nothing', async () => {
    const room = await engine.platform.room([someone()], {
      meta: { a: 1 },
      profileUrl: 'https://e.example.com/p',
      opensAt: '2020-01-01T00:00:00.000Z',
      expiresAt: '2099-01-01T00:00:00.000Z',
    });
    const nothing = { profileUrl: null, link: null, meta: null, opensAt: null, expiresAt: null };
    expect((await patch(room._id, {})).body).to.deep.equal(room);
    expect((await patch(room._id, nothing)).body).to.deep.equal({ ...room, ...nothing });
  });

  it('null in a rule means that it is absent', async () => {
    const room = await engine.platform.room([someone()]);
    const { status, body } = await patch(room._id, {
      name: null,
      rules: { isFreezed: null, canLeaveOutRoom: true },
    });
    expect([status, body.rules?.isFreezed, body.rules?.canLeaveOutRoom]).to.deep.equal([200, false, true]);
  });

  it('is told to the members', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob]);
    const b = await engine.connect(bob);
    await patch(room._id, { name: '바뀐 이름' });
    expect(await b.frame('listenRoom', ({ name }) => name === '바뀐 이름')).to.deep.include({
      _id: room._id,
    });
  });

  it('freezes with a reason, stops sends, and thawing takes the reason away', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob]);
    const b = await engine.connect(bob);
    const frozen = await patch(room._id, { rules: { isFreezed: true }, freezingReasonCode: 'CLOSED' });
    expect(frozen.body).to.deep.include({ freezingReasonCode: 'CLOSED' });
    const send = { syncKey: 'k', roomId: room._id, data: { type: 'TEXT', content: 'x' } };
    expect((await b.ask('sendMessage', send)).error).to.equal('ROOM_IS_FREEZED');
    const thawed = await patch(room._id, { rules: { isFreezed: false } });
    expect(thawed.body).to.deep.include({ freezingReasonCode: null });
    expect((await b.ask('sendMessage', send)).success).to.equal(true);
  });

  it('nobody thaws an ALARM room, but its name can be changed', async () => {
    const room = await engine.platform.room([someone()], { roomType: 'ALARM' });
    expectRefusal(await patch(room._id, { rules: { isFreezed: false } }), 403, 'ROOM_IS_FREEZED');
    expect((await patch(room._id, { name: '알림', rules: { canShowMemberList: false } })).status).to.equal(
      200,
    );
  });

  it('refuses wrong shapes, and then nothing is changed', async () => {
    const room = await engine.platform.room([someone()]);
    const wrong = [
      { name: 5 },
      { name: 'x'.repeat(401) },
      { rules: { isFreezed: 'yes' } },
      { meta: { 'a.b': 1 } },
      { profileUrl: 'data:text/html,x' },
      { link: { sid: 'x' } },
      { opensAt: 'soon' },
      { name: 'fine', rules: [] },
    ];
    for (const body of wrong) expectRefusal(await patch(room._id, body), 400, 'INVALID_PAYLOAD');
    expect(await engine.platform.do('GET', `/chat/rooms/${room._id}`)).to.deep.equal(room);
    expectRefusal(await patch(NOWHERE, { name: 'x' }), 404, 'ROOM_NO_EXISTS');
  });

  it('a bound key can neither reach a foreign room nor move its own out of reach', async () => {
    const room = await engine.platform.room([someone()]);
    const foreign = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(
      await foreign.platform.call('PATCH', `/chat/rooms/${room._id}`, { name: 'x' }),
      404,
      'ROOM_NO_EXISTS',
    );
    const { platform } = await newKeyFor(engine, { links: [room.link!.sid] });
    for (const link of [null, { sid: 'another', name: '' }]) {
      expectRefusal(
        await platform.call('PATCH', `/chat/rooms/${room._id}`, { link }),
        403,
        'YOU_HAVE_NO_AUTHORIZATION',
      );
    }
    expect((await platform.call('PATCH', `/chat/rooms/${room._id}`, { name: 'x' })).status).to.equal(200);
  });
});
