import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { encodeFrame, Outbox, takesDirectWay } from '../../src/protocols/kit/outbox.ts';
import { ChatClient, newKey } from '../helpers/client.ts';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

describe('the outbox with the installed Socket.IO', () => {
  const http = createServer();
  const server = new Server(http, { destroyUpgrade: false, perMessageDeflate: false });
  const outbox = new Outbox(64 * 1_048_576);
  let url: string;
  before(async () => {
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(async () => {
    await server.close();
  });

  /** Both ends of a connection to a namespace of its own, once the client has said hello. */
  async function pair(
    transports: string[],
  ): Promise<{ mine: Socket; theirs: ReturnType<typeof io>; name: string }> {
    const name = `/${someone('n')}`;
    const mine = new Promise<Socket>(resolve =>
      server.of(name).on('connection', socket => socket.once('hello', () => resolve(socket))),
    );
    const theirs = io(url + name, { transports, forceNew: true, reconnection: false });
    theirs.emit('hello');
    return { mine: await mine, theirs, name };
  }

  it('sends the direct way over WebSocket, and the ordinary way over long polling', async () => {
    const fast = await pair(['websocket']);
    expect(takesDirectWay(fast.mine)).to.equal(true);
    const slow = await pair(['polling']);
    expect(takesDirectWay(slow.mine)).to.equal(false);
    for (const { theirs } of [fast, slow]) theirs.close();
  });

  for (const transport of ['websocket', 'polling']) {
    it(`frames of every size arrive whole over ${transport}, in order with packets, binary ones and acks of Socket.IO's own`, async () => {
      const { mine, theirs, name } = await pair([transport]);
      const got: string[] = [];
      const done = new Promise<void>(resolve => theirs.once('end', () => resolve()));
      theirs.onAny((event: string, data: unknown) =>
        got.push(
          `${event}:${Buffer.isBuffer(data) ? data.length : (data as { n: number; text: string }).text.length}`,
        ),
      );
      mine.on('ask', (n: number, ack: (n: number) => void) => {
        send('before-ack', n);
        ack(n);
      });
      const send = (event: string, length: number) =>
        outbox.send(mine, encodeFrame(name, event, JSON.stringify({ text: '가'.repeat(length) })));
      const wanted: string[] = [];
      for (const [i, length] of [0, 1, 30, 41, 42, 60, 200, 21_000, 22_000, 70_000].entries()) {
        send('direct', length);
        mine.emit('own', { text: 'x'.repeat(i) });
        if (i % 3 === 0) mine.emit('binary', Buffer.alloc(i + 1));
        wanted.push(`direct:${length}`, `own:${i}`, ...(i % 3 === 0 ? [`binary:${i + 1}`] : []));
      }
      for (const n of [1, 2, 3]) {
        theirs.emit('ask', n, (answer: number) => got.push(`ack:${answer}`));
        wanted.push(`before-ack:${n}`, `ack:${n}`);
      }
      theirs.emit('ask', 4, () => send('end', 0));
      wanted.push('before-ack:4', 'end:0');
      await done;
      expect(got).to.deep.equal(wanted);
      theirs.close();
    });
  }

  it('nothing is lost or turned round while a connection goes from long polling to WebSocket', async () => {
    const { mine, theirs, name } = await pair(['polling', 'websocket']);
    const got: number[] = [];
    theirs.on('n', ({ n }: { n: number }) => got.push(n));
    const upgraded = new Promise<void>(resolve => {
      if (mine.conn.transport.name === 'websocket') resolve();
      else mine.conn.once('upgrade', () => resolve());
    });
    let n = 0;
    const pump = setInterval(() => outbox.send(mine, encodeFrame(name, 'n', JSON.stringify({ n: n++ }))), 1);
    await upgraded;
    clearInterval(pump);
    for (let i = 0; i < 50; i++) outbox.send(mine, encodeFrame(name, 'n', JSON.stringify({ n: n++ })));
    await new Promise(
      resolve => theirs.emit('hello-again', resolve) && mine.once('hello-again', (ack: () => void) => ack()),
    );
    expect(got).to.deep.equal(Array.from({ length: n }, (_, i) => i));
    theirs.close();
  });
});

describe('frames and acks of the chat', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const connect = (id: string, transport: string) =>
    ChatClient.connect(`${engine.url}/chat`, engine.token(id), id, { transports: [transport] });

  it('a polling client gets the same frames in the same order as a WebSocket client', async () => {
    const [ann, wes, pol] = [someone(), someone(), someone()];
    const room = await engine.platform.room([ann, wes, pol]);
    const [a, w, p] = [
      await engine.connect(ann),
      await connect(wes, 'websocket'),
      await connect(pol, 'polling'),
    ];
    for (const client of [w, p]) await client.do('joinRoom', room._id);
    for (let i = 0; i < 5; i++) {
      await Promise.all(Array.from({ length: 10 }, (_, n) => a.send(room._id, `${i}-${n}`)));
      const message = await a.send(room._id, '고칠 글');
      await engine.platform.do('PATCH', `/chat/messages/${message._id}`, {
        data: { type: 'TEXT', content: '고친 글' },
      });
      if (i % 2 === 0) await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    }
    await Promise.all([w.settled(), p.settled()]);
    const messagesOf = (client: ChatClient) => client.of(`listenMessage_${room._id}`);
    expect(messagesOf(w)).to.have.length(63);
    expect(messagesOf(p)).to.deep.equal(messagesOf(w));
    const lastOf = (client: ChatClient) =>
      client.of('updateRoomLastMessage').map(({ lastMessage }) => [lastMessage.seq, lastMessage.data]);
    expect(lastOf(p)).to.deep.equal(lastOf(w));
    for (const client of [w, p]) client.close();
  });

  for (const transport of ['websocket', 'polling']) {
    it(`over ${transport} acks come in the order of the sends, each behind the frame of its own message`, async () => {
      const ann = someone();
      const room = await engine.platform.room([ann]);
      const a = await connect(ann, transport);
      await a.do('joinRoom', room._id);
      const order: string[] = [];
      a.socket.on(`listenMessage_${room._id}`, ({ data }: any) => order.push(`frame ${data.content.text}`));
      const acks = Array.from({ length: 40 }, (_, i) => {
        const payload = { syncKey: newKey(), roomId: room._id, data: { type: 'TEXT', content: `${i}` } };
        return new Promise<void>(resolve =>
          a.socket.emit('sendMessage', payload, (answer: any) => {
            order.push(`ack ${answer.data.message.data.content.text}`);
            resolve();
          }),
        );
      });
      await Promise.all(acks);
      const numbers = Array.from({ length: 40 }, (_, i) => i);
      expect(order.filter(entry => entry.startsWith('frame'))).to.deep.equal(numbers.map(i => `frame ${i}`));
      expect(order.filter(entry => entry.startsWith('ack'))).to.deep.equal(numbers.map(i => `ack ${i}`));
      for (const i of numbers) expect(order.indexOf(`frame ${i}`)).to.be.lessThan(order.indexOf(`ack ${i}`));
      a.close();
    });
  }
});
