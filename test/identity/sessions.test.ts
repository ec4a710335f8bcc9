import { expect } from 'chai';
import { ChatClient } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

const HOUR = 3_600_000;

describe('a token that ends during the connection', () => {
  let engine: Engine;
  let ahead = 0;
  before(async () => {
    engine = await startEngine({ clock: { now: () => Date.now() + ahead } });
  });
  beforeEach(() => {
    ahead = 0;
  });
  after(() => engine.close());

  const connect = (token: string) => ChatClient.connect(`${engine.url}/chat`, token);
  const ended = (client: ChatClient) =>
    new Promise<string>(resolve => client.socket.once('disconnect', reason => resolve(reason)));

  it('is told with tokenExpired and closed in the namespace; who has time left stays', async () => {
    const [short, long] = [
      await connect(engine.token(someone(), 'n', 60)),
      await connect(engine.token(someone(), 'n', 7_200)),
    ];
    const end = ended(short);
    ahead = HOUR;
    expect(await short.frame('tokenExpired')).to.deep.equal({});
    expect(await end).to.equal('io server disconnect');
    await long.settled();
    expect(long.of('tokenExpired')).to.deep.equal([]);
    long.close();
  });

  it('refreshToken in time keeps the connection, what it views, and takes the new nick', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const a = await connect(engine.token(ann, '앤', 60));
    const sentinel = await connect(engine.token(bob, '밥', 60));
    await a.do('joinRoom', room._id);
    expect(await a.do('refreshToken', { token: engine.token(ann, '새 앤', 7_200) })).to.deep.equal({
      result: true,
    });
    ahead = HOUR;
    await sentinel.frame('tokenExpired');
    expect(a.of('tokenExpired')).to.deep.equal([]);
    const message = await a.send(room._id, '아직 있어요');
    expect(message.author.nickName).to.equal('새 앤');
    await a.frame(`listenMessage_${room._id}`, ({ _id }) => _id === message._id);
    a.close();
  });

  it('refreshToken of another user is CLIENT_ID_NO_EXISTS, and the socket keeps its identity and its end', async () => {
    const [ann, eve] = [someone(), someone()];
    const room = await engine.platform.room([ann]);
    const a = await connect(engine.token(ann, 'n', 60));
    expect((await a.ask('refreshToken', { token: engine.token(eve, 'e', 7_200) })).error).to.equal(
      'CLIENT_ID_NO_EXISTS',
    );
    expect((await a.send(room._id, '나예요')).author.authorId).to.equal(ann);
    ahead = HOUR;
    await a.frame('tokenExpired');
  });

  it('refreshToken with a bad token is refused, and the socket stays as it was', async () => {
    const ann = someone();
    const a = await connect(engine.token(ann, 'n', 60));
    const answers = [];
    for (const token of [engine.token(ann, 'n', -5), 'x', '', 5, null])
      answers.push((await a.ask('refreshToken', { token })).error);
    expect(answers).to.deep.equal([
      'TOKEN_EXPIRED',
      'TOKEN_INVALID',
      'INVALID_PAYLOAD',
      'INVALID_PAYLOAD',
      'INVALID_PAYLOAD',
    ]);
    expect((await a.ask('refreshToken')).error).to.equal('INVALID_PAYLOAD');
    expect(await a.rooms()).to.deep.equal([]);
    a.close();
  });

  it('a revoked token cannot be brought back by refreshToken', async () => {
    const ann = someone();
    const old = engine.token(ann);
    const fresh = await connect(engine.token(ann));
    const end = ended(fresh);
    ahead = 2_000;
    await engine.platform.do('POST', `/chat/users/${ann}/revokeTokens`);
    expect(await end).to.equal('io server disconnect');
    const refusal = await connect(old).catch((error: unknown) => error);
    expect(refusal).to.deep.include({ data: { code: 'TOKEN_INVALID' } });
  });

  it('every connection of a deleted user is closed for good', async () => {
    const ann = someone();
    const token = engine.token(ann);
    const clients = [await connect(token), await connect(token)];
    const ends = clients.map(ended);
    ahead = 2_000;
    await engine.platform.do('DELETE', `/chat/users/${ann}`);
    expect(await Promise.all(ends)).to.deep.equal(['io server disconnect', 'io server disconnect']);
    expect(await connect(token).catch((error: unknown) => error)).to.deep.include({
      data: { code: 'TOKEN_INVALID' },
    });
  });
});
