import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import { RecentChanges } from '../../src/domain/messages/recent.ts';
import { aMessage } from './fakes.ts';

describe('what a room was told of changes', () => {
  const message = aMessage(newId(), 1);
  const state = (revision: number) => ({ ...message, revision });

  it('takes newer states, and the same one again, but no older one', () => {
    const changes = new RecentChanges();
    expect([2, 2, 1, 3, 2].map(revision => changes.accept(state(revision), false))).to.deep.equal([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect([2, 3, 4].map(revision => changes.knows(state(revision)))).to.deep.equal([true, true, false]);
  });

  it('gives a message that was changed before it was told in its newest state, whichever way that came', () => {
    const changes = new RecentChanges();
    expect(changes.newest(message)).to.equal(message);
    const early = state(2);
    changes.accept(early, true);
    expect(changes.knows(early), 'not told yet').to.equal(false);
    expect(changes.newest(message)).to.equal(early);
    expect(changes.knows(early)).to.equal(true);
    const later = state(5);
    expect(changes.newest(later)).to.equal(later);
    expect(changes.accept(state(4), false), 'the log was ahead of the hints').to.equal(false);
  });

  it('remembers so many messages and no more', () => {
    const changes = new RecentChanges();
    changes.accept(state(9), false);
    for (let i = 0; i < 300; i++) changes.accept({ ...aMessage(message.roomId, i + 2), revision: 1 }, false);
    expect(changes.knows(state(9))).to.equal(false);
  });
});
