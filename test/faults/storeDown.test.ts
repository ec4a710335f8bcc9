import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { newKey, type Message } from '../helpers/client.ts';
import { someone } from '../helpers/people.ts';
import { eventually, freePort, startDatabase, type Running } from '../helpers/processes.ts';
import { expectWholeLog, Witness, type Answered } from '../helpers/witness.ts';

interface Send {
  syncKey: string;
  answer: Answered | null;
}

describe('when the database goes away in mid-traffic', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'madang-down-'));
  let port: number;
  let database: Running;
  let engine: Engine;

  before(async () => {
    port = await freePort();
    database = await startDatabase(folder, port, { MONGOD_FSYNC: 'on' });
    engine = await startEngine({ env: { MONGODB_URI: `mongodb://127.0.0.1:${port}/down` } });
  });
  after(async () => {
    await engine?.close();
    await database?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ready = async () => engine.platform.call('GET', '/readyz');

  it('nothing acked is lost, everything else is refused with a code, and retries make one message each', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const room = await engine.platform.room([ann, bob]);
    const quiet = await engine.platform.room([ann, bob]);
    const [a, b] = [new Witness(await engine.connect(ann)), new Witness(await engine.connect(bob))];
    for (const witness of [a, b]) for (const { _id } of [room, quiet]) witness.begin(_id, true);
    await b.ask('joinRoom', room._id, ({ lastSeq }) => b.viewed(room._id, lastSeq));

    const sends: Send[] = [];
    const post = async (send: Send): Promise<void> => {
      const payload = {
        roomId: room._id,
        syncKey: send.syncKey,
        data: { type: 'TEXT', content: send.syncKey },
      };
      send.answer = await a.ask('sendMessage', payload);
    };
    let isDown = false;
    const stream = async () => {
      while (!isDown) {
        const send: Send = { syncKey: newKey(), answer: null };
        sends.push(send);
        await post(send);
      }
    };
    const streams = Promise.all(Array.from({ length: 8 }, stream));
    await eventually('some traffic', () => sends.filter(send => send.answer?.success).length > 100);
    await database.kill();
    isDown = true;

    const asked = await Promise.all([
      b.ask('queryRoom', { roomId: room._id }),
      b.ask('listenMessagesByRoom', { roomId: room._id }),
      b.ask('listenRooms', {}),
      b.ask('updateReadMessage', { roomId: quiet._id, messageId: quiet.lastMessage!._id }),
      b.ask('inviteRoom', { roomId: room._id, targetUserIds: [someone('eve')] }),
      b.ask('sync', { rooms: [] }),
      b.ask('joinRoom', '6740a1b2c3d4e5f6ffffffff'),
    ]);
    for (const answer of asked) if (!answer.success) expect(answer.error).to.equal('TEMPORARILY_UNAVAILABLE');
    const overHttp = await engine.platform.call('GET', `/chat/users/${bob}`);
    expect([overHttp.status, overHttp.body.error]).to.deep.equal([503, 'TEMPORARILY_UNAVAILABLE']);
    const notReady = await ready();
    expect(notReady.status).to.equal(503);
    expect(notReady.body).to.include({ status: 'unavailable', process: 'ready', store: 'unavailable' });
    expect((await engine.platform.call('GET', '/healthz')).status).to.equal(200);
    await streams;
    const refused = sends.filter(send => !send.answer!.success);
    expect(refused).to.not.deep.equal([]);
    for (const { answer } of refused) expect(answer!.error).to.equal('TEMPORARILY_UNAVAILABLE');

    database = await startDatabase(folder, port, { MONGOD_FSYNC: 'on' });
    await eventually('readiness', async () => (await ready()).status === 200);
    const acked = new Map(
      sends.map(({ syncKey, answer }) => [syncKey, answer!.data?.message as Message | undefined]),
    );
    await Promise.all(sends.map(post));
    for (const { syncKey, answer } of sends) {
      expect(answer!.success, `${syncKey}: ${answer!.error}`).to.equal(true);
      const before = acked.get(syncKey);
      if (!before) continue;
      // Others may have read it since.
      const { unreadUserCount: _, ...same } = before as Message & { unreadUserCount?: number };
      expect(answer!.data.message).to.deep.include(same);
    }
    await expectAllThere(room._id, sends, [a, b]);
  });

  async function expectAllThere(roomId: string, sends: Send[], [a, b]: [Witness, Witness]): Promise<void> {
    const { list: page } = await engine.platform.do<{ list: Message[] }>(
      'GET',
      `/chat/rooms/${roomId}/messages?limit=1`,
    );
    const log: Message[] = [];
    for (let before = page[0]!.seq + 1; before > 1; before = log.at(-1)!.seq) {
      const { list } = await engine.platform.do<{ list: Message[] }>(
        'GET',
        `/chat/rooms/${roomId}/messages?limit=500&before=${before}`,
      );
      log.push(...list);
    }
    log.reverse();
    expectWholeLog(log);
    expect(
      log
        .slice(1)
        .map(message => message.syncKey)
        .sort(),
    ).to.deep.equal(sends.map(send => send.syncKey).sort());
    for (const { syncKey, answer } of sends)
      expect(log[answer!.data.message.seq - 1]!.syncKey).to.equal(syncKey);
    await Promise.all([a.client.settled(), b.client.settled()]);
    expect([...a.complaints, ...b.complaints]).to.deep.equal([]);
    expect(b.sight(roomId).next, 'the viewer saw all').to.equal(log.length + 1);
    const shown = [await a.client.room(roomId), await b.client.room(roomId)];
    expect(shown.map(room => [room.lastSeq, room.unReadMsgCount])).to.deep.equal(
      shown.map(() => [log.length, 0]),
    );
  }
});
