import { request } from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { ChatClient } from '../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

type Refusal = Error & { data: unknown };
const refusalOf = (connecting: Promise<unknown>): Promise<Refusal> =>
  connecting.then(
    () => expect.fail('was let in'),
    (error: unknown) => error as Refusal,
  );
const closed = (client: ChatClient) => new Promise(resolve => client.socket.once('disconnect', resolve));

describe('a connection to /chat', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('is refused with `not authorized` and data.code alone', async () => {
    const refusal = await refusalOf(ChatClient.connect(`${engine.url}/chat`, 'x'));
    expect([refusal.message, refusal.data]).to.deep.equal(['not authorized', { code: 'TOKEN_INVALID' }]);
    const expired = await refusalOf(
      ChatClient.connect(`${engine.url}/chat`, engine.token(someone(), 'n', -5)),
    );
    expect([expired.message, expired.data]).to.deep.equal(['not authorized', { code: 'TOKEN_EXPIRED' }]);
  });

  it('takes the token from the query too, but what stands in auth goes first', async () => {
    const token = engine.token(someone());
    const query = { token };
    (await ChatClient.connect(`${engine.url}/chat`, undefined, '', { query, auth: {} })).close();
    (
      await ChatClient.connect(`${engine.url}/chat`, undefined, '', {
        query: { token: 'x' },
        auth: { token },
      })
    ).close();
    const refusal = await refusalOf(ChatClient.connect(`${engine.url}/chat`, 'x', '', { query }));
    expect(refusal.data).to.deep.equal({ code: 'TOKEN_INVALID' });
  });

  it('works over long polling and upgrades from it', async () => {
    const client = await ChatClient.connect(`${engine.url}/chat`, engine.token(someone()), '', {
      transports: ['polling', 'websocket'],
    });
    await new Promise<void>(resolve => {
      if (client.socket.io.engine.transport.name === 'websocket') resolve();
      else client.socket.io.engine.once('upgrade', () => resolve());
    });
    expect(await client.rooms()).to.deep.equal([]);
    client.close();
  });

  it('enters the user into the directory with what the token says, and a later token updates it', async () => {
    const ann = someone();
    (await ChatClient.connect(`${engine.url}/chat`, engine.token(ann, '앤'))).close();
    expect((await engine.platform.do('GET', `/chat/users/${ann}`)).nickName).to.equal('앤');
    const room = await engine.platform.room([someone(), ann]);
    (await ChatClient.connect(`${engine.url}/chat`, engine.token(ann, '새 앤'))).close();
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).joinUsers[1].nickName).to.equal(
      '새 앤',
    );
  });

  it('a namespace that there is not is refused', async () => {
    expect(
      (await refusalOf(ChatClient.connect(`${engine.url}/nowhere`, engine.token(someone())))).message,
    ).to.equal('Invalid namespace');
  });

  it('serves the browser bundle', async () => {
    const response = await fetch(`${engine.url}/socket.io/socket.io.js`);
    expect([response.status, (await response.text()).includes('Socket.IO v4')]).to.deep.equal([200, true]);
  });

  it('raw WebSockets elsewhere are refused at once, and the server goes on', async () => {
    for (const path of ['/', '/chat', '/socket.iox/?EIO=4&transport=websocket', '/ws/nothing']) {
      const ws = new WebSocket(engine.url.replace('http', 'ws') + path);
      const status = await new Promise(resolve => {
        ws.once('unexpected-response', (_request, response) => resolve(response.statusCode));
        ws.once('error', error => resolve(error.message));
        ws.once('open', () => resolve('open'));
      });
      ws.terminate();
      expect(status, path).to.equal(404);
    }
    (await engine.connect(someone())).close();
  });
});

describe('connections of one user', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { CONNECTIONS_PER_USER: '2' } });
  });
  after(() => engine.close());

  it('beyond CONNECTIONS_PER_USER are refused; one that is closed makes room; others are not hurt', async () => {
    const ann = someone();
    const [one, two] = [await engine.connect(ann), await engine.connect(ann)];
    const refusal = await refusalOf(engine.connect(ann));
    expect([refusal.message, refusal.data]).to.deep.equal([
      'not authorized',
      { code: 'TOO_MANY_CONNECTIONS' },
    ]);
    await engine.connect(someone());
    const gone = closed(two);
    two.close();
    await gone;
    await one.settled();
    await engine.connect(ann);
  });

  it('are counted right when many come at the same moment', async () => {
    const ann = someone();
    const token = engine.token(ann);
    const coming = Array.from({ length: 8 }, () =>
      ChatClient.connect(`${engine.url}/chat`, token).catch(() => null),
    );
    const clients = (await Promise.all(coming)).filter(client => client !== null);
    const answered = (client: ChatClient) => client.do('listenRooms').then(() => 'answered', String);
    const alive = clients.filter(client => client.socket.connected);
    const ends = await Promise.all(alive.map(client => Promise.race([answered(client), closed(client)])));
    expect(ends.filter(end => end === 'answered')).to.have.length(2);
    for (const client of clients) client.close();
  });
});

