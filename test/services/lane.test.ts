import { expect } from 'chai';
import fc from 'fast-check';
import { Lane } from '../../src/services/media/lane.ts';
import { turns } from '../domain/fakes.ts';

/** Work that ends when it is told to. */
class Work {
  signal: AbortSignal | null = null;
  end: () => void = () => undefined;
  readonly run = (signal: AbortSignal): Promise<string> => {
    this.signal = signal;
    return new Promise(resolve => (this.end = () => resolve('done')));
  };
}

const never = (): never => {
  throw new Error('late');
};

describe('a lane', () => {
  it('does the work in order, as much at a time as it may, and all of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ turns: fc.nat({ max: 5 }), fails: fc.boolean() }), { maxLength: 20 }),
        async (atOnce, jobs) => {
          const lane = new Lane(atOnce, 60_000);
          const begun: number[] = [];
          let working = 0;
          let most = 0;
          const outcomes = await Promise.allSettled(
            jobs.map((job, i) =>
              lane.run(async () => {
                begun.push(i);
                most = Math.max(most, ++working);
                await turns(job.turns);
                working--;
                if (job.fails) throw new Error(`job ${i}`);
                return i;
              }, never),
            ),
          );
          expect(begun).to.deep.equal(jobs.map((_, i) => i));
          expect(most).to.equal(Math.min(atOnce, jobs.length));
          expect(outcomes.map(({ status }) => status === 'rejected')).to.deep.equal(
            jobs.map(job => job.fails),
          );
        },
      ),
    );
  });

  it('answers at the limit, but gives the place to the next only when the work has ended', async () => {
    const lane = new Lane(1, 30);
    const [stuck, next] = [new Work(), new Work()];
    const first = lane.run(stuck.run, () => 'late');
    const second = lane.run(next.run, () => 'late');
    expect(await first).to.equal('late');
    expect(stuck.signal!.aborted).to.equal(true);
    expect(next.signal).to.equal(null);
    stuck.end();
    await turns(5);
    expect(next.signal!.aborted).to.equal(false);
    next.end();
    expect(await second).to.equal('done');
  });

  it('does not fail for work that fails after the limit', async () => {
    const lane = new Lane(1, 20);
    const work = (signal: AbortSignal) =>
      new Promise<string>((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('too late'))),
      );
    expect(await lane.run(work, () => 'late')).to.equal('late');
    expect(await lane.run(async () => 'next', never)).to.equal('next');
  });
});
