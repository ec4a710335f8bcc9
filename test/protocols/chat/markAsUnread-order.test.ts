import { expect } from 'chai';
import { oid } from '../../../src/storage/convert.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { guests, roomOf } from '../../helpers/party.ts';

describe('markAsUnread while the same user reads on another device', () => {
  let engine: Engine;
  /** Holds the answer of the store to the end of a mark, which has happened by then. */
  let held: Promise<void> | null = null;
  before(async () => {
    engine = await startEngine({
      stores: real => ({
        ...real,
        members: {
          ...real.members,
          async mark(roomId, userId, unreadFromSeq, at) {
            await real.members.mark(roomId, userId, unreadFromSeq, at);
            if (unreadFromSeq === null) await held;
          },
        },
      }),
    });
  });
  after(() => engine.close());

  it('the store and what is shown agree on which of the two came last', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const other = await engine.connect(bob.userId, 'bob');
    const room = await roomOf([ann, bob]);
    const first = await ann.send(room._id, 'first');
    const last = await ann.send(room._id, 'last');
    await bob.do('updateReadMessage', { roomId: room._id, messageId: last._id });
    await bob.do('markAsUnread', { roomId: room._id, messageId: last._id });
    let release: () => void = () => undefined;
    held = new Promise(resolve => (release = resolve));
    const reading = bob.do('updateReadMessage', { roomId: room._id, messageId: last._id });
    await bob.settled();
    const marking = other.do('markAsUnread', { roomId: room._id, messageId: first._id });
    for (let i = 0; i < 50; i++) await other.settled();
    release();
    await Promise.all([reading, marking]);
    await engine.app.chat.ledger.flush();
    const stored = await engine.database.memberships.findOne({ roomId: oid(room._id), userId: bob.userId });
    expect([stored!.unreadFromSeq, (await bob.room(room._id)).unReadMsgCount]).to.deep.equal([
      first.seq - 1,
      2,
    ]);
  });
});
