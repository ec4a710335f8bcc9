import { expect } from 'chai';
import { newKey, type ChatClient, type Message } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { aMoment, calm, errorOf, guests, roomOf, uncounted } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);

describe('deleteMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const remove = async (by: ChatClient, messageId: string): Promise<Message> =>
    (await by.do('deleteMessage', { messageId })).message;
  const refused = (by: ChatClient, messageId: string) => errorOf(by, 'deleteMessage', { messageId });

  it('takes the content away everywhere and keeps the place; twice is once', async () => {
    const room = await roomOf([ann, bob]);
    const { message } = await bob.do('sendMessage', {
      syncKey: newKey(),
      roomId: room._id,
      data: { type: 'TEXT', content: 'a secret' },
      meta: { a: 'secret' },
    });
    await ann.do('addReaction', { messageId: message._id, emoji: '👍' });
    await bob.do('updateMessage', { messageId: message._id, data: { content: 'a secret still' } });
    const gone = await remove(bob, message._id);
    expect(gone).to.deep.include({
      _id: message._id,
      seq: message.seq,
      status: { deleted: true, hidden: false },
      data: { type: 'TEXT', content: {} },
      meta: null,
      reactions: [],
    });
    expect(await remove(bob, message._id)).to.deep.equal(gone);
    expect(JSON.stringify([await ann.history(room._id), await ann.room(room._id)])).to.not.contain('secret');
    await engine.app.chat.ledger.flush();
    const { rooms, messages, edits } = engine.database;
    for (const docs of [rooms, messages, edits] as { find(): { toArray(): Promise<unknown[]> } }[])
      expect(JSON.stringify(await docs.find().toArray())).to.not.contain('a secret');
  });

  it('viewers get a DELETE; it is the last message without its content and counts as unread no more', async () => {
    const room = await roomOf([ann, bob, eve]);
    await ann.send(room._id, '1');
    const message = await ann.send(room._id, '2');
    await eve.do('joinRoom', room._id);
    await calm(bob, eve);
    const gone = await remove(ann, message._id);
    // How many have not read it may change between the frame and the ack.
    const frame = await eve.frame(`listenMessage_${room._id}`);
    expect(uncounted(frame)).to.deep.equal({ ...uncounted(gone), eventType: 'DELETE' });
    const told = await bob.frame('updateRoomLastMessage');
    expect([told.lastMessage, told.unReadMsgCount]).to.deep.equal([uncounted(gone), 1]);
    expect((await bob.rooms()).find(({ _id }) => _id === room._id)!.unReadMsgCount).to.equal(1);
  });

  it('of one’s own goes by the rule; masters may delete anybody’s, always', async () => {
    const room = await roomOf([ann, bob], { rules: { canDeleteMessage: false } });
    const [own, other] = [await bob.send(room._id, 'bob’s'), await ann.send(room._id, 'ann’s')];
    expect(await refused(bob, own._id)).to.equal('ROOM_RULES_CAN_NOT_DELETE_MESSAGE');
    expect(await refused(bob, other._id)).to.equal('MESSAGE_IS_NOT_MINE');
    expect(await refused(ann, own._id)).to.equal(null);
    expect(await refused(ann, other._id)).to.equal(null);
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    const mine = await bob.send(direct._id, 'x');
    expect(await refused(ann, mine._id), 'nobody is master of two').to.equal('MESSAGE_IS_NOT_MINE');
    expect(await refused(bob, mine._id)).to.equal(null);
  });

  it('who came and went stays; what the platform wrote a master may delete', async () => {
    const [joe] = await guests(engine, 'joe');
    const room = await roomOf([ann, bob]);
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [joe.userId] });
    const act = (await ann.history(room._id)).at(-1)!;
    expect(await refused(ann, act._id)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await refused(bob, act._id)).to.equal('MESSAGE_IS_NOT_MINE');
    const notice = await engine.platform.write(room._id, 'notice');
    expect(await refused(bob, notice._id)).to.equal('MESSAGE_IS_NOT_MINE');
    expect(await refused(ann, notice._id)).to.equal(null);
  });

  it('goes on in a frozen room', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'x');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await refused(bob, message._id)).to.equal(null);
  });

  it('what one may not see does not exist', async () => {
    const [joe] = await guests(engine, 'joe');
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'x');
    for (const id of [NOWHERE, 'x']) expect(await refused(bob, id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await refused(joe, message._id)).to.equal('MESSAGE_NO_EXISTS');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [joe.userId] });
    expect(await refused(joe, message._id)).to.equal('MESSAGE_NO_EXISTS');
  });

  it('a retry of its sending gets the deleted message, not a new one', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'x', 'the key');
    const gone = await remove(bob, message._id);
    expect(await bob.send(room._id, 'x', 'the key')).to.deep.equal(gone);
  });

  it('is told by sync to whoever was away', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    const since = aMoment();
    const gone = await remove(ann, message._id);
    const { messages } = await bob.do('sync', { rooms: [{ roomId: room._id, lastSeq: 1 }], since });
    expect(messages).to.deep.equal([gone]);
  });

  it('done again finishes what a crash left of the first time', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'a leftover');
    await ann.do('addAnnouncement', { roomId: room._id, messageId: message._id });
    await ann.do('updateMessage', { messageId: message._id, data: { content: 'a leftover, edited' } });
    const { changes } = engine.app.chat.stores;
    await changes.delete(message._id, new Date());
    await calm(bob);
    await remove(ann, message._id);
    await bob.frame('updateRoomLastMessage', ({ lastMessage }) => lastMessage.status.deleted);
    await bob.frame('listenRoom', ({ lastAnnouncement }) => lastAnnouncement === null);
    await engine.app.chat.ledger.flush();
    const { rooms, edits, announcements } = engine.database;
    for (const docs of [rooms, edits, announcements] as { find(): { toArray(): Promise<unknown[]> } }[])
      expect(JSON.stringify(await docs.find().toArray())).to.not.contain('a leftover');
  });
});
