import { expect } from 'chai';
import type { Member, Message } from '../../src/domain/model.ts';
import type { Stores } from '../../src/domain/ports.ts';
import { ABANDONED_AFTER, loadRooms, sweep } from '../../src/domain/rooms/load.ts';
import { aMember, anAct, aRoom, at, MemoryLog, Problems } from './fakes.ts';

const NOW = at(1_000_000).getTime();
const clock = { now: () => NOW };

/** One room, in which a crash left somebody's joining or leaving half done. */
function setUp(pending: Member['pending'], age: number, inLog: Message | null) {
  const room = aRoom({ lastSeq: 3 });
  const log = new MemoryLog();
  if (inLog) log.of(room.id).push({ ...inLog, roomId: room.id });
  const eve = aMember(room.id, 'eve', { pending, updatedAt: new Date(NOW - age), lastReadSeq: 0 });
  const memberships = [aMember(room.id, 'ann'), eve];
  const stores = {
    log,
    rooms: { byIds: async () => [room], unfinished: async () => [] },
    members: {
      ofRooms: async () => memberships.map(member => ({ ...member })),
      pending: async (before: Date) =>
        memberships.filter(member => member.pending && member.updatedAt < before),
      remove: async (_: string, [id]: string[]) =>
        void memberships.splice(
          memberships.findIndex(member => member.userId === id),
          1,
        ),
      settleJoin: async (_: string, __: string[], { seq }: { seq: number }) =>
        void Object.assign(eve, { pending: null, joinedSeq: seq - 1, lastReadSeq: seq }),
      unmark: async () => void (eve.pending = null),
    },
  } as unknown as Stores;
  return { room, stores, memberships };
}

const pending = (act: 'join' | 'leave') => ({ act, syncKey: 'the key' });
const stored = (event: 'member.invited' | 'member.kicked') => ({
  ...anAct('', 3, event, ['eve']),
  syncKey: 'the key',
});
const OLD = ABANDONED_AFTER + 1;

describe('a room with a half-done joining or leaving', () => {
  const cases = [
    ['a joining that is in the log has happened', 'join', 0, stored('member.invited'), true, 2],
    ['an old joining that is not in the log has not', 'join', OLD, null, false, null],
    ['a leaving that is in the log has happened', 'leave', 0, stored('member.kicked'), false, null],
    ['an old leaving that is not in the log has not', 'leave', OLD, null, true, 0],
  ] as const;
  for (const [name, act, age, message, isMember, joinedSeq] of cases) {
    it(`${name}: when the room is loaded, in the store too`, async () => {
      const { room, stores, memberships } = setUp(pending(act), age, message);
      const [live] = await loadRooms(stores, clock, [room.id]);
      const eve = live!.members.get('eve');
      expect(live!.members.has('eve')).to.equal(isMember);
      expect(memberships.some(member => member.userId === 'eve')).to.equal(isMember);
      if (eve) expect([eve.pending, eve.joinedSeq]).to.deep.equal([null, joinedSeq]);
    });

    it(`${name}: when it is swept`, async () => {
      const { stores, memberships } = setUp(pending(act), OLD, message);
      const problems = new Problems();
      await sweep(stores, clock, problems);
      expect(problems.list).to.deep.equal([]);
      const eve = memberships.find(member => member.userId === 'eve');
      expect(eve !== undefined).to.equal(isMember);
      expect(eve?.pending ?? null).to.equal(null);
    });
  }

  it('shows nobody whose joining is young and not in the log, and leaves it to whoever is at it', async () => {
    const { room, stores, memberships } = setUp(pending('join'), 0, null);
    const [live] = await loadRooms(stores, clock, [room.id]);
    expect(live!.members.has('eve')).to.equal(false);
    expect(memberships).to.have.length(2);
  });
});
