import { expect } from 'chai';
import { newKey, type ChatClient, type Message } from '../../helpers/client.ts';
import { aMoment, calm, errorOf, guests, partyOf, roomOf, uncounted } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);

describe('sendMessage: replies', () => {
  const party = partyOf(['ann', 'bob']);
  const payload = (replyTo: unknown, content = 'answer', syncKey = newKey()) => ({
    syncKey,
    roomId: party.room._id,
    data: { type: 'TEXT', content },
    replyTo,
  });
  const reply = async (by: ChatClient, replyTo: string): Promise<Message> =>
    (await by.do('sendMessage', payload(replyTo))).message;
  const quoteOf = ({ _id, seq, author, data }: Message, deleted = false) => ({
    _id,
    seq,
    author,
    data,
    status: { deleted },
  });

  it('carry what they answer: in the ack, live, in pages, in the room list, in sync', async () => {
    const { engine, ann, bob, room } = party;
    const question = await ann.send(room._id, 'a question?');
    await ann.do('joinRoom', room._id);
    const answer = await reply(bob, question._id);
    expect(answer.replyTo).to.deep.equal(quoteOf(question));
    expect(await ann.frame(`listenMessage_${room._id}`)).to.deep.equal({ ...answer, eventType: 'CREATE' });
    expect((await ann.history(room._id)).at(-1)).to.deep.equal(answer);
    expect((await ann.rooms()).find(({ _id }) => _id === room._id)!.lastMessage).to.deep.equal(
      uncounted(answer),
    );
    const { messages } = await ann.do('sync', { rooms: [{ roomId: room._id, lastSeq: 1 }] });
    expect(messages).to.deep.equal([answer]);
    await engine.app.chat.ledger.flush();
    engine.app.chat.registry.forget(room._id);
    expect((await bob.room(room._id)).lastMessage, 'loaded from the store').to.deep.equal(uncounted(answer));
  });

  it('quote a long text cut short, never in the middle of a character', async () => {
    const { ann, bob, room } = party;
    const question = await ann.send(room._id, '😀'.repeat(300));
    const { replyTo } = await reply(bob, question._id);
    expect(replyTo).to.have.nested.property('data.content.text', '😀'.repeat(200));
  });

  it('follow an edit and the deletion of what they answer, for viewers, in the list and in sync', async () => {
    const { ann, bob, room } = party;
    const question = await ann.send(room._id, 'a question?');
    const answer = await reply(bob, question._id);
    await bob.do('joinRoom', room._id);
    await calm(ann, bob);
    const since = aMoment();
    const { message: edited } = await ann.do('updateMessage', {
      messageId: question._id,
      data: { content: 'another question?' },
    });
    const followed = { ...answer, replyTo: quoteOf(edited) };
    const told =
      (event: string) =>
      ({ _id, eventType }: Message & { eventType: string }) =>
        _id === answer._id && eventType === event;
    expect(await bob.frame(`listenMessage_${room._id}`, told('UPDATE'))).to.deep.equal({
      ...followed,
      eventType: 'UPDATE',
    });
    expect((await ann.frame('updateRoomLastMessage')).lastMessage).to.deep.equal(uncounted(followed));
    const { messages } = await ann.do('sync', { rooms: [{ roomId: room._id, lastSeq: 2 }], since });
    expect(messages).to.deep.equal([edited, followed]);
    await calm(ann, bob);
    const { message: gone } = await ann.do('deleteMessage', { messageId: question._id });
    expect(gone.replyTo).to.equal(null);
    const after = { ...answer, replyTo: quoteOf(gone, true) };
    expect(await bob.frame(`listenMessage_${room._id}`, told('UPDATE'))).to.deep.equal({
      ...after,
      eventType: 'UPDATE',
    });
    expect((await ann.history(room._id)).at(-1)).to.deep.equal(after);
    expect(JSON.stringify(await ann.room(room._id))).to.not.contain('question?');
  });

  it('need a message that is there, in this room, and seen by who answers', async () => {
    const { engine, ann, bob, room } = party;
    const [eve] = await guests(engine, 'eve');
    const question = await ann.send(room._id, 'a question?');
    const gone = await ann.send(room._id, 'gone');
    await ann.do('deleteMessage', { messageId: gone._id });
    const elsewhere = await ann.send((await roomOf([ann, bob]))._id, 'elsewhere');
    for (const id of [NOWHERE, 'x', gone._id, elsewhere._id])
      expect(await errorOf(ann, 'sendMessage', payload(id))).to.equal('MESSAGE_NO_EXISTS');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(await errorOf(eve, 'sendMessage', payload(question._id))).to.equal('MESSAGE_NO_EXISTS');
    expect(await errorOf(ann, 'sendMessage', payload({}))).to.equal('INVALID_PAYLOAD');
  });

  it('show what they answer also to those who joined between the two', async () => {
    const { engine, ann, bob, room } = party;
    const [eve] = await guests(engine, 'eve');
    const question = await ann.send(room._id, 'a question?');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    const answer = await reply(bob, question._id);
    const history = await eve.history(room._id);
    expect(history.map(({ _id }) => _id)).to.not.include(question._id);
    expect(history.at(-1)).to.deep.equal(answer);
    await eve.do('joinRoom', room._id);
    const { message: edited } = await ann.do('updateMessage', {
      messageId: question._id,
      data: { content: 'edited' },
    });
    const told = await eve.frame(`listenMessage_${room._id}`);
    expect(told, 'the reply, and not the question').to.deep.equal({
      ...answer,
      replyTo: quoteOf(edited),
      eventType: 'UPDATE',
    });
  });

  it('are the same only with the same replyTo; a retry gets the first, whatever became of what it answers', async () => {
    const { ann, bob, room } = party;
    const [one, two] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    const answer = await bob.do('sendMessage', payload(one._id, 'answer', 'once'));
    expect(await bob.do('sendMessage', payload(one._id, 'answer', 'once'))).to.deep.equal(answer);
    for (const other of [two._id, null])
      expect(await errorOf(bob, 'sendMessage', payload(other, 'answer', 'once'))).to.equal(
        'SYNC_KEY_CONFLICT',
      );
    await ann.do('deleteMessage', { messageId: one._id });
    const again = await bob.do('sendMessage', payload(one._id, 'answer', 'once'));
    expect(again.message._id).to.equal(answer.message._id);
    expect(again.message.replyTo.status).to.deep.equal({ deleted: true });
  });

  it('that are stored while what they answer is deleted never keep its text', async () => {
    const { ann, bob, room } = party;
    await ann.do('joinRoom', room._id);
    for (let i = 0; i < 10; i++) {
      const question = await ann.send(room._id, 'a secret');
      const [answer] = await Promise.all([
        bob.ask('sendMessage', payload(question._id)),
        ann.do('deleteMessage', { messageId: question._id }),
      ]);
      if (!answer.success) continue;
      const { message } = answer.data as { message: Message };
      await ann.until(
        () => {
          const told = ann.of<Message>(`listenMessage_${room._id}`).filter(({ _id }) => _id === message._id);
          return JSON.stringify(told.at(-1) ?? 'secret').includes('secret') ? undefined : true;
        },
        () => 'the reply without the text',
      );
    }
    expect(JSON.stringify([await ann.history(room._id), await ann.room(room._id)])).to.not.contain('secret');
  });

  it('in frozen rooms are refused', async () => {
    const { ann, bob, room } = party;
    const question = await ann.send(room._id, 'a question?');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await errorOf(bob, 'sendMessage', payload(question._id))).to.equal('ROOM_IS_FREEZED');
  });
});
