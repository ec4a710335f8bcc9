import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { calm, guests, roomOf } from '../helpers/party.ts';
import { inProcessBus } from '../../src/services/bus.ts';

describe('reading, marking and hiding on two nodes', () => {
  let one: Engine;
  let two: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let phone: ChatClient;
  let room: Room;
  before(async () => {
    const shared = { database: `nodes${process.pid}`, bus: inProcessBus() };
    one = await startEngine(shared);
    two = await startEngine(shared);
  });
  after(async () => {
    await one.close();
    await two.close();
  });
  beforeEach(async () => {
    [ann, bob] = await guests(one, 'ann', 'bob');
    phone = await two.connect(bob.userId, 'bob');
    room = await roomOf([ann, bob]);
    await phone.room(room._id);
    await calm(ann, bob, phone);
  });
  const settled = async () => {
    await one.app.chat.ledger.flush();
    await two.app.chat.ledger.flush();
  };

  it('receipts reach viewers of every node, once', async () => {
    const [eve] = await guests(two, 'eve');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    await eve.do('joinRoom', room._id);
    const sent = await ann.send(room._id, 'x');
    await calm(eve);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent._id });
    const name = `readReceipts_${room._id}`;
    const ofBob = () =>
      eve.of(name).flatMap(({ reads }) => reads.filter((read: any) => read.userId === bob.userId));
    await eve.until(
      () => ofBob()[0],
      () => 'the receipt',
    );
    await settled();
    await eve.settled();
    expect(ofBob().map(({ seq }) => seq)).to.deep.equal([sent.seq]);
    const readers = await eve.do('listReaders', { messageId: sent._id });
    expect(readers).to.deep.equal(await ann.do('listReaders', { messageId: sent._id }));
  });

  it('what somebody reads while viewing on one node is read on the other', async () => {
    await bob.do('joinRoom', room._id);
    await ann.send(room._id, 'x');
    await settled();
    await phone.frame<Room>('updateRoomLastMessage', ({ unReadMsgCount }) => unReadMsgCount === 0);
    expect((await phone.room(room._id)).unReadMsgCount).to.equal(0);
    expect(two.app.chat.registry.peek(room._id)!.unsavedReads.size, 'nothing left to write').to.equal(0);
  });

  it('a mark, and its end, hold on both', async () => {
    const sent: Message[] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent[1]!._id });
    await phone.do('markAsUnread', { roomId: room._id, messageId: sent[1]!._id });
    await bob.frame<Room>('updateRoomLastMessage', ({ unReadMsgCount }) => unReadMsgCount === 1);
    for (const device of [bob, phone]) expect((await device.room(room._id)).unReadMsgCount).to.equal(1);
    await bob.send(room._id, 'ends it');
    await settled();
    for (const device of [bob, phone]) expect((await device.room(room._id)).unReadMsgCount).to.equal(0);
    expect((await one.database.memberships.findOne({ userId: bob.userId }))!.unreadFromSeq).to.equal(null);
  });

  it('what is hidden on one is hidden on the other', async () => {
    const sent = await ann.send(room._id, 'x');
    await phone.do('joinRoom', room._id);
    await bob.do('hideMessage', { messageId: sent._id });
    const frame = await phone.frame<Message>(`listenMessage_${room._id}`, ({ status }) => status.hidden);
    expect(frame.data.content).to.deep.equal({});
    expect((await phone.room(room._id)).lastMessage!.status.hidden).to.equal(true);
  });
});
