import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

const MB = 1_048_576;
/** A masked ping with 100 bytes of payload: its pong is as large. */
const PING = Buffer.concat([Buffer.from([0x89, 0x80 | 100]), Buffer.alloc(4), Buffer.alloc(100, 'x')]);
const BLOCK = Buffer.concat(Array.from({ length: 10_000 }, () => PING));
const BLOCKS = 60;

/** Bytes in use after everything that can go is gone. */
function used(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('a flood of pings from a peer that never reads', () => {
  let engine: Engine;
  let peer: Socket;
  before(async () => {
    engine = await sharedEngine();
  });
  after(() => void peer?.destroy());

  /** Upgrades by hand and never reads a byte after it. */
  async function upgraded(): Promise<Socket> {
    const { port, hostname } = new URL(engine.url);
    const socket = createConnection(Number(port), hostname);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    expect(head.toString()).to.contain(
      createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
    );
    return socket;
  }

  it('does not grow memory, and others go on', async () => {
    const friend = await engine.connect(someone());
    peer = await upgraded();
    peer.on('error', () => undefined);
    const before = used();
    let written = 0;
    for (let i = 0; i < BLOCKS && !peer.destroyed; i++) {
      if (!peer.write(BLOCK))
        await Promise.race([once(peer, 'drain'), once(peer, 'close')]).catch(() => undefined);
      written += BLOCK.length;
    }
    await friend.settled();
    const grown = (used() - before) / MB;
    expect(written / MB, 'the peer could send its flood, or was cut off').to.satisfy(
      (mb: number) => mb > 50 || peer.destroyed,
    );
    expect(grown, 'MB that stay').to.be.lessThan(15);
    expect((await friend.ask('listenRooms')).success).to.equal(true);
  });
});
