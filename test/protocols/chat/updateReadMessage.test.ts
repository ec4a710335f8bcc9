import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { oid } from '../../../src/storage/convert.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('updateReadMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const read = (by: ChatClient, roomId: string, messageId: unknown) =>
    errorOf(by, 'updateReadMessage', { roomId, messageId });
  const stateOf = async (client: ChatClient, roomId: string) => {
    const { unReadMsgCount, joinUsers } = await client.room(roomId);
    return [unReadMsgCount, joinUsers.find(user => user._id === client.userId)!.lastReadMessageId];
  };

  it('reads up to a message; the ones after it stay unread', async () => {
    const room = await roomOf([ann, bob]);
    const [one, two, three] = [
      await ann.send(room._id, '1'),
      await ann.send(room._id, '2'),
      await ann.send(room._id, '3'),
    ];
    expect(await stateOf(bob, room._id)).to.deep.equal([3, null]);
    expect(await bob.do('updateReadMessage', { roomId: room._id, messageId: two._id })).to.deep.equal({
      result: true,
    });
    expect(await stateOf(bob, room._id)).to.deep.equal([1, two._id]);
    expect(await read(bob, room._id, three._id)).to.equal(null);
    expect(await stateOf(bob, room._id)).to.deep.equal([0, three._id]);
    expect(await read(bob, room._id, one._id), 'never backwards').to.equal(null);
    expect(await stateOf(bob, room._id)).to.deep.equal([0, three._id]);
  });

  it('many readings at once end at the highest one', async () => {
    const room = await roomOf([ann, bob]);
    const sent = await Promise.all([1, 2, 3, 4, 5].map(i => ann.send(room._id, `${i}`)));
    const last = sent.reduce((a, b) => (a.seq > b.seq ? a : b));
    await Promise.all(
      sent.map(message => bob.do('updateReadMessage', { roomId: room._id, messageId: message._id })),
    );
    expect(await stateOf(bob, room._id)).to.deep.equal([0, last._id]);
  });

  it('deleted messages and one’s own acts count nowhere between', async () => {
    const room = await roomOf([ann, bob]);
    const [eve] = await guests(engine, 'eve');
    const one = await ann.send(room._id, '1');
    const gone = await ann.send(room._id, '2');
    await ann.send(room._id, '3');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    await engine.platform.do('DELETE', `/chat/messages/${gone._id}`);
    expect((await stateOf(bob, room._id))[0]).to.equal(3);
    await read(bob, room._id, one._id);
    expect((await stateOf(bob, room._id))[0]).to.equal(2);
    await read(bob, room._id, gone._id);
    expect(await stateOf(bob, room._id), 'up to the deleted one').to.deep.equal([2, gone._id]);
  });

  it('tells the user’s other devices, and who views the room', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    await ann.do('joinRoom', room._id);
    const [one] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await calm(ann, bob, phone);
    await read(bob, room._id, one._id);
    expect((await phone.frame('updateRoomLastMessage')).unReadMsgCount).to.equal(1);
    const receipts = await ann.frame(`readReceipts_${room._id}`, ({ reads }) =>
      reads.some((r: any) => r.userId === bob.userId),
    );
    expect(receipts.reads.find((r: any) => r.userId === bob.userId)).to.deep.equal({
      userId: bob.userId,
      messageId: one._id,
      seq: 1,
    });
    const isRead = (frame: any) =>
      frame.joinUsers.find((user: any) => user._id === bob.userId).lastReadMessageId === one._id;
    await ann.frame('listenRoom', isRead);
  });

  it('what was acked is stored', async () => {
    const room = await roomOf([ann, bob]);
    const sent = await ann.send(room._id, '1');
    await read(bob, room._id, sent._id);
    const stored = await engine.database.memberships.findOne({ roomId: oid(room._id), userId: bob.userId });
    expect(stored!.lastReadSeq).to.equal(1);
  });

  it('a message that is unknown, of another room, or from before one joined is MESSAGE_NO_EXISTS', async () => {
    const [room, other] = [await roomOf([ann]), await roomOf([ann, bob])];
    const early = await ann.send(room._id, 'early');
    const elsewhere = await ann.send(other._id, 'elsewhere');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [bob.userId] });
    for (const id of ['f'.repeat(24), 'nonsense', 5, early._id, elsewhere._id]) {
      expect(await read(bob, room._id, id), String(id)).to.equal('MESSAGE_NO_EXISTS');
    }
  });

  it('is refused to who is not in the room, and for wrong shapes', async () => {
    const [closed, open] = [await roomOf([ann]), await roomOf([ann], { roomType: 'OPEN' })];
    const [sent, said] = [await ann.send(closed._id, 'x'), await ann.send(open._id, 'x')];
    expect(await read(bob, closed._id, sent._id)).to.equal('ROOM_NO_EXISTS');
    expect(await read(bob, open._id, said._id)).to.equal('YOU_ARE_NO_JOINED_ROOM');
    expect(await read(bob, 'nowhere', sent._id)).to.equal('ROOM_NO_EXISTS');
    for (const messageId of [undefined, null, '', {}, [sent._id]]) {
      const answer = await ann.ask('updateReadMessage', { roomId: closed._id, messageId });
      expect(answer.error, JSON.stringify(messageId)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include('messageId');
    }
  });
});
