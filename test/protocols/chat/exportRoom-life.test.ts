import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { ChatClient } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { download, exported, textOf, type Finished, plain } from '../../helpers/exports.ts';
import { bearer, get, sharedDisk } from '../../helpers/files.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import type { MessageLog, ObjectStore, Stores } from '../../../src/domain/ports.ts';
import { inProcessBus } from '../../../src/services/bus.ts';

/** Holds reads of the log up until it is opened; whoever waits is counted. */
class Gate {
  waiting = 0;
  ranges = 0;
  #open: (() => void)[] | null = null;
  #arrived: (() => void)[] = [];

  close(): void {
    this.#open = [];
  }

  open(): void {
    const held = this.#open ?? [];
    this.#open = null;
    held.forEach(go => go());
  }

  /** Resolves when somebody waits at it. */
  async arrival(): Promise<void> {
    if (this.waiting === 0) await new Promise<void>(resolve => this.#arrived.push(resolve));
  }

  stores = (real: Stores): Stores => {
    const range: MessageLog['range'] = async (...args) => {
      this.ranges++;
      if (this.#open) {
        this.waiting++;
        this.#arrived.splice(0).forEach(tell => tell());
        await new Promise<void>(resolve => this.#open!.push(resolve));
        this.waiting--;
      }
      return real.log.range(...args);
    };
    return { ...real, log: { ...real.log, range } };
  };
}

describe('the life of an export', () => {
  const time = { ahead: 0 };
  const clock = { now: () => Date.now() + time.ahead };
  const gate = new Gate();
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await startEngine({ clock, stores: gate.stores });
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  after(() => engine.close());
  afterEach(() => gate.open());

  it('is one at a time per user, and says when to ask again', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'a');
    gate.close();
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'json' });
    const again = await ann.ask('exportRoom', { roomId: room._id, format: 'json' });
    expect(again.error).to.equal('RATE_LIMITED');
    expect(again.data.retryAfterMs).to.be.greaterThan(0);
    const other = await bob.do('exportRoom', { roomId: room._id, format: 'json' });
    gate.open();
    await ann.frame('exportFinished', frame => frame.exportId === exportId);
    await bob.frame('exportFinished', frame => frame.exportId === other.exportId);
    await exported(ann, room._id, 'json');
  });

  it('fails for somebody who is put out while it is made: nothing of it stays, and they may ask elsewhere', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'a');
    gate.close();
    const { exportId } = await bob.do('exportRoom', { roomId: room._id, format: 'json' });
    await gate.arrival();
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    gate.open();
    const finished = await bob.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
    expect(finished).to.deep.equal({ exportId, url: null, error: 'ROOM_NO_EXISTS' });
    expect((await get(engine.url, `/exports/${exportId}`, bearer(engine.token(bob.userId)))).status).to.equal(
      404,
    );
    expect(await sharedDisk().stat(`exports/${exportId}/1`)).to.equal(null);
    await exported(bob, (await roomOf([bob]))._id, 'json');
  });

  it('fails when the rules of the room change while it is made', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'a');
    gate.close();
    const { exportId } = await bob.do('exportRoom', { roomId: room._id, format: 'txt' });
    await gate.arrival();
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canCopyMessage: false } } });
    gate.open();
    const finished = await bob.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
    expect(finished.error).to.equal('YOU_HAVE_NO_AUTHORIZATION');
  });

  it('is nobody else’s: not by their token, not by another export’s signature, not without any', async () => {
    const room = await roomOf([ann, bob]);
    const [mine, theirs] = [await exported(ann, room._id, 'json'), await exported(bob, room._id, 'json')];
    const status = async (path: string, headers?: Record<string, string>) =>
      (await get(engine.url, path, headers)).status;
    const path = `/exports/${mine.exportId}`;
    expect(await status(path, bearer(engine.token(ann.userId)))).to.equal(200);
    expect(await status(path, bearer(engine.token(bob.userId)))).to.equal(404);
    expect(await status(path)).to.equal(401);
    expect(await status(path, bearer('nonsense'))).to.equal(401);
    expect(await status(mine.url!.replace(mine.exportId, theirs.exportId))).to.equal(404);
    expect(await status(mine.url!.replace(/&exp.*/, ''))).to.equal(400);
    expect(await status('/exports/nonsense', bearer(engine.token(ann.userId)))).to.equal(404);
    const { headers } = await get(engine.url, mine.url!);
    expect(headers.get('cache-control')).to.equal('private, no-store');
    expect(headers.get('content-security-policy')).to.include('sandbox');
  });

  it('is out of reach for who is out of the room, also when they come back and see less', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'a');
    const finished = await exported(bob, room._id, 'json');
    expect((await get(engine.url, finished.url!)).status).to.equal(200);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    expect((await get(engine.url, finished.url!)).status).to.equal(404);
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [bob.userId] });
    expect((await get(engine.url, finished.url!)).status).to.equal(404);
    const own = await exported(bob, room._id, 'json');
    expect(JSON.parse(await textOf(engine, own)).messages).to.deep.equal(plain(await bob.history(room._id)));
  });

  it('has a link for an hour and is gone with its object after a day', async () => {
    const room = await roomOf([ann, bob]);
    const { exportId, url } = await exported(ann, room._id, 'json');
    time.ahead += 3_601_000;
    expect((await get(engine.url, url!)).status).to.equal(404);
    time.ahead = 0;
    const token = engine.token(ann.userId, 'ann', 100_000);
    expect((await get(engine.url, `/exports/${exportId}`, bearer(token))).status).to.equal(200);
    time.ahead += 86_401_000;
    expect((await get(engine.url, `/exports/${exportId}`, bearer(token))).status).to.equal(404);
    await engine.app.chat.exports.look();
    expect(await sharedDisk().stat(`exports/${exportId}/1`)).to.equal(null);
    expect(await engine.database.exports.countDocuments({ file: { $ne: null } })).to.equal(0);
    time.ahead = 0;
  });

  it('goes with the person who is deleted', async () => {
    const [eve] = await guests(engine, 'eve');
    const finished = await exported(eve, (await roomOf([eve, ann]))._id, 'json');
    await engine.platform.do('DELETE', `/chat/users/${eve.userId}`);
    expect((await get(engine.url, finished.url!)).status).to.equal(404);
    expect(await engine.database.exports.countDocuments({ 'by.id': eve.userId })).to.equal(0);
    expect(await sharedDisk().stat(`exports/${finished.exportId}/1`)).to.equal(null);
  });

  it('is limited to so many a day', async () => {
    const small = await startEngine({ env: { EXPORTS_PER_DAY: '2' } });
    const [eve] = await guests(small, 'eve');
    const room = await roomOf([eve]);
    for (let i = 0; i < 2; i++) await exported(eve, room._id, 'json');
    expect(await errorOf(eve, 'exportRoom', { roomId: room._id, format: 'json' })).to.equal('RATE_LIMITED');
    await small.close();
  });

  it('is tried again when the store of files breaks, and given up after three times, with a code', async () => {
    let failures = 1;
    const objects: ObjectStore = {
      ...sharedDisk(),
      put: (key, body, info) => {
        if (failures-- > 0) return Promise.reject(new Error('the disk is full'));
        return sharedDisk().put(key, body, info);
      },
    };
    const shaky = await startEngine({ clock, objects });
    const [eve] = await guests(shaky, 'eve');
    const room = await roomOf([eve]);
    const again = async () => {
      await shaky.app.chat.exports.idle();
      time.ahead += 6_000;
      await shaky.app.chat.exports.idle();
    };
    const first = await eve.do('exportRoom', { roomId: room._id, format: 'json' });
    await again();
    const finished = await eve.frame<Finished>('exportFinished', frame => frame.exportId === first.exportId);
    expect(JSON.parse((await download(shaky, finished)).toString()).messages).to.deep.equal([]);
    failures = 100;
    const second = await eve.do('exportRoom', { roomId: room._id, format: 'json' });
    for (let i = 0; i < 3; i++) await again();
    const given = await eve.frame<Finished>('exportFinished', frame => frame.exportId === second.exportId);
    expect(given).to.deep.equal({ exportId: second.exportId, url: null, error: 'INTERNAL_ERROR' });
    time.ahead = 0;
    await shaky.close();
  });
});

