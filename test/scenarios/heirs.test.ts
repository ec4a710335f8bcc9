import { expect } from 'chai';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

describe('when the last master leaves', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  const mastersOf = async (roomId: string): Promise<string[]> => {
    const { list } = await engine.platform.do('GET', `/chat/rooms/${roomId}/members`);
    return list.flatMap((user: { _id: string; master: boolean }) => (user.master ? user._id : []));
  };

  it('the oldest member becomes master, and may do what masters may', async () => {
    const [ann, bob, eve] = [someone('ann'), someone('bob'), someone('eve')];
    const room = await engine.platform.room([ann, bob, eve]);
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    await a.do('leaveOutRoom', room._id);
    expect(await mastersOf(room._id)).to.deep.equal([bob]);
    await b.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve] });
  });

  it('a master is left even when the heir leaves a moment later', async function () {
    this.timeout(30_000);
    const [ann, bob, eve] = [someone('ann'), someone('bob'), someone('eve')];
    const [a, b] = [await engine.connect(ann), await engine.connect(bob)];
    for (let moment = 0; moment < 24; moment++) {
      const room = await engine.platform.room([ann, bob, eve], { rules: { canLeaveOutRoom: true } });
      const first = a.do('leaveOutRoom', room._id);
      for (let turn = 0; turn < moment; turn++) await new Promise<void>(resolve => setImmediate(resolve));
      await Promise.all([first, b.do('leaveOutRoom', room._id)]);
      expect(await mastersOf(room._id), `${moment} turns later`).to.deep.equal([eve]);
    }
  });
});
