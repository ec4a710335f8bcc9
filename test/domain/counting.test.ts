import { expect } from 'chai';
import fc from 'fast-check';
import { countsReady, isCounted } from '../../src/domain/rooms/counts.ts';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { Tally } from '../../src/domain/rooms/tally.ts';
import { happenings, playCounted } from '../helpers/counted-room.ts';
import { aMember, aMessage, aRoom, MemoryLog } from './fakes.ts';

describe('unread, mention and reader counts', function () {
  this.timeout(30_000);

  it('are those of a walk through the log, whatever is sent, read, deleted, hidden, marked and loaded again', () =>
    fc.assert(
      fc.asyncProperty(
        happenings(80),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, keep, every) => playCounted(keep, steps, every),
      ),
      { numRuns: 60 },
    ));

  it('keep a bounded number of places in memory, and need no store for who was there all the time', () => {
    const room = aRoom();
    const never = aMember(room.id, 'never');
    const live = new LiveRoom(room, [never, aMember(room.id, 'bot')], [], { keep: 10 });
    for (let seq = 1; seq <= 1_000; seq++) {
      room.lastSeq = seq;
      live.count(aMessage(room.id, seq, { uncountedFor: seq % 2 ? 'bot' : 'never', mentions: ['never'] }));
      expect([live.unreadOf(never), live.mentionsOf(never)]).to.deep.equal([Math.ceil(seq / 2), seq]);
      expect(isCounted(live, never)).to.equal(true);
    }
  });

  it('are asked for again when something changes while the store answers', async () => {
    const room = aRoom({ lastSeq: 9 });
    const log = new MemoryLog();
    for (let seq = 1; seq <= 9; seq++) log.of(room.id).push(aMessage(room.id, seq, { uncountedFor: 'ann' }));
    const ann = aMember(room.id, 'ann');
    const live = new LiveRoom(room, [ann], [], { uncountedFloor: 9 });
    expect(isCounted(live, ann)).to.equal(false);
    const ready = countsReady({ stores: { log } as never }, live, [ann]);
    live.read(ann, 4, null, new Date());
    log.of(room.id)[5] = aMessage(room.id, 6);
    live.addUncounted({ seq: 3, for: null });
    await ready;
    expect([isCounted(live, ann), live.unreadOf(ann)]).to.deep.equal([true, 1]);
  });

  it('do not wait for somebody who is put out meanwhile', async () => {
    const room = aRoom({ lastSeq: 9 });
    const ann = aMember(room.id, 'ann');
    const live = new LiveRoom(room, [ann], [], { uncountedFloor: 9 });
    const ready = countsReady({ stores: { log: new MemoryLog() } as never }, live, [ann]);
    live.drop('ann');
    await ready;
    expect(live.members.size).to.equal(0);
  });
});

describe('a tally', () => {
  it('counts what a list of its places counts, above its floor', () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'add', 'add', 'remove'),
      seq: fc.integer({ min: 1, max: 30 }),
      users: fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, keep) => {
        const tally = new Tally(0, keep);
        const places = new Map<number, string[] | null>();
        for (const { do: what, seq, users } of steps) {
          if (what === 'remove') {
            tally.remove(seq);
            places.delete(seq);
          } else {
            tally.add(seq, users);
            if (seq > tally.floor && places.get(seq) !== null) places.set(seq, users);
          }
          const floor = tally.surplus();
          if (floor !== null) {
            tally.raise(floor);
            for (const known of [...places.keys()]) if (known <= floor) places.delete(known);
          }
          expect(tally.size)
            .to.equal(places.size)
            .and.to.be.below(2 * keep);
          for (const user of ['a', 'b', 'c', 'd']) {
            const fits = [...places].filter(
              ([at, of]) => at > 5 && at <= 20 && (of === null || of.includes(user)),
            );
            expect(tally.count(user, 5, 20)).to.equal(fits.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
