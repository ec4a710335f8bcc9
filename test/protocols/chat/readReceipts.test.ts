import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { startEngine } from '../../helpers/engine.ts';
import { calm, guests, partyOf, roomOf } from '../../helpers/party.ts';

describe('readReceipts_${roomId}', () => {
  const party = partyOf(['ann', 'bob', 'eve']);
  /** The last position of this reader that the client was told; waits until one fits. */
  const receipt = async (client: ChatClient, roomId: string, reader: ChatClient, seq: number) => {
    const isIt = (read: any) => read.userId === reader.userId && read.seq === seq;
    const { reads } = await client.frame(`readReceipts_${roomId}`, frame => frame.reads.some(isIt));
    return reads.find(isIt);
  };

  it('who views the room is told who has read up to where, with the message', async () => {
    const { ann, bob, eve, room } = party;
    await ann.do('joinRoom', room._id);
    const [one] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await bob.do('updateReadMessage', { roomId: room._id, messageId: one._id });
    expect(await receipt(ann, room._id, bob, 1)).to.deep.equal({
      userId: bob.userId,
      messageId: one._id,
      seq: 1,
    });
    await eve.settled();
    expect(eve.of(`readReceipts_${room._id}`), 'eve has it closed').to.deep.equal([]);
  });

  it('is told once it is stored', async () => {
    const { engine, ann, bob, room } = party;
    await ann.do('joinRoom', room._id);
    const sent = await ann.send(room._id, '1');
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent._id });
    await receipt(ann, room._id, bob, 1);
    const stored = await engine.database.memberships.findOne({ userId: bob.userId });
    expect(stored!.lastReadSeq).to.equal(1);
  });

  it('reading by joining, by viewing and by sending is reading too', async () => {
    const { ann, bob, eve, room } = party;
    await ann.do('joinRoom', room._id);
    await eve.send(room._id, 'by sending');
    await receipt(ann, room._id, eve, 1);
    await bob.do('joinRoom', room._id);
    await receipt(ann, room._id, bob, 1);
    await eve.send(room._id, 'while viewing');
    await receipt(ann, room._id, bob, 2);
  });

  it('is not told twice, and never backwards', async () => {
    const { ann, bob, room } = party;
    await ann.do('joinRoom', room._id);
    const sent = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    for (const i of [1, 0, 1])
      await bob.do('updateReadMessage', { roomId: room._id, messageId: sent[i]!._id });
    await receipt(ann, room._id, bob, 2);
    await ann.settled();
    const seqs = ann
      .of(`readReceipts_${room._id}`)
      .flatMap(frame => frame.reads)
      .filter(read => read.userId === bob.userId)
      .map(read => read.seq);
    expect(seqs).to.deep.equal([2]);
  });

  it('many who read at once come together', async () => {
    const { engine, ann } = party;
    const people = await guests(engine, 'p1', 'p2', 'p3', 'p4', 'p5', 'p6');
    const crowd = await roomOf([ann, ...people]);
    await ann.do('joinRoom', crowd._id);
    const sent = await ann.send(crowd._id, 'x');
    await calm(ann);
    await Promise.all(
      people.map(person => person.do('updateReadMessage', { roomId: crowd._id, messageId: sent._id })),
    );
    await Promise.all(people.map(person => receipt(ann, crowd._id, person, 1)));
    expect(ann.of(`readReceipts_${crowd._id}`).length).to.be.at.most(people.length);
  });

  it('with a closed list, members are told of masters only, masters of all', async () => {
    const { ann, bob, eve } = party;
    const closed = await roomOf([ann, bob, eve], { rules: { canShowMemberList: false } });
    for (const client of [ann, bob]) await client.do('joinRoom', closed._id);
    const sent = await eve.send(closed._id, '1');
    await receipt(ann, closed._id, eve, sent.seq);
    await receipt(bob, closed._id, ann, sent.seq);
    await bob.settled();
    const readers = bob
      .of(`readReceipts_${closed._id}`)
      .flatMap(frame => frame.reads.map((read: any) => read.userId));
    expect(readers).to.not.include(eve.userId);
  });

  it('in a large room they come in place of listenRoom', async () => {
    const own = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
    try {
      const [a, b, c] = await guests(own, 'a', 'b', 'c');
      const large = await roomOf([a, b, c]);
      await a.do('joinRoom', large._id);
      const sent = await a.send(large._id, 'x');
      await calm(a);
      await b.do('updateReadMessage', { roomId: large._id, messageId: sent._id });
      await receipt(a, large._id, b, 1);
      await a.settled();
      expect(a.of('listenRoom')).to.deep.equal([]);
    } finally {
      await own.close();
    }
  });
});
