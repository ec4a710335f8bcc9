import { expect } from 'chai';
import fc from 'fast-check';
import { Gathered } from '../../src/domain/gathered.ts';
import { turns } from './fakes.ts';

describe('gathered calls', () => {
  it('each get their own answer, from as few pieces of work as possible', async () => {
    const pieces: number[][] = [];
    const gathered = new Gathered<number, number>(async inputs => {
      pieces.push(inputs);
      await turns(2);
      return inputs.map(input => input * 2);
    }, 100);
    const first = gathered.add(0);
    await turns(1);
    const rest = Array.from({ length: 250 }, (_, i) => gathered.add(i + 1));
    expect(await Promise.all([first, ...rest])).to.deep.equal(Array.from({ length: 251 }, (_, i) => i * 2));
    expect(pieces.map(piece => piece.length)).to.deep.equal([1, 100, 100, 50]);
  });

  it('fail only with their own piece of work, and later ones go on', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (fates, max) => {
        const gathered = new Gathered<boolean, string>(async inputs => {
          await turns(1);
          if (inputs.includes(false)) throw new Error('failed');
          return inputs.map(() => 'done');
        }, max);
        const outcomes = await Promise.all(fates.map(fate => gathered.add(fate).catch(() => 'failed')));
        const chunks = fates.map((_, i) => fates.slice(i - (i % max), i - (i % max) + max));
        expect(outcomes).to.deep.equal(chunks.map(chunk => (chunk.includes(false) ? 'failed' : 'done')));
        expect(await gathered.add(true)).to.equal('done');
      },
    );
    await fc.assert(property);
  });
});
