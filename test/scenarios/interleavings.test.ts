import fc from 'fast-check';
import { anAct } from '../helpers/acts.ts';
import { sharedEngine } from '../helpers/engine.ts';
import { Interleaving } from '../helpers/interleaving.ts';

describe('acts of several people in several rooms, at once and in any order', () => {
  it('end in whole logs, in live views without hole or repeat, and in exact unread counts', async function () {
    this.timeout(60_000);
    const engine = await sharedEngine();
    const property = fc.asyncProperty(
      fc.array(anAct, { minLength: 40, maxLength: 80, size: 'max' }),
      async acts => {
        const all = await Interleaving.start(engine);
        try {
          await all.play(acts);
        } finally {
          all.close();
        }
      },
    );
    await fc.assert(property, { numRuns: 15, endOnFailure: true });
  });
});
