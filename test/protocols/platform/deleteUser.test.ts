import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { someone } from '../../helpers/people.ts';
import { expectRefusal, roomBody } from './bodies.ts';

describe('DELETE /chat/users/:id', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const remove = (id: string) => engine.platform.call('DELETE', `/chat/users/${id}`);
  const room = (id: string) => engine.platform.do('GET', `/chat/rooms/${id}`);
  const masters = (joinUsers: { _id: string; master: boolean }[]) =>
    joinUsers.map(({ _id, master }) => [_id, master]);

  it('leaves all rooms; where they were the only master, GROUP and OPEN pass to the oldest member', async () => {
    const [ann, bob, eve] = [someone(), someone(), someone()];
    for (const roomType of ['GROUP', 'OPEN']) {
      const { _id } = await engine.platform.room([ann, bob, eve], { roomType });
      await remove(ann);
      const left = await room(_id);
      expect(masters(left.joinUsers), roomType).to.deep.equal([
        [bob, true],
        [eve, false],
      ]);
      expect(left.rules.isFreezed).to.equal(false);
    }
  });

  it('any other room without a master is frozen with MASTER_LEFT', async () => {
    const [shop, bob] = [someone(), someone()];
    const { _id } = await engine.platform.room([shop, bob], { roomType: 'INQUIRY' });
    const two = roomBody([], {
      roomType: 'INQUIRY',
      joinUsers: [shop, bob].map(id => ({ _id: id, nickName: 'n', master: true })),
    });
    const { _id: other } = await engine.platform.do('POST', '/chat/room', two);
    expect((await remove(shop)).body).to.deep.equal({ result: true });
    const frozen = await room(_id);
    expect(frozen).to.deep.include({ freezingReasonCode: 'MASTER_LEFT' });
    expect(frozen.rules.isFreezed).to.equal(true);
    expect(masters(frozen.joinUsers)).to.deep.equal([[bob, false]]);
    const still = await room(other);
    expect([still.rules.isFreezed, still.freezingReasonCode], 'another master is left').to.deep.equal([
      false,
      null,
    ]);
  });

  it('erases nick, picture and contact data from directory, memberships and authors; the messages stay', async () => {
    const [ann, bob] = [someone(), someone()];
    const secret = {
      nickName: '비밀이름',
      profileUrl: 'https://img.example.com/secret.png',
      meta: { email: 'secret@example.com' },
    };
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id: ann, ...secret }] });
    const made = await engine.platform.room([bob, ann]);
    await engine.platform.write(made._id, '남는 글', ann);
    await remove(ann);
    expectRefusal(await engine.platform.call('GET', `/chat/users/${ann}`), 404, 'USER_NO_EXISTS');
    const b = await engine.connect(bob);
    const messages = [...(await engine.platform.messages(made._id)), ...(await b.history(made._id))];
    expect(messages.filter(message => message.data.content.text === '남는 글')).to.have.length(2);
    const seen = JSON.stringify([
      messages.map(({ author }) => author),
      (await room(made._id)).joinUsers,
      (await b.rooms())[0]!.joinUsers,
    ]);
    expect(seen).not.to.match(/secret|비밀이름/);
    for (const name of ['users', 'memberships']) {
      const stored = JSON.stringify(await engine.database.connection.db!.collection(name).find().toArray());
      expect(stored, `what is stored in ${name}`).not.to.match(/secret\.png|secret@|비밀이름/);
    }
  });

  it('the ADMIN message that tells of it does not name them again', async () => {
    const [ann, bob] = [someone(), someone()];
    await engine.platform.do('PUT', '/chat/users', { users: [{ _id: ann, nickName: '비밀이름' }] });
    const made = await engine.platform.room([bob, ann]);
    await remove(ann);
    const last = (await engine.platform.messages(made._id)).at(-1)!;
    expect(last.meta).to.deep.include({ userIds: [ann] });
    expect(last.data.content.text).not.to.contain('비밀이름');
  });

  it('closes their connections and refuses their tokens', async () => {
    const [ann, bob] = [someone(), someone()];
    await engine.platform.room([bob, ann]);
    const a = await engine.connect(ann);
    const closed = new Promise(resolve => a.socket.once('disconnect', resolve));
    await remove(ann);
    await a.frame('tokenExpired');
    expect(await closed).to.equal('io server disconnect');
    const refusal = await engine.connect(ann).catch((error: unknown) => error);
    expect(refusal).to.deep.include({ data: { code: 'TOKEN_INVALID' } });
  });

  it('who is provisioned again is a new person, and is in no room', async () => {
    const [ann, bob] = [someone(), someone()];
    await engine.platform.room([bob, ann]);
    await remove(ann);
    await engine.platform.people(ann);
    expect((await engine.platform.do('GET', `/chat/users/${ann}`)).nickName).to.equal(`nick ${ann}`);
    expect((await engine.platform.do('GET', `/chat/rooms?memberId=${ann}`)).list).to.deep.equal([]);
  });

  it('an unknown user is 404 USER_NO_EXISTS, and so is one who was deleted', async () => {
    const ann = someone();
    expectRefusal(await remove(ann), 404, 'USER_NO_EXISTS');
    await engine.platform.people(ann);
    expect((await remove(ann)).status).to.equal(200);
    expectRefusal(await remove(ann), 404, 'USER_NO_EXISTS');
  });
});
