import fc from 'fast-check';
import { anAct } from '../helpers/acts.ts';
import { sharedEngine } from '../helpers/engine.ts';
import { Interleaving } from '../helpers/interleaving.ts';

const RUNS = Number(process.env['RUNS'] ?? 1_000);

describe('acts of several people in several rooms, very often', () => {
  it(`end in whole logs, views without hole or repeat, and exact unread counts, ${RUNS} times`, async function () {
    this.timeout(1_800_000);
    const engine = await sharedEngine();
    const property = fc.asyncProperty(
      fc.array(anAct, { minLength: 40, maxLength: 200, size: 'max' }),
      async acts => {
        const all = await Interleaving.start(engine);
        try {
          await all.play(acts);
        } finally {
          all.close();
        }
      },
    );
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  });
});