describe('connections from one address', () => {
  const engines: Engine[] = [];
  after(() => Promise.all(engines.map(engine => engine.close())));
  const start = async (env: Record<string, string>) => {
    const engine = await startEngine({ env: { CONNECTIONS_PER_ADDRESS: '2', ...env } });
    engines.push(engine);
    const connect = (forwarded?: string) =>
      ChatClient.connect(`${engine.url}/chat`, engine.token(someone()), '', {
        ...(forwarded === undefined ? {} : { extraHeaders: { 'x-forwarded-for': forwarded } }),
      });
    return connect;
  };
  const code = async (connecting: Promise<unknown>) => (await refusalOf(connecting)).data;

  it('beyond CONNECTIONS_PER_ADDRESS are refused, and X-Forwarded-For of a stranger does not help', async () => {
    const connect = await start({});
    const first = await connect('10.0.0.1');
    await connect('10.0.0.2');
    expect(await code(connect('10.0.0.3'))).to.deep.equal({ code: 'TOO_MANY_CONNECTIONS' });
    expect(await code(connect())).to.deep.equal({ code: 'TOO_MANY_CONNECTIONS' });
    first.close();
  });

  it('behind a trusted proxy each address counts for itself, and what the client claims before it does not', async () => {
    const connect = await start({ TRUSTED_PROXIES: '127.0.0.1, 10.9.0.0/16' });
    for (let i = 0; i < 2; i++) await connect('1.1.1.1');
    expect(await code(connect('1.1.1.1'))).to.deep.equal({ code: 'TOO_MANY_CONNECTIONS' });
    expect(await code(connect('6.6.6.6, 1.1.1.1')), 'a forged first hop').to.deep.equal({
      code: 'TOO_MANY_CONNECTIONS',
    });
    expect(await code(connect('1.1.1.1, 10.9.3.4')), 'two trusted hops').to.deep.equal({
      code: 'TOO_MANY_CONNECTIONS',
    });
    await connect('2.2.2.2');
    await connect('2.2.2.2, 3.3.3.3');
  });
});

describe('the Origin of a connection', () => {
  const engines: Engine[] = [];
  after(() => Promise.all(engines.map(engine => engine.close())));
  const start = async (env: Record<string, string>) => {
    const engine = await startEngine({ env });
    engines.push(engine);
    return engine;
  };
  /** The status of a raw WebSocket upgrade with this Origin; 101 is let in. */
  const upgrade = (engine: Engine, origin: string | undefined) =>
    new Promise<number>((resolve, reject) => {
      const ws = new WebSocket(`${engine.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
        headers: origin === undefined ? {} : { origin },
      });
      ws.once('unexpected-response', (_request, response) => resolve(response.statusCode!));
      ws.once('open', () => resolve(101));
      ws.once('error', reject);
      ws.once('open', () => ws.terminate());
    });
  const poll = async (engine: Engine, origin: string | undefined) => {
    const url = `${engine.url}/socket.io/?EIO=4&transport=polling`;
    const answer = await new Promise<{ status: number; allowed: unknown; text: string }>(
      (resolve, reject) => {
        const headers = origin === undefined ? {} : { origin };
        request(url, { headers, agent: false }, response => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          const allowed = response.headers['access-control-allow-origin'];
          response.on('end', () => resolve({ status: response.statusCode!, allowed, text }));
        })
          .once('error', reject)
          .end();
      },
    );
    const sid = /"sid":"([^"]+)"/.exec(answer.text)?.[1];
    // "1" closes the session, so that nothing waits for its next poll.
    if (sid)
      await fetch(`${url}&sid=${sid}`, {
        method: 'POST',
        body: '1',
        headers: { 'content-type': 'text/plain' },
      });
    return answer;
  };

  it('must be on the allow-list, over WebSocket and long polling; `null` is foreign; none at all is fine', async () => {
    const engine = await start({ ALLOWED_ORIGINS: 'https://a.example.com, https://b.example.com:8443' });
    for (const origin of [undefined, 'https://a.example.com', 'https://b.example.com:8443']) {
      expect(await upgrade(engine, origin), `${origin}`).to.equal(101);
      expect((await poll(engine, origin)).status, `${origin}`).to.equal(200);
    }
    const foreign = [
      'null',
      'https://evil.example.com',
      'http://a.example.com',
      'https://b.example.com',
      'https://a.example.com.evil.com',
    ];
    for (const origin of foreign) {
      expect(await upgrade(engine, origin), origin).to.be.within(400, 403);
      const polled = await poll(engine, origin);
      expect(polled.status, origin).to.be.within(400, 403);
      expect(polled.allowed, origin).to.equal(undefined);
    }
  });

  it('without DEV is that of PUBLIC_URL when no list is given', async () => {
    const engine = await start({ PUBLIC_URL: 'https://chat.example.com/sub/' });
    expect(await upgrade(engine, 'https://chat.example.com')).to.equal(101);
    for (const origin of ['https://example.com', 'null'])
      expect(await upgrade(engine, origin)).to.be.within(400, 403);
  });

  it('without DEV, a list and PUBLIC_URL, none is allowed', async () => {
    const engine = await start({});
    for (const origin of ['https://example.com', engine.url, 'null'])
      expect(await upgrade(engine, origin)).to.be.within(400, 403);
    expect(await upgrade(engine, undefined)).to.equal(101);
  });

  it('with DEV is anything but `null`', async () => {
    const engine = await start({ DEV: 'true' });
    expect(await upgrade(engine, 'http://localhost:5173')).to.equal(101);
    expect((await poll(engine, 'http://localhost:5173')).allowed).to.be.oneOf(['*', 'http://localhost:5173']);
    expect(await upgrade(engine, 'null')).to.be.within(400, 403);
  });
});
