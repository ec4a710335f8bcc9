import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

describe('DELETE /chat/rooms/:id/members/:userId', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const remove = (roomId: string, userId: string) =>
    engine.platform.call('DELETE', `/chat/rooms/${roomId}/members/${userId}`);

  it('puts the member out, live; nothing that comes later reaches them', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    await b.do('joinRoom', room._id);
    expect((await remove(room._id, bob)).body).to.deep.equal({ result: true });
    const farewell = await b.frame('listenRoom', ({ joinUsers }) => joinUsers.length === 0);
    expect(farewell._id).to.equal(room._id);
    await a.frame('listenRoom', ({ joinUserCount }) => joinUserCount === 1);
    b.forget();
    await engine.platform.write(room._id, '뒷이야기');
    await b.settled();
    expect(b.frames).to.deep.equal([]);
    expect((await b.ask('queryRoom', { roomId: room._id })).error).to.equal('ROOM_NO_EXISTS');
  });

  it('writes an ADMIN message that says who is out', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    await remove(room._id, bob);
    const last = (await engine.platform.messages(room._id)).at(-1)!;
    expect([last.data.type, last.author.authorId]).to.deep.equal(['ADMIN', 'ADMIN']);
    expect(last.meta).to.deep.include({ event: 'member.removed', userIds: [bob] });
  });

  it('when the last master goes, the oldest member becomes master', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    const room = await engine.platform.room([ann, bob, eve]);
    await remove(room._id, ann);
    const { joinUsers } = await engine.platform.do('GET', `/chat/rooms/${room._id}`);
    expect(joinUsers.map(({ _id, master }: any) => [_id, master])).to.deep.equal([
      [bob, true],
      [eve, false],
    ]);
  });

  it('goes on in a frozen room', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob], { rules: { isFreezed: true } });
    expect((await remove(room._id, bob)).status).to.equal(200);
  });

  it('who is not a member is 404 USER_NO_EXISTS, ten at once too', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob]);
    expectRefusal(await remove(room._id, someone()), 404, 'USER_NO_EXISTS');
    const answers = await Promise.all(Array.from({ length: 10 }, () => remove(room._id, bob)));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, 404, 'USER_NO_EXISTS');
    expect(await engine.platform.messages(room._id)).to.have.length(2);
  });

  it('unknown rooms and foreign ones are 404 ROOM_NO_EXISTS', async () => {
    const bob = someone();
    const room = await engine.platform.room([someone(), bob]);
    expectRefusal(await remove(NOWHERE, bob), 404, 'ROOM_NO_EXISTS');
    const { platform } = await newKeyFor(engine, { links: ['another'] });
    expectRefusal(
      await platform.call('DELETE', `/chat/rooms/${room._id}/members/${bob}`),
      404,
      'ROOM_NO_EXISTS',
    );
  });
});
