import { expect } from 'chai';
import fc from 'fast-check';
import { RateLimiter, rateOf, take } from '../../src/domain/rate.ts';

describe('a rate', () => {
  it('lets through a burst and then one act per interval', () => {
    const limiter = new RateLimiter(rateOf(10, 3));
    expect([0, 0, 0].map(() => limiter.take('ann', 1_000))).to.deep.equal([0, 0, 0]);
    expect(limiter.take('ann', 1_000)).to.equal(100);
    expect(limiter.take('bob', 1_000), 'another key').to.equal(0);
    expect(limiter.take('ann', 1_100)).to.equal(0);
    expect(limiter.take('ann', 1_100)).to.equal(100);
  });

  it('never lets through more than burst + rate × time, and never keeps an honest caller waiting', () => {
    const gaps = fc.array(fc.nat({ max: 400 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        gaps,
        (perSecond, burst, waits) => {
          const rate = rateOf(perSecond, burst)!;
          let [state, now, taken] = [0, 10_000, 0];
          for (const gap of waits) {
            now += gap;
            const asked = take(rate, state, now);
            const free = burst + ((now - 10_000) * perSecond) / 1_000 - taken;
            if (asked.wait === 0) {
              taken++;
              expect(free).to.be.at.least(1 - 1e-6);
            } else {
              expect(take(rate, state, now + asked.wait).wait, 'waiting as long as told is enough').to.equal(
                0,
              );
              expect(asked.state, 'a refusal costs nothing').to.equal(state);
            }
            state = asked.state;
          }
        },
      ),
    );
  });

  it('of 0 is no limit', () => {
    const limiter = new RateLimiter(rateOf(0, 0));
    for (let i = 0; i < 1_000; i++) expect(limiter.take('ann', 0, 100)).to.equal(0);
  });

  it('refuses at once what is more than a full bucket', () => {
    expect(new RateLimiter(rateOf(1, 5)).take('ann', 1_000, 6)).to.be.greaterThan(0);
  });
});
