import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { ChatClient } from '../helpers/client.ts';
import { SECRET, sharedEngine, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

const ask = async (engine: Engine, body: unknown) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${engine.url}/dev/token`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json' },
  });
  return { status: response.status, body: (await response.json()) as any };
};

describe('POST /dev/token', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { DEV: 'true' } });
  });
  after(() => engine.close());

  it('gives a token with which one connects', async () => {
    const ann = someone();
    const { status, body } = await ask(engine, { id: ann, nickName: '앤' });
    expect([status, Object.keys(body)]).to.deep.equal([200, ['token']]);
    expect(jwt.verify(body.token, SECRET, { algorithms: ['HS256'] })).to.deep.include({
      id: ann,
      nickName: '앤',
    });
    (await ChatClient.connect(`${engine.url}/chat`, body.token)).close();
    expect((await engine.platform.do('GET', `/chat/users/${ann}`)).nickName).to.equal('앤');
  });

  it('refuses wrong shapes, and is 404 without DEV', async () => {
    for (const body of [
      {},
      { id: '' },
      { id: {} },
      { id: 'x'.repeat(129) },
      { id: 'a', nickName: 5 },
      '{"',
      '[]',
    ]) {
      const answer = await ask(engine, body);
      expect([answer.status, answer.body.error], JSON.stringify(body)).to.deep.equal([
        400,
        'INVALID_PAYLOAD',
      ]);
    }
    const { status, body } = await ask(await sharedEngine(), { id: 'a' });
    expect([status, body.error]).to.deep.equal([404, 'NOT_FOUND']);
  });
});

describe('the demo data', () => {
  const database = `demo${process.pid}`;
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { DEV: 'true' }, database });
  });
  after(() => engine.close());

  it('has users 1 to 9, 123, 456 and 789, each with a nick and the e-mail that the samples show', async () => {
    for (const id of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '123', '456', '789']) {
      const user = await engine.platform.do('GET', `/chat/users/${id}`);
      expect(user.meta, id).to.deep.equal({ email: `user${id}@example.com` });
      expect(user.nickName, id).not.to.equal(id);
    }
  });

  it('has room 1 (GROUP, users 1 to 5 and 123, master 1), room 2 (DIRECT, 1 and 2), room 3 (OPEN), with messages', async () => {
    const { list } = await engine.platform.do('GET', '/chat/rooms');
    const rooms = list
      .map(({ no, roomType, joinUsers }: any) => ({
        no,
        roomType,
        people: joinUsers.map((user: any) => user._id + (user.master ? '*' : '')),
      }))
      .sort((a: any, b: any) => a.no - b.no);
    expect(rooms).to.have.length(3);
    expect(rooms[0]).to.deep.equal({ no: 1, roomType: 'GROUP', people: ['1*', '2', '3', '4', '5', '123'] });
    expect(rooms[1]).to.deep.equal({ no: 2, roomType: 'DIRECT', people: ['1', '2'] });
    expect(rooms[2]).to.deep.include({ no: 3, roomType: 'OPEN' });
    for (const room of list) {
      const messages = await engine.platform.messages(room._id);
      expect(messages.some(message => message.data.type === 'TEXT')).to.equal(true);
    }
  });

  it('users see their rooms with what is unread', async () => {
    const client = await engine.connect('2', '김철수');
    const rooms = await client.rooms();
    expect(rooms.map(room => room.no).sort()).to.deep.equal([1, 2]);
    expect(rooms.every(room => room.unReadMsgCount > 0)).to.equal(true);
    client.close();
  });

  it('is written once: another start, or rooms that are there, leave the database as it is', async () => {
    const again = await startEngine({ env: { DEV: 'true' }, database });
    const count = await again.database.connection.db!.collection('rooms').countDocuments();
    await again.close();
    expect(count).to.equal(3);
  });

  it('is not there without DEV', async () => {
    const bare = await startEngine();
    const { status } = await bare.platform.call('GET', '/chat/users/1');
    await bare.close();
    expect(status).to.equal(404);
  });
});
