import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { calm, guests, partyOf, roomOf } from '../../helpers/party.ts';

describe('listenMessage_${roomId}', () => {
  const party = partyOf(['ann', 'bob', 'eve']);
  const told = (client: ChatClient) => client.of(`listenMessage_${party.room._id}`);

  it('a new message comes to who views the room, the sender’s sockets included, as one object', async () => {
    const { engine, ann, bob, eve, room } = party;
    const phone = await engine.connect(ann.userId, 'ann');
    for (const client of [ann, phone, bob]) await client.do('joinRoom', room._id);
    const sent = await ann.send(room._id, 'hello');
    for (const client of [ann, phone, bob]) {
      await client.settled();
      expect(told(client), client.userId).to.deep.equal([{ ...sent, eventType: 'CREATE' }]);
    }
    await eve.settled();
    expect(told(eve), 'eve has it closed').to.deep.equal([]);
  });

  it('an edited one comes as UPDATE, a deleted one as DELETE with nothing in it, each once', async () => {
    const { engine, ann, bob, room } = party;
    await bob.do('joinRoom', room._id);
    const sent = await ann.send(room._id, 'hello');
    await engine.platform.do('PATCH', `/chat/messages/${sent._id}`, {
      data: { type: 'TEXT', content: 'hallo' },
    });
    await engine.platform.do('DELETE', `/chat/messages/${sent._id}`);
    await engine.platform.call('DELETE', `/chat/messages/${sent._id}`);
    await bob.settled();
    const [created, updated, deleted, ...more] = told(bob);
    expect(more).to.deep.equal([]);
    expect(created.eventType).to.equal('CREATE');
    expect(updated).to.deep.equal({
      ...sent,
      data: { type: 'TEXT', content: { text: 'hallo' } },
      editedAt: updated.editedAt,
      eventType: 'UPDATE',
    });
    expect(updated.editedAt).to.be.a('string');
    expect(deleted).to.deep.equal({
      ...updated,
      data: { type: 'TEXT', content: {} },
      status: { deleted: true, hidden: false },
      eventType: 'DELETE',
    });
  });

  it('ADMIN messages and those of the platform come like any other, in the same order', async () => {
    const { engine, ann, bob, room } = party;
    await bob.do('joinRoom', room._id);
    const [dan] = await guests(engine, 'dan');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [dan.userId] });
    await engine.platform.write(room._id, 'news');
    await engine.platform.write(room._id, 'in the name of ann', ann.userId);
    await bob.settled();
    expect(told(bob).map(frame => [frame.seq, frame.author.authorId])).to.deep.equal([
      [1, 'ADMIN'],
      [2, 'ADMIN'],
      [3, ann.userId],
    ]);
  });

  it('a newcomer hears nothing before they view the room, then all that follows', async () => {
    const { engine, ann, room } = party;
    const [dan] = await guests(engine, 'dan');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [dan.userId] });
    await ann.send(room._id, 'before');
    await dan.do('joinRoom', room._id);
    const sent = await ann.send(room._id, 'after');
    await dan.settled();
    expect(told(dan).map(frame => frame._id)).to.deep.equal([sent._id]);
  });

  it('the last that one hears who leaves for good is what came before', async () => {
    const { ann, bob } = party;
    const open = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } });
    await bob.do('joinRoom', open._id);
    await calm(bob);
    await Promise.all([ann.send(open._id, '1'), bob.do('leaveOutRoom', open._id), ann.send(open._id, '2')]);
    await bob.settled();
    const left = (await ann.history(open._id)).find(message => message.meta?.['event'] === 'member.left')!;
    for (const frame of bob.of(`listenMessage_${open._id}`)) expect(frame.seq).to.be.lessThan(left.seq);
  });
});
