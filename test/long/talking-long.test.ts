import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { inProcessBus } from '../../src/services/bus.ts';
import { startEngine } from '../helpers/engine.ts';
import { aSaying, Talking } from '../helpers/talking.ts';

const RUNS = Number(process.env['RUNS'] ?? 500);

describe('edits, deletions, reactions, replies and announcements on three nodes, very often', function () {
  this.timeout(1_800_000);

  it('end in what was asked for, the same for all, and told to all', async () => {
    const [database, bus] = [`t${randomUUID().slice(0, 8)}`, inProcessBus()];
    const nodes = await Promise.all([1, 2, 3].map(() => startEngine({ database, bus })));
    const property = fc.asyncProperty(
      fc.array(aSaying, { minLength: 30, maxLength: 150, size: 'max' }),
      async sayings => {
        const all = await Talking.start(nodes);
        try {
          await all.play(sayings);
        } finally {
          all.close();
        }
      },
    );
    try {
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    } finally {
      await Promise.all(nodes.map(node => node.close()));
    }
  });
});
