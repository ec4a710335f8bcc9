import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import type { Response } from '../../helpers/platform.ts';
import { expectRefusal, roomBody, text } from './bodies.ts';

describe('POST /chat/room, when the same room is there already', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const make = (body: unknown) => engine.platform.call('POST', '/chat/room', body);
  const roomsOf = async (id: string) => (await engine.platform.do('GET', `/chat/rooms?memberId=${id}`)).list;

  it('the same GROUP again is 500 ROOM_ALREADY_EXISTS, in any order of members, and nothing is written', async () => {
    const [ann, bob] = [someone(), someone()];
    const body = roomBody([ann, bob], { message: text(ann, '처음') });
    const { body: room } = await make(body);
    const again = await make({ ...body, name: 'another', joinUsers: [...body['joinUsers']].reverse() });
    expectRefusal(again, 500, 'ROOM_ALREADY_EXISTS');
    expect(again.body).to.deep.equal({
      statusCode: 500,
      error: 'ROOM_ALREADY_EXISTS',
      message: 'ROOM_ALREADY_EXISTS',
    });
    expect(await roomsOf(ann)).to.have.length(1);
    expect(await engine.platform.messages(room._id)).to.have.length(1);
  });

  it('another link, other members, another master or another type make another room', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const body = roomBody([ann, bob]);
    const ids = new Set<string>();
    for (const change of [
      {},
      { link: { sid: someone('link'), name: '가게' } },
      { link: null },
      { joinUsers: [...body['joinUsers'], { _id: eve, nickName: 'e', master: false }] },
      { joinUsers: body['joinUsers'].slice(0, 1) },
      { joinUsers: body['joinUsers'].map((user: object) => ({ ...user, master: true })) },
      { roomType: 'INQUIRY' },
    ]) {
      const { status, body: room } = await make({ ...body, ...change });
      expect(status, JSON.stringify(change)).to.equal(200);
      ids.add(room._id);
    }
    expect(ids.size).to.equal(7);
  });

  it('a frozen room never matches', async () => {
    const body = roomBody([someone(), someone()]);
    const { body: first } = await make(body);
    await engine.platform.do('PATCH', `/chat/rooms/${first._id}`, { rules: { isFreezed: true } });
    const second = await make(body);
    expect(second.status).to.equal(200);
    expect(second.body._id).not.to.equal(first._id);
    expectRefusal(await make(body), 500, 'ROOM_ALREADY_EXISTS');
  });

  it('membership counts as it is now: who left or was invited changes which room is the same', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const body = roomBody([ann, bob]);
    const { body: room } = await make(body);
    const withEve = {
      ...body,
      joinUsers: [...body['joinUsers'], { _id: eve, nickName: 'e', master: false }],
    };
    await engine.platform.do('POST', '/chat/inviteUsers', {
      roomId: room._id,
      inviterId: ann,
      joinUsers: [{ _id: eve, nickName: 'e' }],
    });
    expectRefusal(await make(withEve), 500, 'ROOM_ALREADY_EXISTS');
    expect((await make(body)).status, 'the two alone have none any more').to.equal(200);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect((await make(withEve)).status, 'a deleted room is gone').to.equal(200);
  });

  it('an INQUIRY of the same product takes the message; of another product it is another room', async () => {
    const [ann, shop] = [someone(), someone()];
    const body = roomBody([shop, ann], { roomType: 'INQUIRY', meta: { productId: 'p1' } });
    const first = (await make({ ...body, message: text(ann, '재고 있나요?') })).body;
    const second = (await make({ ...body, message: text(ann, '계신가요?') })).body;
    expect(second._id).to.equal(first._id);
    expect(second.lastSeq).to.equal(2);
    const silent = (await make(body)).body;
    expect([silent._id, silent.lastSeq], 'without a message nothing is written').to.deep.equal([
      first._id,
      2,
    ]);
    const other = await make({ ...body, meta: { productId: 'p2' }, message: text(ann, '이것은요?') });
    expect(other.body._id).not.to.equal(first._id);
    const texts = (await engine.platform.messages(first._id)).map(message => message.data.content.text);
    expect(texts).to.deep.equal(['재고 있나요?', '계신가요?']);
  });

  it('OPEN rooms may be there twice', async () => {
    const body = roomBody([someone()], { roomType: 'OPEN' });
    expect((await make(body)).body._id).not.to.equal((await make(body)).body._id);
  });

  it('two identical requests at the same moment make one room', async () => {
    const body = roomBody([someone(), someone()]);
    const answers = await Promise.all([make(body), make(body)]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 500]);
    expectRefusal(
      answers.find(({ status }) => status === 500)!,
      500,
      'ROOM_ALREADY_EXISTS',
    );
    expect(await roomsOf(body['joinUsers'][0]._id)).to.have.length(1);
  });

  it('fifteen identical requests for each of three rooms at the same moment make three rooms', async () => {
    const bodies = Array.from({ length: 3 }, () => roomBody([someone(), someone(), someone()]));
    const all: Promise<Response>[][] = bodies.map(() => []);
    for (let i = 0; i < 15; i++) bodies.forEach((body, room) => all[room]!.push(make(body)));
    for (const [i, answers] of all.entries()) {
      const made = (await Promise.all(answers)).filter(({ status }) => status === 200);
      expect(made).to.have.length(1);
      const rooms = await roomsOf(bodies[i]!['joinUsers'][0]._id);
      expect(rooms.map((room: { _id: string }) => room._id)).to.deep.equal([made[0]!.body._id]);
      expect((await engine.platform.messages(rooms[0]._id)).map(message => message.seq)).to.deep.equal([1]);
    }
  });

  it('ten identical inquiries at the same moment make one room with ten messages', async () => {
    const [ann, shop] = [someone(), someone()];
    const body = roomBody([shop, ann], { roomType: 'INQUIRY', meta: { productId: 'p' } });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => make({ ...body, message: text(ann, `질문 ${i}`) })),
    );
    expect(new Set(answers.map(({ body: room }) => room._id)).size).to.equal(1);
    const messages = await engine.platform.messages(answers[0]!.body._id);
    expect(messages.map(message => message.seq)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(messages.map(message => message.data.content.text)).size).to.equal(10);
  });
});
