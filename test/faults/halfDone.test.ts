import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { sweep } from '../../src/domain/rooms/load.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import type { ChatClient, Room } from '../helpers/client.ts';

describe('a joining or leaving whose message did not get into the log', function () {
  this.timeout(60_000);
  let engine: Engine;
  let moved = 0;
  const clock = { now: () => Date.now() + moved };
  /**
   * Lets every append fail: before it stored anything, or after it stored all; each costs two seconds of patience, by
   * the clock. Returns what undoes it.
   */
  const failAppends = (when: 'before' | 'after'): (() => void) => {
    const { log } = engine.app.chat.stores;
    const append = log.append.bind(log);
    log.append = async batch => {
      if (when === 'after') await append(batch);
      moved += 2_000;
      throw new Error('the answer of the store is lost');
    };
    return () => {
      log.append = append;
    };
  };
  const database = `half${randomUUID().slice(0, 8)}`;
  before(async () => {
    engine = await startEngine({ database, clock });
  });
  after(() => engine.close());

  interface Stage {
    room: Room;
    ids: [string, string, string];
    a: ChatClient;
    b: ChatClient;
  }
  const setStage = async (): Promise<Stage> => {
    const ids: Stage['ids'] = [someone('ann'), someone('bob'), someone('eve')];
    await engine.platform.people(...ids);
    const room = await engine.platform.room(ids.slice(0, 2), { rules: { canLeaveOutRoom: true } });
    return { room, ids, a: await engine.connect(ids[0]), b: await engine.connect(ids[1]) };
  };
  const patient = async (client: ChatClient, event: string, payload: unknown) =>
    (await client.socket.timeout(30_000).emitWithAck(event, payload)) as {
      success: boolean;
      error: string | null;
    };
  const membersOf = async ({ _id }: Room): Promise<string[]> => {
    const { list } = await engine.platform.do('GET', `/chat/rooms/${_id}/members`);
    return list.map((user: { _id: string }) => user._id);
  };

  it('is refused with TEMPORARILY_UNAVAILABLE and done by trying again at once', async () => {
    const [inviting, leaving, kicking] = [await setStage(), await setStage(), await setStage()];
    const acts = () => [
      patient(inviting.a, 'inviteRoom', { roomId: inviting.room._id, targetUserIds: [inviting.ids[2]] }),
      patient(leaving.b, 'leaveOutRoom', leaving.room._id),
      patient(kicking.a, 'kickOutUsers', { roomId: kicking.room._id, targetUserIds: [kicking.ids[1]] }),
    ];
    const membersNow = () => Promise.all([inviting, leaving, kicking].map(({ room }) => membersOf(room)));
    const restore = failAppends('before');
    const refused = await Promise.all(acts()).finally(restore);
    expect(refused.map(answer => answer.error)).to.deep.equal(refused.map(() => 'TEMPORARILY_UNAVAILABLE'));
    const between = await membersNow();
    const wanted = [inviting.ids, [leaving.ids[0]], [kicking.ids[0]]];
    const again = await Promise.all(acts());
    // Whoever finishes it behind the scenes may have been quicker; nobody may say so when it is not so.
    again.forEach(({ error }, i) => {
      if (error !== null) expect(between[i], error).to.deep.equal(wanted[i]);
    });
    expect(await membersNow()).to.deep.equal(wanted);
  });

  it('succeeds when the message is found in the log after all', async () => {
    const [inviting, leaving] = [await setStage(), await setStage()];
    const { members } = engine.app.chat.stores;
    const ofRooms = members.ofRooms.bind(members);
    // A store that takes its time to say who the newcomers are.
    members.ofRooms = async ids => {
      for (let turn = 0; turn < 20_000; turn++) await new Promise<void>(resolve => setImmediate(resolve));
      return ofRooms(ids);
    };
    const restore = failAppends('after');
    const answers = await Promise.all([
      patient(inviting.a, 'inviteRoom', { roomId: inviting.room._id, targetUserIds: [inviting.ids[2]] }),
      patient(leaving.b, 'leaveOutRoom', leaving.room._id),
    ]).finally(() => {
      restore();
      members.ofRooms = ofRooms;
    });
    expect(answers.map(answer => answer.error)).to.deep.equal([null, null]);
    expect(await membersOf(inviting.room)).to.deep.equal(inviting.ids);
    expect(await membersOf(leaving.room)).to.deep.equal([leaving.ids[0]]);
    expect((await engine.platform.messages(inviting.room._id)).length, 'once').to.equal(2);
  });

  it('is told to those who look on, although nobody asks, once the store answers again', async () => {
    const { room, ids, a, b } = await setStage();
    await b.do('joinRoom', room._id);
    const { log } = engine.app.chat.stores;
    const realAfter = log.after.bind(log);
    log.after = () => Promise.reject(new Error('the store does not answer'));
    const restore = failAppends('after');
    const payload = {
      roomId: room._id,
      syncKey: someone('key'),
      data: { type: 'TEXT', content: 'landed unheard' },
    };
    const answer = await patient(a, 'sendMessage', payload).finally(() => {
      restore();
      log.after = realAfter;
    });
    expect(answer.error).to.equal('TEMPORARILY_UNAVAILABLE');
    const frame = await b.frame(`listenMessage_${room._id}`);
    expect(frame.author.authorId).to.equal(ids[0]);
  });

  it('does not lock a member out for good when the server was killed in the middle of it', async () => {
    const { room, ids } = await setStage();
    const { members } = engine.app.chat.stores;
    // What a killed server leaves: marked as leaving, and no message.
    await members.markLeaving(room._id, [ids[1]], 'admin-of-a-dead-server');
    await engine.close();
    engine = await startEngine({ database, clock });
    const b = await engine.connect(ids[1]);
    await b.rooms();
    moved += 120_000;
    await sweep(engine.app.chat.stores, clock, engine.app.chat.reporter);
    expect((await b.ask('queryRoom', { roomId: room._id })).error).to.equal(null);
    expect((await b.send(room._id, 'back')).seq).to.equal(2);
  });
});
