import fc from 'fast-check';
import { happenings, playCounted } from '../helpers/counted-room.ts';

const RUNS = Number(process.env['RUNS'] ?? 3_000);

describe('unread, mention and reader counts, very often', function () {
  this.timeout(1_800_000);

  it('are those of a walk through the log, whatever is sent, read, deleted, hidden, marked and loaded again', () =>
    fc.assert(
      fc.asyncProperty(
        happenings(300),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 60 }),
        (steps, keep, every) => playCounted(keep, steps, every),
      ),
      { numRuns: RUNS },
    ));
});
