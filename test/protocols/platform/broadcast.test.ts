import { expect } from 'chai';
import type { Stores } from '../../../src/domain/ports.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { eventually } from '../../helpers/processes.ts';
import { MovingClock } from '../../helpers/receiver.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

const message = (text: string) => ({ data: { type: 'TEXT', content: { text } } });

describe('POST /chat/broadcast', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());
  const send = (body: unknown, platform = engine.platform) => platform.call('POST', '/chat/broadcast', body);
  const progress = (id: string) => engine.platform.do('GET', `/chat/broadcasts/${id}`);
  const done = async (id: string) => {
    await eventually('the end of the broadcast', async () => (await progress(id)).status === 'done');
    return progress(id);
  };
  const rooms = async (count: number, more: Record<string, unknown> = {}) => {
    const made = [];
    for (let i = 0; i < count; i++) made.push(await engine.platform.room([someone()], more));
    return made.map(({ _id }) => _id);
  };
  const texts = async (roomId: string) =>
    (await engine.platform.messages(roomId)).map(({ data }) => data.content.text);

  it('writes into these rooms, once each, and says how far it is', async () => {
    const ids = await rooms(3);
    const other = (await rooms(1))[0]!;
    const { status, body } = await send({ roomIds: [...ids, ids[0]], message: message('to all') });
    expect([status, body.rooms]).to.deep.equal([200, 3]);
    const end = await done(body.broadcastId);
    expect(end).to.deep.include({ broadcastId: body.broadcastId, rooms: 3, written: 3, failed: {} });
    expect(Date.parse(end.finishedAt)).to.be.at.least(Date.parse(end.createdAt));
    for (const id of ids) expect((await texts(id)).filter(text => text === 'to all')).to.have.length(1);
    expect(await texts(other)).not.to.include('to all');
  });

  it('reaches members live, in rooms of a link or of a type, ALARM rooms too', async () => {
    const link = { sid: someone('link'), name: '' };
    const ann = someone();
    await engine.platform.room([ann], { link });
    const alarm = await engine.platform.room([ann], { link, roomType: 'ALARM' });
    const a = await engine.connect(ann);
    await done((await send({ linkSid: link.sid, message: message('of the link') })).body.broadcastId);
    await a.frame('updateRoomLastMessage', room => JSON.stringify(room).includes(alarm._id));
    const both = { linkSid: link.sid, roomType: 'ALARM', message: message('alarm') };
    const { body } = await send(both);
    expect(body.rooms).to.equal(1);
    expect(await done(body.broadcastId)).to.deep.include({ written: 1 });
    expect((await texts(alarm._id)).slice(-2)).to.deep.equal(['of the link', 'alarm']);
  });

  it('counts the rooms that refuse, by code, and goes on', async () => {
    const link = { sid: someone('link'), name: '' };
    const ann = someone();
    const frozen = await engine.platform.room([ann], { link });
    await engine.platform.do('PATCH', `/chat/rooms/${frozen._id}`, { rules: { isFreezed: true } });
    await engine.platform.room([someone()], { link });
    await engine.platform.room([ann, someone()], { link });
    const body = { linkSid: link.sid, message: { author: { authorId: ann }, ...message('from ann') } };
    const end = await done((await send(body)).body.broadcastId);
    expect(end).to.deep.include({ written: 1, failed: { ROOM_IS_FREEZED: 1, USER_NO_EXISTS: 1 } });
  });

  it('the same syncKey is the same broadcast, with another content it is refused', async () => {
    const [id] = await rooms(1);
    const body = { roomIds: [id], message: message('once'), syncKey: someone('key') };
    const [first, second] = await Promise.all([send(body), send(body)]);
    expect(second.body).to.deep.equal(first.body);
    await done(first.body.broadcastId);
    expect((await send(body)).body).to.deep.equal(first.body);
    expect((await texts(id!)).filter(text => text === 'once')).to.have.length(1);
    expectRefusal(await send({ ...body, message: message('other') }), 409, 'SYNC_KEY_CONFLICT');
  });

  it('links are respected: a bound key reaches its own rooms alone', async () => {
    const sid = someone('link');
    const { platform } = await newKeyFor(engine, { links: [sid] });
    const [mine] = await rooms(1, { link: { sid, name: '' } });
    const [foreign] = await rooms(1);
    expectRefusal(
      await send({ roomIds: [mine, foreign], message: message('x') }, platform),
      404,
      'ROOM_NO_EXISTS',
    );
    expectRefusal(await send({ linkSid: 'another', message: message('x') }, platform), 404, 'ROOM_NO_EXISTS');
    const { body } = await send({ roomType: 'GROUP', message: message('mine') }, platform);
    expect(body.rooms).to.equal(1);
    await done(body.broadcastId);
    expect(await texts(foreign!)).not.to.include('mine');
    const { platform: other } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(await other.call('GET', `/chat/broadcasts/${body.broadcastId}`), 404, 'NOT_FOUND');
  });

  it('refuses no target, unknown rooms, empty texts, and a name without act-as-user', async () => {
    const [id] = await rooms(1);
    for (const wrong of [
      { message: message('x') },
      { roomIds: [], message: message('x') },
      { roomIds: [id], message: message(' ') },
      { roomIds: [id], message: { author: { authorId: 'u' }, data: { type: 'ADMIN', content: 'x' } } },
      { roomType: 'NONE', message: message('x') },
    ])
      expectRefusal(await send(wrong), 400, 'INVALID_PAYLOAD');
    expectRefusal(await send({ roomIds: [id, NOWHERE], message: message('x') }), 404, 'ROOM_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { without: ['act-as-user'] });
    const named = { roomIds: [id], message: { author: { authorId: 'u' }, ...message('x') } };
    expectRefusal(await send(named, platform), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    expectRefusal(await engine.platform.call('GET', `/chat/broadcasts/${NOWHERE}`), 404, 'NOT_FOUND');
  });
});

describe('a broadcast whose node dies', () => {
  it('is finished by another one, and no room has the message twice', async () => {
    const clock = new MovingClock();
    const database = `b${process.pid}`;
    const main = await startEngine({ database, clock });
    const link = { sid: someone('link'), name: '' };
    const ids: string[] = [];
    for (let i = 0; i < 120; i++) ids.push((await main.platform.room([someone()], { link }))._id);
    await main.close();
    // This one stores messages and cannot say how far it is, from its second handful of rooms on.
    let saved = 0;
    const stores = (real: Stores): Stores => ({
      ...real,
      broadcasts: {
        ...real.broadcasts,
        progress: (...args) =>
          ++saved > 1 ? Promise.reject(new Error('gone')) : real.broadcasts.progress(...args),
        release: () => Promise.resolve(),
      },
    });
    const dying = await startEngine({ database, clock, stores });
    const { broadcastId } = await dying.platform.do('POST', '/chat/broadcast', {
      linkSid: link.sid,
      message: message('news'),
    });
    await eventually('its death', () => saved > 1);
    await dying.close();
    clock.forward(31_000);
    const heir = await startEngine({ database, clock });
    const progress = () => heir.platform.do('GET', `/chat/broadcasts/${broadcastId}`);
    await eventually('the end', async () => (await progress()).status === 'done');
    expect(await progress()).to.deep.include({ rooms: 120, written: 120, failed: {} });
    for (const id of ids) {
      const texts = (await heir.platform.messages(id)).map(({ data }) => data.content.text);
      expect(texts.filter(text => text === 'news')).to.have.length(1);
    }
    await heir.close();
  }).timeout(60_000);
});
