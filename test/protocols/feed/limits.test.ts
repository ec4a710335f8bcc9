import { expect } from 'chai';
import { readConfig } from '../../../src/config.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { endStreams, FeedClient, streamUrl } from '../../helpers/feed.ts';
import { someone } from '../../helpers/people.ts';

const PING = 30_000;

describe('feed: limits of the stream', () => {
  let engine: Engine;
  /** Instead of waiting for half a minute: what the server does then. */
  const pings: (() => void)[] = [];

  before(async () => {
    const real = globalThis.setInterval;
    globalThis.setInterval = ((work: () => void, milliseconds: number) => {
      if (milliseconds === PING) pings.push(work);
      return real(work, milliseconds);
    }) as typeof setInterval;
    engine = await startEngine({ env: { FEEDS_PER_USER: '4', MAX_OUTGOING_BYTES: '1000000' } });
    globalThis.setInterval = real;
  });
  afterEach(() => expect(endStreams()).to.deep.equal([]));
  after(() => engine.close());

  const open = (userId: string, room: { no: number }) => FeedClient.open(engine, room, engine.token(userId));

  it('lets a user have three streams of a room and FEEDS_PER_USER over all', async () => {
    const ann = someone('ann');
    const rooms = [await engine.platform.room([ann, 'x']), await engine.platform.room([ann, 'y'])] as const;
    const streams = [];
    for (let i = 0; i < 3; i++) streams.push(await open(ann, rooms[0]));
    expect(await (await open(ann, rooms[0])).code(), 'a fourth one of a room').to.equal(4429);
    streams.push(await open(ann, rooms[1]));
    expect(await (await open(ann, rooms[1])).code(), 'a fifth one').to.equal(4429);
    const other = await open('x', rooms[0]);
    streams[0]!.close();
    streams[1]!.close();
    await Promise.all([streams[0]!.code(), streams[1]!.code()]);
    const again = await open(ann, rooms[1]);
    await engine.platform.write(rooms[1]._id, 'still here');
    await again.frame('message');
    expect([streams[2]!.closed, other.closed]).to.deep.equal([null, null]);
  });

  it('closes with 1009 after a client frame above 1 KiB, and ignores smaller ones', async () => {
    const ann = someone('ann');
    const room = await engine.platform.room([ann, 'x']);
    const feed = await open(ann, room);
    feed.socket.send('x'.repeat(1_024));
    feed.socket.send('{"type":"message","data":{}}');
    feed.socket.send(Buffer.alloc(1_024));
    await engine.platform.write(room._id, 'still open');
    await feed.frame('message');
    feed.socket.send('x'.repeat(1_025));
    expect(await feed.code()).to.equal(1009);
    expect((await engine.platform.messages(room._id)).map(({ data }) => data.content.text)).to.include(
      'still open',
    );
  });

  it('pings every 30 s and ends who has missed two pongs', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob]);
    const alive = await open(ann, room);
    const dead = new FeedClient(streamUrl(engine, room.no, { token: engine.token(bob) }), {
      autoPong: false,
    });
    await dead.ready();
    expect(pings).to.have.length(1);
    for (let round = 0; round < 3; round++) {
      const pinged = new Promise(resolve => alive.socket.once('ping', resolve));
      pings[0]!();
      await pinged;
      // Behind the pong of the living one on its way: what the server hears next.
      await engine.platform.write(room._id, `round ${round}`);
      await alive.frame('message', frame => frame.data.message === `round ${round}`);
    }
    expect(await dead.code(), 'ended without a word').to.equal(1006);
    expect(dead.of('message')).to.have.length(2);
    expect(alive.closed).to.equal(null);
  });

  it('closes with 4408 who does not read', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob]);
    const [slow, quick] = [await open(ann, room), await open(bob, room)];
    slow.socket.pause();
    const text = '가'.repeat(10_000);
    let sent = 0;
    const isClosed = async () =>
      /slow\w*(\{[^}]*\})? [1-9]/.test(await (await fetch(`${engine.url}/metrics`)).text());
    while (sent < 600 && !(await isClosed())) {
      await Promise.all(Array.from({ length: 20 }, () => engine.platform.write(room._id, text)));
      sent += 20;
    }
    expect(sent).to.be.below(600);
    slow.socket.resume();
    expect(await slow.code()).to.equal(4408);
    await quick.frame('message', () => quick.of('message').length === sent);
    expect(slow.of('message').length).to.be.below(sent);
  });

  it('closes with 4401 when the token ends', async () => {
    const ann = someone('ann');
    const room = await engine.platform.room([ann, 'x']);
    const feed = await FeedClient.open(engine, room, engine.token(ann, 'Ann', 1));
    expect(await feed.code()).to.equal(4401);
  });

  it('sends everybody away with 1001 when the server drains', async () => {
    const own = await startEngine();
    const room = await own.platform.room(['ann', 'bob']);
    const feed = await FeedClient.open(own, room, own.token('ann'));
    const closing = own.close();
    expect(await feed.code()).to.equal(1001);
    await closing;
  });

  it('does not start in production where a bare user_id would be believed', () => {
    const env = {
      NODE_ENV: 'production',
      MONGODB_URI: 'mongodb://localhost/x',
      JWT_SECRET: 'a-secret-of-thirty-two-bytes-or-more!!',
    };
    expect(() => readConfig({ ...env, FEED_TRUST_USER_ID: 'true' })).to.throw('FEED_TRUST_USER_ID');
    expect(readConfig(env).feedTrustUserId).to.equal(false);
    expect(readConfig({}).feedTrustUserId).to.equal(true);
    expect(readConfig({ FEED_TRUST_USER_ID: 'false' }).feedTrustUserId).to.equal(false);
  });
});
