import { expect } from 'chai';
import fc from 'fast-check';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { aMember, aMessage, aRoom, at } from './fakes.ts';

const PEOPLE = ['ann', 'bob', 'eve'] as const;

/** What can happen to the unread counts of a room. */
const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('send' as const), for: fc.constantFrom(null, ...PEOPLE) }),
  },
  fc.record({
    do: fc.constant('read' as const),
    who: fc.constantFrom(...PEOPLE),
    part: fc.nat({ max: 1_000 }).map(thousandths => thousandths / 1_000),
  }),
  fc.record({
    do: fc.constant('delete' as const),
    part: fc.nat({ max: 1_000 }).map(thousandths => thousandths / 1_000),
  }),
);

describe('a live room', () => {
  it('counts as unread exactly what a walk through the whole log counts, whatever was read and deleted', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), fc.nat({ max: 5 }), (happenings, headStart) => {
        const room = aRoom();
        const members = PEOPLE.map(id => aMember(room.id, id));
        const live = new LiveRoom(room, members, []);
        const log: { for: string | null; deleted: boolean }[] = [];
        const reads = new Map<string, number>(PEOPLE.map(id => [id, 0]));
        const send = (uncountedFor: string | null) => {
          log.push({ for: uncountedFor, deleted: false });
          room.lastSeq = log.length;
          if (uncountedFor !== null) live.addUncounted({ seq: log.length, for: uncountedFor });
        };
        for (let i = 0; i < headStart; i++) send(null);
        for (const step of happenings) {
          if (step.do === 'send') send(step.for);
          else {
            const seq = Math.round(step.part * log.length);
            if (step.do === 'read') {
              live.read(live.members.get(step.who)!, seq, null, at());
              reads.set(step.who, Math.max(reads.get(step.who)!, seq));
            } else if (seq > 0) {
              log[seq - 1]!.deleted = true;
              live.addUncounted({ seq, for: null });
            }
          }
          for (const [id, read] of reads) {
            const unread = log.filter(
              (entry, i) => i + 1 > read && !entry.deleted && entry.for !== id,
            ).length;
            expect(live.unreadOf(live.members.get(id)!)).to.equal(unread);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts the same from what a store gives it, in any order and with repeats', () => {
    const entry = fc.record({
      seq: fc.integer({ min: 1, max: 20 }),
      for: fc.constantFrom(null, 'ann', 'bob'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: ({ seq }) => seq }),
        fc.nat({ max: 20 }),
        (entries, read) => {
          const room = aRoom({ lastSeq: 20 });
          const ann = aMember(room.id, 'ann', { lastReadSeq: read });
          const live = new LiveRoom(room, [ann], entries);
          for (const again of entries) live.addUncounted(again);
          const left = entries.filter(({ seq, for: who }) => seq > read && who !== 'bob').length;
          expect(live.unreadOf(ann)).to.equal(20 - read - left);
        },
      ),
    );
  });

  it('never moves a read position back', () => {
    const room = aRoom({ lastSeq: 9 });
    const ann = aMember(room.id, 'ann');
    const live = new LiveRoom(room, [ann], []);
    expect(live.read(ann, 5, 'five', at())).to.equal(true);
    for (const seq of [5, 4, 0]) expect(live.read(ann, seq, 'other', at())).to.equal(false);
    expect([ann.lastReadSeq, ann.lastReadMessageId]).to.deep.equal([5, 'five']);
  });

  it('shows its last message only to those who were there, unless it shows its history', () => {
    const room = aRoom();
    room.lastMessage = aMessage(room.id, 4);
    const [old, fresh] = [
      aMember(room.id, 'old', { joinedSeq: 3 }),
      aMember(room.id, 'new', { joinedSeq: 4 }),
    ];
    const live = new LiveRoom(room, [old, fresh], []);
    expect(live.lastMessageFor(old)?.seq).to.equal(4);
    expect(live.lastMessageFor(fresh)).to.equal(null);
    room.rules.canSeeHistory = true;
    expect(live.lastMessageFor(fresh)?.seq).to.equal(4);
  });

  it('is viewed as long as one connection of a person views it', () => {
    const live = new LiveRoom(aRoom(), [], []);
    live.view('ann', 'phone');
    live.view('ann', 'desk');
    expect(live.unview('ann', 'phone')).to.equal(true);
    expect(live.idle).to.equal(false);
    expect(live.unview('ann', 'phone'), 'twice').to.equal(false);
    expect(live.unview('ann', 'desk')).to.equal(true);
    expect(live.idle).to.equal(true);
  });

  it('lists members in the order of their numbers', () => {
    const room = aRoom();
    const people = [3, 1, 2].map(no => aMember(room.id, `p${no}`, { no }));
    expect([...new LiveRoom(room, people, []).members.keys()]).to.deep.equal(['p1', 'p2', 'p3']);
  });
});
