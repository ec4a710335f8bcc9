import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import type { Message } from '../../src/domain/model.ts';
import { aMessage, anAct } from '../domain/fakes.ts';
import { openStorage, type Storage } from './seed.ts';

describe('the log of messages in the database', () => {
  let storage: Storage;
  before(async () => {
    storage = await openStorage();
  });
  after(() => storage.database.close());

  it('stores a batch and gives it back as it was', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const full = aMessage(roomId, 2, {
      meta: { a: [1, { b: null }] },
      mentions: ['ann'],
      replyTo: newId(),
      // Nothing is known of what it answers.
      quote: null,
      uncountedFor: 'ann',
    });
    const batch = [aMessage(roomId, 1), full, anAct(roomId, 3, 'member.kicked', ['ann'])];
    expect(await log.append(batch)).to.deep.equal({ stored: 3 });
    expect(await log.range(roomId, 0, 3)).to.deep.equal(batch);
    expect(await log.after(roomId, 1, 1)).to.deep.equal([full]);
    expect(await log.byId(full.id)).to.deep.equal(full);
    expect(await log.byId(newId())).to.equal(null);
  });

  it('stops at a number that is taken, names it, and keeps what came before', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    await log.append([aMessage(roomId, 3)]);
    const batch = [1, 2, 3, 4].map(seq => aMessage(roomId, seq));
    expect(await log.append(batch)).to.deep.equal({ stored: 2, collision: 'seq' });
    expect((await log.range(roomId, 0, 9)).map(message => message.seq)).to.deep.equal([1, 2, 3]);
  });

  it('stops at a syncKey that its author has used in the room, and at no other', async () => {
    const { log } = storage.stores;
    const [roomId, otherRoom] = [newId(), newId()];
    const by = (seq: number, authorId: string, id = roomId) =>
      aMessage(id, seq, { syncKey: 'key', author: { authorId, nickName: '', profileUrl: null } });
    expect(await log.append([by(1, 'ann'), by(2, 'bob'), by(1, 'ann', otherRoom)])).to.deep.equal({
      stored: 3,
    });
    const outcome = await log.append([aMessage(roomId, 3), by(4, 'ann'), aMessage(roomId, 5)]);
    expect(outcome).to.deep.equal({ stored: 1, collision: 'syncKey' });
    expect((await log.bySyncKey(roomId, 'ann', 'key'))?.seq).to.equal(1);
    expect(await log.bySyncKey(roomId, 'eve', 'key')).to.equal(null);
  });

  it('stops at a message that it has already, whichever of its keys is noticed first', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const message = aMessage(roomId, 1);
    await log.append([message]);
    const outcome = await log.append([{ ...message, seq: 2 }]);
    expect(outcome.stored).to.equal(0);
    expect(outcome.collision).to.be.oneOf(['id', 'syncKey']);
  });

  it('lets one of many writers have each number', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => log.append([aMessage(roomId, 1), aMessage(roomId, 2)])),
    );
    expect(outcomes.filter(({ collision }) => !collision)).to.have.length(1);
    expect(await log.range(roomId, 0, 9)).to.have.length(2);
  });

  it('pages by type, from either end', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const batch = Array.from({ length: 9 }, (_, i) =>
      i % 3 === 0 ? anAct(roomId, i + 1, 'member.left', ['x']) : aMessage(roomId, i + 1),
    );
    await log.append(batch);
    const seqs = async (order: 'newest' | 'oldest', from: number, to: number) =>
      (await log.ofType(roomId, 'TEXT', { from, to, order, limit: 3 })).map(message => message.seq);
    expect(await seqs('newest', 0, Infinity)).to.deep.equal([9, 8, 6]);
    expect(await seqs('oldest', 3, 9)).to.deep.equal([5, 6, 8]);
  });

  it('keeps the place of a deleted message, tells the change, and deletes it once', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const [first, second] = [aMessage(roomId, 1), aMessage(roomId, 2, { uncountedFor: 'bob' })] as [
      Message,
      Message,
    ];
    await log.append([first, second]);
    const at = new Date();
    const { changes } = storage.stores;
    expect((await changes.delete(first.id, at))?.deleted).to.equal(true);
    expect(await changes.delete(first.id, at)).to.equal(null);
    expect(await log.byId(first.id)).to.deep.include({
      seq: 1,
      deleted: true,
      changedAt: at,
      data: { type: 'TEXT', content: {} },
    });
    expect(
      (await log.changedSince([{ roomId, after: 0 }], at, 0, 9)).map(message => message.seq),
    ).to.deep.equal([1]);
    expect(await log.changedSince([{ roomId, after: 1 }], at, 0, 9)).to.deep.equal([]);
    const uncounted = (await log.uncounted([{ roomId, after: 0 }], 9)).sort((a, b) => a.seq - b.seq);
    expect(uncounted).to.deep.equal([
      { roomId, seq: 1, for: null },
      { roomId, seq: 2, for: 'bob' },
    ]);
  });
});
