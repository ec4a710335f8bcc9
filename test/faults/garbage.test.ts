import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { WebSocket, type RawData } from 'ws';
import type { ChatClient } from '../helpers/client.ts';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

/** Frames of Socket.IO that are no frames, or not quite. */
const FRAMES: readonly (string | Buffer)[] = [
  '',
  'nonsense',
  '9',
  '4',
  '42',
  '42/chat',
  '42/chat,',
  '42/chat,[',
  '42/chat,[]',
  '42/chat,{}',
  '42/chat,[null]',
  '42/chat,[{}]',
  '42/chat,[["queryRoom"]]',
  '42/chat,[5,{}]',
  '42/chat,["disconnect"]',
  '42/chat,["disconnecting","x"]',
  '42/chat,["connection"]',
  '42/chat,["error",{}]',
  '42/chat,99999999999999999999["queryRoom",{}]',
  '42/nowhere,["queryRoom",{}]',
  '43/chat,7[]',
  '43/chat,7["x"]',
  '44/chat,"x"',
  '40/chat,',
  '40/chat,{"token":',
  '45/chat,["queryRoom",{"_placeholder":true,"num":0}]',
  '451-/chat,["queryRoom",{"_placeholder":true,"num":9}]',
  '4599999-/chat,["queryRoom",{"_placeholder":true,"num":0}]',
  '451-/chat,["queryRoom",{"_placeholder":true,"num":"constructor"}]',
  '461-/chat,3[{"_placeholder":true,"num":0}]',
  Buffer.from([0, 1, 2, 255]),
  Buffer.alloc(0),
  '2probe',
  '3',
  '5',
  '6',
  '1',
  `42/chat,["queryRoom",${'['.repeat(20_000)}${']'.repeat(20_000)}]`,
  `42/chat,["queryRoom",{"roomId":"${'\\ud800'.repeat(1_000)}"}]`,
  '42/chat,["queryRoom",{"__proto__":{"polluted":1}}]',
];

const textOf = (data: RawData): string => (data as Buffer).toString();

describe('garbage on the wire', () => {
  let engine: Engine;
  let witness: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    witness = await engine.connect(someone('witness'));
  });
  afterEach(async () => {
    await witness.settled();
    expect((await engine.platform.call('GET', '/healthz')).status).to.equal(200);
  });

  const open = async (query = ''): Promise<WebSocket> => {
    const socket = new WebSocket(
      `${engine.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`,
    );
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  };
  /** Resolves when the server has closed it, or has answered what came after. */
  const ended = (socket: WebSocket): Promise<unknown> =>
    new Promise(resolve => {
      socket.on('close', resolve);
      socket.on('message', data => textOf(data).includes('INVALID_PAYLOAD') && resolve('answered'));
      if (socket.readyState === WebSocket.CLOSED) resolve('closed');
      socket.send('42/chat,77["no such event"]');
    });

  it('frames before a login close that connection at most', async () => {
    for (const frame of FRAMES) {
      const socket = await open();
      socket.send(frame);
      socket.send('2probe');
      socket.terminate();
    }
  });

  it('frames after a login close that connection at most, and never another', async () => {
    for (const frame of FRAMES) {
      const socket = await open();
      const admitted = new Promise(resolve =>
        socket.on('message', data => textOf(data).startsWith('40/chat') && resolve(null)),
      );
      socket.send(`40/chat,${JSON.stringify({ token: engine.token(someone('rude')) })}`);
      await admitted;
      socket.send(frame);
      await ended(socket);
      socket.terminate();
      await witness.settled();
    }
  });

  it('a frame above the limit closes the connection', async () => {
    const socket = await open();
    const closed = once(socket, 'close');
    socket.send('x'.repeat(1_200_000));
    expect((await closed)[0]).to.equal(1009);
  });

  it('bytes that are no HTTP, half requests and foreign upgrades do no harm', async () => {
    const port = Number(new URL(engine.url).port);
    const requests = [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      'GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n',
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      'GET /socket.io/?EIO=9&transport=constructor HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /socket.io/?EIO=4&transport=polling&sid=__proto__ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\n\0\0\0',
    ];
    for (const request of requests) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      const closed = once(socket, 'close');
      socket.end(request);
      await closed;
    }
  });
});
