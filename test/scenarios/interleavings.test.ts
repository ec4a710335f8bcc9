import fc from 'fast-check';
import { anAct, anActAmongMany } from '../helpers/acts.ts';
import { sharedEngine } from '../helpers/engine.ts';
import { Interleaving } from '../helpers/interleaving.ts';

describe('acts of several people in several rooms, at once and in any order', function () {
  this.timeout(120_000);

  const endWell = async (act: typeof anAct, numRuns: number): Promise<void> => {
    const engine = await sharedEngine();
    const property = fc.asyncProperty(
      fc.array(act, { minLength: 40, maxLength: 80, size: 'max' }),
      async acts => {
        const all = await Interleaving.start(engine);
        try {
          await all.play(acts);
        } finally {
          all.close();
        }
      },
    );
    await fc.assert(property, { numRuns, endOnFailure: true });
  };

  it('end in whole logs, in live views without hole or repeat, and in exact unread counts', () =>
    endWell(anAct, 6));

  it('end so as well while rooms are dropped from memory and loaded again', () => endWell(anActAmongMany, 4));
});
