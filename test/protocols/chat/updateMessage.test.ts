import { expect } from 'chai';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { aMoment, calm, errorOf, guests, roomOf, uncounted } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);

describe('updateMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const data = (content: unknown, type = 'TEXT') => ({ type, content });
  const edit = async (by: ChatClient, messageId: string, content: unknown): Promise<Message> =>
    (await by.do('updateMessage', { messageId, data: data(content) })).message;
  const refused = (by: ChatClient, messageId: string, content: unknown = 'x') =>
    errorOf(by, 'updateMessage', { messageId, data: data(content) });

  it('changes the text, and nothing else but when it was edited', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, '오타');
    const edited = await edit(ann, message._id, { text: '정타' });
    expect(edited.editedAt).to.be.a('string');
    const { editedAt: _, ...rest } = edited;
    const { editedAt: __, ...before } = message;
    expect(rest).to.deep.equal({ ...before, data: { type: 'TEXT', content: { text: '정타' } } });
    expect((await bob.history(room._id)).at(-1)).to.deep.equal(edited);
    expect((await bob.room(room._id)).lastMessage).to.deep.equal(uncounted(edited));
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).lastMessage).to.deep.equal(
      uncounted(edited),
    );
    const again = await edit(ann, message._id, '다시');
    expect(Date.parse(again.editedAt!)).to.be.greaterThan(Date.parse(edited.editedAt!));
  });

  it('viewers get an UPDATE, all members the new last message; it is not a new message to anybody', async () => {
    const room = await roomOf([ann, bob]);
    const [first, last] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    const phone = await engine.connect(ann.userId, 'ann');
    await phone.do('joinRoom', room._id);
    await calm(bob, phone);
    const edited = await edit(ann, last._id, 'second');
    expect(await phone.frame(`listenMessage_${room._id}`)).to.deep.equal({ ...edited, eventType: 'UPDATE' });
    const told = await bob.frame('updateRoomLastMessage');
    expect([told.lastMessage, told.unReadMsgCount]).to.deep.equal([uncounted(edited), 2]);
    await calm(bob, phone);
    await edit(ann, first._id, 'first');
    await phone.frame(`listenMessage_${room._id}`, ({ _id }) => _id === first._id);
    await calm(bob, phone);
    expect(bob.of('updateRoomLastMessage'), 'an older message is no matter of the room list').to.deep.equal(
      [],
    );
  });

  it('the same text again changes nothing', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'same');
    expect(await edit(ann, message._id, 'same')).to.deep.equal(message);
    const edited = await edit(ann, message._id, 'other');
    await bob.do('joinRoom', room._id);
    await calm(bob);
    expect(await edit(ann, message._id, 'other')).to.deep.equal(edited);
    await bob.settled();
    expect(bob.of(`listenMessage_${room._id}`)).to.deep.equal([]);
    expect((await ann.do('listEdits', { messageId: message._id })).list).to.have.length(1);
  });

  it('is for the author alone, masters included, and for texts alone', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'mine');
    expect(await refused(ann, message._id)).to.equal('MESSAGE_IS_NOT_MINE');
    const card = { rawData: { cardType: 'LINK_INVITATION', text: 'come' } };
    const { message: sent } = await bob.do('sendMessage', {
      syncKey: 'card',
      roomId: room._id,
      data: { type: 'CARD', content: card },
    });
    expect(await refused(bob, sent._id)).to.equal('INVALID_PAYLOAD');
    expect(
      await errorOf(bob, 'updateMessage', { messageId: message._id, data: data(card, 'CARD') }),
    ).to.equal('INVALID_PAYLOAD');
    for (const content of ['', '  ', 'x'.repeat(10_001), { text: '' }])
      expect(await refused(bob, message._id, content)).to.equal('INVALID_PAYLOAD');
    expect((await ann.history(room._id)).find(({ _id }) => _id === message._id)).to.deep.equal(message);
  });

  it('what one may not see does not exist: unknown, foreign, deleted, from before joining, after leaving', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } });
    const message = await bob.send(room._id, 'old');
    for (const id of [NOWHERE, 'x', '12']) expect(await refused(bob, id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await refused(eve, message._id)).to.equal('MESSAGE_NO_EXISTS');
    const gone = await bob.send(room._id, 'gone');
    await bob.do('deleteMessage', { messageId: gone._id });
    expect(await refused(bob, gone._id)).to.equal('MESSAGE_NO_EXISTS');
    await bob.do('leaveOutRoom', room._id);
    expect(await refused(bob, message._id)).to.equal('MESSAGE_NO_EXISTS');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [bob.userId] });
    expect(await refused(bob, message._id), 'who rejoins starts anew').to.equal('MESSAGE_NO_EXISTS');
  });

  it('stops in a frozen room', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await refused(ann, message._id)).to.equal('ROOM_IS_FREEZED');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: false } } });
    expect(await refused(ann, message._id)).to.equal(null);
  });

  it('on two devices at once ends in one of the texts, with every version in the history', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, '0');
    const phone = await engine.connect(ann.userId, 'ann');
    await bob.do('joinRoom', room._id);
    const texts = ['1', '2', '3', '4', '5', '6'];
    const answers = await Promise.all(texts.map((text, i) => edit(i % 2 ? ann : phone, message._id, text)));
    const now = (await bob.history(room._id)).at(-1)!;
    expect(answers).to.deep.include(now);
    const { list } = await ann.do('listEdits', { messageId: message._id });
    const all = [now.data.content.text, ...list.map((was: Message) => was.data.content.text)];
    expect([...all].sort()).to.deep.equal(['0', ...texts]);
    await bob.settled();
    expect(bob.of(`listenMessage_${room._id}`).at(-1), 'what was told last is what is there').to.deep.equal({
      ...now,
      eventType: 'UPDATE',
    });
  });

  it('against a deletion at the same moment never brings the text back', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    for (let i = 0; i < 10; i++) {
      const message = await ann.send(room._id, 'secret');
      await Promise.all([
        ann.ask('updateMessage', { messageId: message._id, data: data('secret too') }),
        ann.do('deleteMessage', { messageId: message._id }),
        ann.ask('updateMessage', { messageId: message._id, data: data('secret three') }),
      ]);
      const now = (await bob.history(room._id)).at(-1)!;
      expect([now.status.deleted, now.data.content]).to.deep.equal([true, {}]);
      await bob.settled();
      expect(bob.of(`listenMessage_${room._id}`).at(-1)).to.deep.include({ eventType: 'DELETE' });
      expect((await ann.room(room._id)).lastMessage!.data.content).to.deep.equal({});
      expect(await engine.app.chat.stores.edits.of(message._id)).to.deep.equal([]);
    }
  });

  it('is told by sync to whoever was away', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    const { now } = await bob.do('sync', { rooms: [] });
    expect(now).to.be.a('string');
    const since = aMoment();
    const edited = await edit(ann, message._id, 'y');
    const { messages } = await bob.do('sync', { rooms: [{ roomId: room._id, lastSeq: 1 }], since });
    expect(messages).to.deep.equal([edited]);
  });

  it('counts as a send', async () => {
    const strict = await startEngine({ env: { SENDS_PER_SECOND: '1', SENDS_BURST: '3' } });
    try {
      const [joe, sue] = await guests(strict, 'joe', 'sue');
      const room = await roomOf([joe, sue]);
      const message = await joe.send(room._id, '1');
      const answers = [];
      for (const text of ['2', '3', '4']) answers.push(await refused(joe, message._id, text));
      expect(answers).to.deep.equal([null, null, 'RATE_LIMITED']);
    } finally {
      await strict.close();
    }
  });
});
