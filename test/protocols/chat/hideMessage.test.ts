import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { aMoment, calm, errorOf, guests, idsOf, partyOf, roomOf } from '../../helpers/party.ts';

describe('hideMessage', () => {
  const party = partyOf(['ann', 'bob', 'eve'], { rules: { canLeaveOutRoom: true } });
  const hide = (client: ChatClient, { _id }: Message): Promise<Message> =>
    client.do('hideMessage', { messageId: _id }).then(({ message }) => message);
  const edit = ({ _id }: Message, content: string) =>
    party.engine.platform.do('PATCH', `/chat/messages/${_id}`, { data: { type: 'TEXT', content } });
  const remove = ({ _id }: Message) => party.engine.platform.do('DELETE', `/chat/messages/${_id}`);
  const isHidden = ({ status, data }: Message) => {
    expect(data.content).to.deep.equal(status.hidden ? {} : data.content);
    return status.hidden;
  };
  const forget = async () => {
    const { ledger, registry } = party.engine.app.chat;
    await ledger.flush();
    registry.forget(party.room._id);
  };

  it('hides it for me alone, in pages, the list and the room, also after the server has forgotten the room', async () => {
    const { ann, bob, eve, room } = party;
    const [first, last] = [await ann.send(room._id, 'first'), await ann.send(room._id, 'last')];
    expect(await hide(bob, last)).to.deep.include({
      _id: last._id,
      seq: 2,
      data: { type: 'TEXT', content: {} },
      status: { deleted: false, hidden: true },
    });
    const look = async () => {
      expect((await bob.history(room._id)).map(isHidden)).to.deep.equal([false, true]);
      expect(isHidden((await bob.room(room._id)).lastMessage!)).to.equal(true);
      const listed = (await bob.rooms()).find(({ _id }) => _id === room._id)!;
      expect([isHidden(listed.lastMessage!), listed.unReadMsgCount]).to.deep.equal([true, 1]);
      expect((await eve.history(room._id)).map(isHidden)).to.deep.equal([false, false]);
      expect((await eve.room(room._id)).lastMessage!.data.content).to.deep.equal({ text: 'last' });
    };
    await look();
    await forget();
    await look();
    expect(first.seq).to.equal(1);
  });

  it('takes it out of what I search and look through, and out of nobody else’s', async () => {
    const { ann, bob, eve, room } = party;
    const message = await ann.send(room._id, '비밀 https://a.example');
    await hide(bob, message);
    const found = async (client: ChatClient) => [
      (await client.do('searchMessages', { roomId: room._id, keyword: '비밀' })).list.length,
      (await client.do('searchMessages', { keyword: '비밀' })).list.length,
      (await client.do('listGallery', { roomId: room._id, kind: 'LINK' })).list.length,
    ];
    expect(await found(bob)).to.deep.equal([0, 0, 0]);
    expect(await found(eve)).to.deep.equal([1, 1, 1]);
  });

  it('takes it out of my unread and mention counts, once', async () => {
    const { ann, bob, eve, room } = party;
    const mentions = [bob.userId];
    const sent: Message[] = [];
    for (const content of ['1', '2', '3']) {
      const { message } = await ann.do('sendMessage', {
        syncKey: content,
        roomId: room._id,
        data: { content },
        mentions,
      });
      sent.push(message);
    }
    for (let i = 0; i < 2; i++) await hide(bob, sent[1]!);
    const { unReadMsgCount, mentionCount } = await bob.room(room._id);
    expect([unReadMsgCount, mentionCount]).to.deep.equal([2, 2]);
    await remove(sent[1]!);
    expect((await bob.room(room._id)).unReadMsgCount, 'deleted for all, too').to.equal(2);
    const other = await eve.room(room._id);
    expect([other.unReadMsgCount, other.mentionCount]).to.deep.equal([2, 0]);
  });

  it('hides it on my other devices, which view the room or not, and tells nobody else', async () => {
    const { engine, ann, bob, eve, room } = party;
    const [viewing, closed] = [
      await engine.connect(bob.userId, 'bob'),
      await engine.connect(bob.userId, 'bob'),
    ];
    const sent = await ann.send(room._id, 'x');
    for (const client of [viewing, eve]) await client.do('joinRoom', room._id);
    await engine.app.chat.ledger.flush();
    await calm(ann, bob, eve, viewing, closed);
    await hide(bob, sent);
    const frame = await viewing.frame(`listenMessage_${room._id}`);
    expect([frame._id, frame.eventType, isHidden(frame)]).to.deep.equal([sent._id, 'UPDATE', true]);
    for (const device of [viewing, closed])
      expect(isHidden((await device.frame<Room>('updateRoomLastMessage')).lastMessage!)).to.equal(true);
    await eve.settled();
    expect(eve.of(`listenMessage_${room._id}`)).to.deep.equal([]);
  });

  it('an edit does not bring it back, a deletion is told without content', async () => {
    const { ann, bob, eve, room } = party;
    const sent = await ann.send(room._id, 'x');
    await hide(bob, sent);
    for (const client of [bob, eve]) await client.do('joinRoom', room._id);
    await calm(bob, eve);
    await edit(sent, 'edited');
    const name = `listenMessage_${room._id}`;
    expect((await eve.frame<Message>(name)).data.content).to.deep.equal({ text: 'edited' });
    expect(isHidden(await bob.frame<Message>(name))).to.equal(true);
    await remove(sent);
    const last = await bob.frame<Message & { eventType: string }>(
      name,
      ({ eventType }) => eventType === 'DELETE',
    );
    expect(last.status).to.deep.equal({ deleted: true, hidden: true });
    expect(
      bob.of<Room>('updateRoomLastMessage').map(({ lastMessage }) => isHidden(lastMessage!)),
    ).to.not.include(false);
  });

  it('works on deleted messages, on my own, and in frozen rooms', async () => {
    const { ann, bob, room } = party;
    const [mine, gone] = [await bob.send(room._id, 'mine'), await ann.send(room._id, 'gone')];
    await remove(gone);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(isHidden(await hide(bob, mine))).to.equal(true);
    expect((await hide(bob, gone)).status).to.deep.equal({ deleted: true, hidden: true });
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(0);
  });

  it('sync gives what I hid since, to my other devices alone, in pages too', async () => {
    const { ann, bob, eve, room } = party;
    const sent: Message[] = [];
    for (const text of ['1', '2', '3']) sent.push(await ann.send(room._id, text));
    await hide(bob, sent[0]!);
    const since = aMoment();
    await hide(bob, sent[2]!);
    const ask = (client: ChatClient, lastSeq: number) =>
      client.do('sync', { rooms: [{ roomId: room._id, lastSeq }], since });
    const { messages, rooms } = await ask(bob, 3);
    expect(messages.map((message: Message) => [message._id, isHidden(message)])).to.deep.equal([
      [sent[2]!._id, true],
    ]);
    expect(idsOf(rooms)).to.include(room._id);
    expect((await ask(bob, 0)).messages.map(isHidden)).to.deep.equal([true, false, true, true]);
    expect((await ask(eve, 3)).messages).to.deep.equal([]);
  });

  it('who leaves and comes back has hidden nothing', async () => {
    const { engine, ann, bob } = party;
    const open = await roomOf([ann, bob], { roomType: 'OPEN', rules: { canSeeHistory: true } });
    const sent = [await ann.send(open._id, '1'), await ann.send(open._id, '2')];
    await hide(bob, sent[0]!);
    await bob.do('leaveOutRoom', open._id);
    await bob.do('joinRoom', open._id);
    await hide(bob, sent[1]!);
    expect((await bob.history(open._id)).slice(0, 2).map(isHidden)).to.deep.equal([false, true]);
    expect(await engine.database.hides.countDocuments({ userId: bob.userId })).to.equal(1);
  });

  it('refuses what I cannot see: unknown ones, those of other rooms, those from before I joined', async () => {
    const { engine, ann, bob, room } = party;
    const [stranger] = await guests(engine, 'stranger');
    const sent = await ann.send(room._id, 'x');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [stranger.userId] });
    const [outside] = await guests(engine, 'outside');
    for (const [client, messageId] of [
      [stranger, sent._id],
      [outside, sent._id],
      [bob, 'f'.repeat(24)],
      [bob, 'no id'],
      [bob, 12],
    ] as const)
      expect(await errorOf(client, 'hideMessage', { messageId })).to.equal('MESSAGE_NO_EXISTS');
    expect(await errorOf(bob, 'hideMessage', {})).to.equal('INVALID_PAYLOAD');
    const userId = { $in: [stranger.userId, outside.userId, bob.userId] };
    expect(await engine.database.hides.countDocuments({ userId })).to.equal(0);
  });

  it('a crash between the mark and the hiding hides nothing', async () => {
    const { engine, ann, bob, room } = party;
    const sent = await ann.send(room._id, 'x');
    await engine.app.chat.stores.members.raiseHidden(room._id, bob.userId, sent.seq, new Date());
    await forget();
    expect(isHidden((await bob.room(room._id)).lastMessage!)).to.equal(false);
    expect((await bob.history(room._id)).map(isHidden)).to.deep.equal([false]);
    expect((await bob.room(room._id)).unReadMsgCount).to.equal(1);
  });
});
