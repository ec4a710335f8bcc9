import { expect } from 'chai';
import fc from 'fast-check';
import { PassThrough, Readable } from 'node:stream';
import { gate, guarded, held, inOrder, wholeOf } from '../../src/services/objects/streams.ts';
import { fails, gather, placesOf } from '../helpers/bytes.ts';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('streams of objects', () => {
  it('end when the other side falls silent, and let go of it', async () => {
    const body = new PassThrough();
    body.write('half');
    expect(await fails(gather(guarded(body, 30)))).to.equal('TimeoutError: no bytes for 30 ms');
    expect(body.destroyed).to.equal(true);
  });

  it('wait for a reader that takes its time', async () => {
    const out = guarded(Readable.from([Buffer.from('all of it')]), 10);
    while (out.readableLength === 0) await turn();
    // A time-out is tested, so time has to pass.
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(String(await gather(out))).to.equal('all of it');
  });

  it('end together: body with reader, reader with body', async () => {
    const left = new PassThrough();
    guarded(left, 1_000).destroy();
    const broken = new PassThrough();
    const stream = held(broken);
    broken.destroy(new Error('broken'));
    expect(await fails(gather(stream))).to.equal('Error: broken');
    while (!left.destroyed) await turn();
  });

  it('of small objects are whole or nothing', async () => {
    const body = () => Readable.from([Buffer.from('ab'), Buffer.from('c')]);
    expect(String(await wholeOf(body(), 3))).to.equal('abc');
    for (const size of [2, 4]) {
      const stream = body();
      expect(await fails(wholeOf(stream, size))).to.include('has not the');
      expect(stream.destroyed).to.equal(true);
    }
  });

  it('of slices come in order, whichever is fetched first, with bounded memory', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), sizes, async (scheduler, each) => {
        const places = placesOf(each);
        let [bytesAhead, most, count, mostCount] = [0, 0, 0, 0];
        const fetch = scheduler.scheduleFunction(async ({ index }: { index: number }) =>
          Buffer.from([index]),
        );
        const joined = (async () => {
          const order: number[] = [];
          const bytes = inOrder(places, slice => {
            bytesAhead += slice.size;
            // One that is larger than the bound goes alone.
            if (count++ > 0) most = Math.max(most, bytesAhead);
            mostCount = Math.max(mostCount, count);
            return fetch(slice);
          });
          for await (const chunk of bytes) {
            order.push(chunk[0]!);
            bytesAhead -= places[chunk[0]!]!.size;
            count--;
          }
          return order;
        })();
        expect(await scheduler.waitFor(joined)).to.deep.equal(places.map(({ index }) => index));
        expect(most).to.be.at.most(2_097_152);
        expect(mostCount).to.be.at.most(8);
      }),
      { numRuns: 50 },
    );
  });

  it('of slices end with the first that fails; the others are told to stop', async () => {
    const signals: AbortSignal[] = [];
    const bytes = inOrder(placesOf([1, 1, 1, 1]), async ({ index }, signal) => {
      signals.push(signal);
      if (index > 0) throw new Error(`slice ${index}`);
      return Buffer.from('x');
    });
    expect(await fails(gather(Readable.from(bytes)))).to.equal('Error: slice 1');
    expect(signals).to.have.length(4);
    expect(signals.every(signal => signal.aborted)).to.equal(true);
  });

  it('pass a gate a few at a time, in order, also behind one that failed', async () => {
    const through = gate(2);
    const [started, release]: [number[], (() => void)[]] = [[], []];
    const all = [0, 1, 2, 3].map(index =>
      fails(
        through(async () => {
          started.push(index);
          await new Promise<void>(resolve => release.push(resolve));
          if (index === 0) throw new Error('failed');
        }),
      ),
    );
    await turn();
    expect(started).to.deep.equal([0, 1]);
    release[0]!();
    await turn();
    expect(started).to.deep.equal([0, 1, 2]);
    release[1]!();
    await turn();
    release[2]!();
    release[3]!();
    expect(await Promise.all(all)).to.deep.equal(['Error: failed', ...Array<string>(3).fill('did not fail')]);
    expect(await through(async () => 'free')).to.equal('free');
  });
});
