import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, expectRoom, roomBody, text } from './bodies.ts';

describe('POST /chat/upsertRoom', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const upsert = (body: unknown) => engine.platform.call('POST', '/chat/upsertRoom', body);

  it('makes the room the first time and finds it the second, of GROUP too', async () => {
    const body = roomBody([someone(), someone()]);
    const first = await upsert(body);
    expect([first.status, first.body.roomExists]).to.deep.equal([200, false]);
    const second = await upsert({ ...body, name: 'another name' });
    expect([second.status, second.body.roomExists]).to.deep.equal([200, true]);
    expect(expectRoom(second.body.room)).to.deep.include({
      _id: first.body.room._id,
      name: '상담방',
      lastSeq: 1,
    });
    expectRefusal(await engine.platform.call('POST', '/chat/room', body), 500, 'ROOM_ALREADY_EXISTS');
  });

  it('a message that is given goes into the room, made or found', async () => {
    const [ann, bob] = [someone(), someone()];
    const body = roomBody([ann, bob]);
    await upsert({ ...body, message: text(ann, '하나') });
    const { room } = (await upsert({ ...body, message: text(bob, '둘') })).body;
    expect(room).to.deep.include({ lastSeq: 2 });
    expect(room.lastMessage.data.content.text).to.equal('둘');
    const texts = (await engine.platform.messages(room._id)).map(message => message.data.content.text);
    expect(texts).to.deep.equal(['하나', '둘']);
  });

  it('a repeated message with the same syncKey is one message', async () => {
    const [ann, bob] = [someone(), someone()];
    const body = { ...roomBody([ann, bob]), message: { ...text(ann, '한 번'), syncKey: 'k1' } };
    await upsert(body);
    expect((await upsert(body)).body.room.lastSeq).to.equal(1);
  });

  it('does not find a frozen room', async () => {
    const body = roomBody([someone(), someone()]);
    const { room } = (await upsert(body)).body;
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: true } });
    const { roomExists, room: other } = (await upsert(body)).body;
    expect(roomExists).to.equal(false);
    expect(other._id).not.to.equal(room._id);
  });

  it('ten at the same moment make one room, and one of them is told that it made it', async () => {
    const body = roomBody([someone(), someone()]);
    const answers = (await Promise.all(Array.from({ length: 10 }, () => upsert(body)))).map(
      answer => answer.body,
    );
    expect(new Set(answers.map(({ room }) => room._id)).size).to.equal(1);
    expect(answers.filter(({ roomExists }) => !roomExists)).to.have.length(1);
  });

  it('refuses what POST /chat/room refuses, with 4xx', async () => {
    const ann = someone();
    expectRefusal(await upsert(roomBody([])), 400, 'JOIN_USERS_EMPTY');
    expectRefusal(await upsert(roomBody([ann], { message: text(someone(), 'x') })), 400, 'INVALID_PAYLOAD');
    const { platform } = await newKeyFor(engine, { links: ['mine'] });
    expectRefusal(await platform.call('POST', '/chat/upsertRoom', roomBody([ann])), 404, 'ROOM_NO_EXISTS');
  });
});
