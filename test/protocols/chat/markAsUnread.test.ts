import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { aMoment, calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('markAsUnread', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let room: Room;
  let sent: Message[];
  before(async () => {
    engine = await sharedEngine();
  });
  /** Five messages, the fourth by bob, who has read them all. */
  beforeEach(async () => {
    [ann, bob] = await guests(engine, 'ann', 'bob');
    room = await roomOf([ann, bob]);
    sent = [];
    for (const text of ['1', '2', '3', '4', '5'])
      sent.push(await (text === '4' ? bob : ann).send(room._id, text));
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent[4]!._id });
  });
  const mark = (client: ChatClient, { _id }: Message): Promise<number> =>
    client
      .do('markAsUnread', { roomId: room._id, messageId: _id })
      .then(({ unReadMsgCount }) => unReadMsgCount);
  const unread = async (client: ChatClient) => (await client.room(room._id)).unReadMsgCount;
  const forget = async () => {
    await engine.app.chat.ledger.flush();
    engine.app.chat.registry.forget(room._id);
  };

  it('counts as if I had read up to the message before: my own do not count', async () => {
    expect(await mark(bob, sent[1]!)).to.equal(3);
    expect(await unread(bob)).to.equal(3);
    const listed = (await bob.rooms()).find(({ _id }) => _id === room._id)!;
    expect(listed.unReadMsgCount).to.equal(3);
    await ann.send(room._id, 'another');
    expect(await unread(bob)).to.equal(4);
    expect(await mark(bob, sent[4]!), 'a later one').to.equal(2);
    await engine.platform.do('DELETE', `/chat/messages/${sent[4]!._id}`);
    expect(await unread(bob)).to.equal(1);
  });

  it('moves no receipt back: my read position, readers and receipts stay', async () => {
    await ann.do('joinRoom', room._id);
    await calm(ann);
    await mark(bob, sent[0]!);
    const me = (await ann.room(room._id)).joinUsers.find(({ _id }) => _id === bob.userId)!;
    expect(me.lastReadMessageId).to.equal(sent[4]!._id);
    expect((await ann.do('listReaders', { messageId: sent[4]!._id })).readCount).to.equal(1);
    await ann.settled();
    expect(ann.of(`readReceipts_${room._id}`)).to.deep.equal([]);
  });

  it('is told to my other devices, and to nobody else', async () => {
    const phone = await engine.connect(bob.userId, 'bob');
    await calm(ann, bob, phone);
    await mark(bob, sent[2]!);
    expect((await phone.frame<Room>('updateRoomLastMessage')).unReadMsgCount).to.equal(2);
    await Promise.all([ann.settled(), bob.settled()]);
    expect([...ann.frames, ...bob.frames]).to.deep.equal([]);
  });

  it('is still there after the server has forgotten the room', async () => {
    await mark(bob, sent[1]!);
    await forget();
    expect(await unread(bob)).to.equal(3);
    expect((await bob.rooms()).find(({ _id }) => _id === room._id)!.unReadMsgCount).to.equal(3);
  });

  const ends: [string, () => Promise<unknown>][] = [
    ['entering the room', () => bob.do('joinRoom', room._id)],
    ['writing', () => bob.send(room._id, 'x')],
    [
      'reading up to the last message',
      () => bob.do('updateReadMessage', { roomId: room._id, messageId: sent[4]!._id }),
    ],
  ];
  for (const [what, act] of ends) {
    it(`ends by ${what}, in the store too`, async () => {
      const phone = await engine.connect(bob.userId, 'bob');
      await mark(bob, sent[1]!);
      await calm(phone);
      await act();
      expect(await unread(bob)).to.equal(0);
      await phone.frame<Room>('updateRoomLastMessage', ({ unReadMsgCount }) => unReadMsgCount === 0);
      await forget();
      expect(await unread(bob)).to.equal(0);
    });
  }

  it('does not end by reading what lies before it', async () => {
    await mark(bob, sent[2]!);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: sent[1]!._id });
    expect(await unread(bob)).to.equal(2);
  });

  it('stays while I view the room on some device: what comes then counts too, until I enter it again', async () => {
    await bob.do('joinRoom', room._id);
    await mark(bob, sent[4]!);
    await ann.send(room._id, 'while viewing');
    expect(await unread(bob)).to.equal(2);
    expect((await ann.do('listReaders', { messageId: sent[4]!._id })).readCount).to.equal(1);
    await forget();
    expect(await unread(bob)).to.equal(2);
    await bob.do('joinRoom', room._id);
    expect(await unread(bob)).to.equal(0);
  });

  it('one that is set after I wrote outlives the writing of that', async () => {
    const mine = await bob.send(room._id, 'mine');
    await mark(bob, sent[0]!);
    await engine.app.chat.ledger.flush();
    await forget();
    expect([await unread(bob), mine.seq]).to.deep.equal([4, 6]);
  });

  it('needs nothing where the message is unread already', async () => {
    await ann.send(room._id, '6');
    const last = await ann.send(room._id, '7');
    expect(await mark(bob, last)).to.equal(2);
    expect((await engine.database.memberships.findOne({ userId: bob.userId }))!.unreadFromSeq).to.equal(null);
  });

  it('makes the room one that sync tells of', async () => {
    const since = aMoment();
    await mark(bob, sent[2]!);
    const { rooms } = await bob.do('sync', { rooms: [], since });
    expect(idsOf(rooms)).to.include(room._id);
  });

  it('refuses what I cannot see', async () => {
    const [stranger, late] = await guests(engine, 'stranger', 'late');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [late.userId] });
    const ask = (client: ChatClient, roomId: unknown, messageId: unknown) =>
      errorOf(client, 'markAsUnread', { roomId, messageId });
    const other = await roomOf([bob, ann]);
    const elsewhere = await bob.send(other._id, 'x');
    expect(await ask(stranger, room._id, sent[0]!._id)).to.equal('ROOM_NO_EXISTS');
    expect(await ask(late, room._id, sent[0]!._id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await ask(bob, room._id, elsewhere._id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await ask(bob, room._id, 'no id')).to.equal('MESSAGE_NO_EXISTS');
    expect(await ask(bob, room._id, null)).to.equal('INVALID_PAYLOAD');
    expect(await unread(bob)).to.equal(1);
  });
});