describe('exports over restarts and nodes', () => {
  const onNodes = async (count: number, gates: Gate[], clock?: { now(): number }) => {
    const [bus, database] = [inProcessBus(), `t${randomUUID().slice(0, 8)}`];
    const nodes: Engine[] = [];
    for (let i = 0; i < count; i++)
      nodes.push(await startEngine({ bus, database, stores: gates[i]!.stores, ...(clock ? { clock } : {}) }));
    return { nodes, database };
  };

  it('goes on after a restart in the middle, and the user is told who comes back then', async () => {
    const gate = new Gate();
    const {
      nodes: [first],
      database,
    } = await onNodes(1, [gate]);
    const [ann] = await guests(first!, 'ann');
    const room = await roomOf([ann]);
    await ann.send(room._id, '하나');
    gate.close();
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'txt' });
    await gate.arrival();
    const stopping = first!.app.chat.exports.stop();
    gate.open();
    await stopping;
    expect((await first!.database.exports.findOne({}))!).to.include({
      state: 'waiting',
      attempts: 0,
      node: null,
    });
    expect(ann.of('exportFinished')).to.deep.equal([]);
    await first!.close();
    const second = await startEngine({ database });
    await second.app.chat.exports.idle();
    expect((await second.database.exports.findOne({}))!.state).to.equal('done');
    const back = await second.connect(ann.userId, 'ann');
    const finished = await back.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
    expect(await textOf(second, finished)).to.include('하나');
    const again = await second.connect(ann.userId, 'ann');
    await again.settled();
    expect(again.of('exportFinished')).to.deep.equal([]);
    await second.close();
  });

  it('is made by one node, told on the other, and taken over from one that died', async () => {
    const time = { ahead: 0 };
    const gates = [new Gate(), new Gate()];
    const { nodes } = await onNodes(2, gates, { now: () => Date.now() + time.ahead });
    const [one, two] = nodes as [Engine, Engine];
    const [ann] = await guests(one, 'ann');
    const room = await roomOf([ann]);
    await ann.send(room._id, '하나');
    const there = await two.connect(ann.userId, 'ann');
    for (const gate of gates) gate.ranges = 0;
    const { exportId } = await ann.do('exportRoom', { roomId: room._id, format: 'json' });
    await Promise.all(nodes.map(node => node.app.chat.exports.idle()));
    await there.frame('exportFinished', frame => frame.exportId === exportId);
    expect(gates.map(gate => gate.ranges).reduce((a, b) => a + b)).to.equal(1);

    gates[0]!.close();
    const next = await ann.do('exportRoom', { roomId: room._id, format: 'json' });
    await gates[0]!.arrival();
    // The first node hangs, and its lease is not renewed: to the others it is dead.
    time.ahead += 31_000;
    await two.app.chat.exports.idle();
    const finished = await there.frame<Finished>('exportFinished', frame => frame.exportId === next.exportId);
    expect(finished.error).to.equal(undefined);
    gates[0]!.open();
    await one.app.chat.exports.idle();
    const job = (await two.app.chat.stores.exports.byId(next.exportId))!;
    expect([job.state, job.attempts, job.file!.key]).to.deep.equal(['done', 2, `exports/${next.exportId}/2`]);
    expect(await sharedDisk().stat(`exports/${next.exportId}/1`)).to.equal(null);
    expect(JSON.parse(await textOf(two, finished)).messages).to.have.length(1);
    await Promise.all(nodes.map(node => node.close()));
  });
});
