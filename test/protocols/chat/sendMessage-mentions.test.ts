import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { newKey } from '../../helpers/client.ts';
import { calm, guests, partyOf, roomOf } from '../../helpers/party.ts';

describe('sendMessage: mentions', () => {
  const party = partyOf(['ann', 'bob', 'eve']);
  const name = async (mentions: unknown, syncKey = newKey()): Promise<Message> => {
    const payload = { syncKey, roomId: party.room._id, data: { content: 'hey' }, mentions };
    return (await party.ann.do('sendMessage', payload)).message;
  };
  const countOf = async (client: ChatClient) => (await client.room(party.room._id)).mentionCount;

  it('are kept with the message: members, each once, without oneself and strangers', async () => {
    const { engine, ann, bob, eve, room } = party;
    const [stranger] = await guests(engine, 'stranger');
    const asked = [bob.userId, bob.userId, ann.userId, stranger.userId, 'nobody'];
    const message = await name(asked);
    expect(message.mentions).to.deep.equal([bob.userId]);
    expect((await eve.history(room._id))[0]!.mentions).to.deep.equal([bob.userId]);
    expect((await name(null)).mentions).to.deep.equal([]);
  });

  it('count for who is mentioned until they read, in frames, lists and the room', async () => {
    const { ann, bob, eve, room } = party;
    await calm(bob, eve);
    await name([bob.userId]);
    const second = await name([bob.userId, eve.userId]);
    await ann.send(room._id, 'of nobody');
    expect([await countOf(bob), await countOf(eve), await countOf(ann)]).to.deep.equal([2, 1, 0]);
    await bob.settled();
    expect(bob.of<Room>('updateRoomLastMessage').map(({ mentionCount }) => mentionCount)).to.deep.equal([
      1, 2, 2,
    ]);
    const listed = (await bob.rooms()).find(({ _id }) => _id === room._id)!;
    expect([listed.mentionCount, listed.unReadMsgCount]).to.deep.equal([2, 3]);
    await bob.do('updateReadMessage', { roomId: room._id, messageId: second._id });
    expect([await countOf(bob), await countOf(eve)]).to.deep.equal([0, 1]);
  });

  it('of a deleted message count no more, and others are told so', async () => {
    const { engine, bob, room } = party;
    const first = await name([bob.userId]);
    await name([bob.userId]);
    await calm(bob);
    await engine.platform.do('DELETE', `/chat/messages/${first._id}`);
    expect((await bob.frame<Room>('updateRoomLastMessage')).mentionCount).to.equal(1);
    expect((await bob.history(room._id))[0]!.mentions).to.deep.equal([]);
  });

  it('count the same after the server has forgotten the room, and by a mark', async () => {
    const { engine, bob, room } = party;
    const first = await name([bob.userId]);
    await name([bob.userId]);
    await engine.app.chat.ledger.flush();
    engine.app.chat.registry.forget(room._id);
    expect(await countOf(bob)).to.equal(2);
    await bob.do('joinRoom', room._id);
    expect(await countOf(bob)).to.equal(0);
    await bob.do('markAsUnread', { roomId: room._id, messageId: first._id });
    expect(await countOf(bob)).to.equal(2);
  });

  it('of an earlier membership are not those of a later one', async () => {
    const { ann, bob, room } = party;
    await name([bob.userId]);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [bob.userId] });
    expect(await countOf(bob)).to.equal(0);
    await name([bob.userId]);
    expect(await countOf(bob)).to.equal(1);
  });

  it('are exact in a list too long to load every room', async function () {
    const { engine, ann } = party;
    this.timeout(60_000);
    const [user] = await guests(engine, 'many rooms');
    const rooms: Room[] = [];
    while (rooms.length < 203)
      rooms.push(...(await Promise.all(Array.from({ length: 7 }, () => roomOf([ann, user])))));
    const some = rooms.slice(0, 3);
    const sent: Message[] = [];
    for (const { _id: roomId } of some)
      for (let i = 0; i < 3; i++) {
        const payload = { roomId, syncKey: newKey(), data: { content: 'x' }, mentions: [user.userId] };
        sent.push((await ann.do('sendMessage', payload)).message);
      }
    await user.do('hideMessage', { messageId: sent[0]!._id });
    await user.do('updateReadMessage', { roomId: some[1]!._id, messageId: sent[5]!._id });
    await user.do('markAsUnread', { roomId: some[1]!._id, messageId: sent[4]!._id });
    await user.do('hideMessage', { messageId: sent[8]!._id });
    await engine.app.chat.ledger.flush();
    for (const { _id } of rooms) engine.app.chat.registry.forget(_id);
    const listed = new Map((await user.rooms()).map(one => [one._id, one]));
    expect(
      some.map(({ _id }) => [listed.get(_id)!.unReadMsgCount, listed.get(_id)!.mentionCount]),
    ).to.deep.equal([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
    expect(some.map(({ _id }) => listed.get(_id)!.lastMessage!.status.hidden)).to.deep.equal([
      false,
      false,
      true,
    ]);
    expect(engine.app.chat.registry.peek(some[0]!._id), 'not loaded for it').to.equal(undefined);
  });

  it('a retry is the same message, also when somebody has left; with other mentions it is another', async () => {
    const { ann, bob, eve, room } = party;
    const first = await name([bob.userId, eve.userId], 'the key');
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    const again = await name([eve.userId, bob.userId], 'the key');
    expect([again._id, again.mentions]).to.deep.equal([first._id, first.mentions]);
    const payload = { roomId: room._id, syncKey: 'the key', data: { content: 'hey' } };
    expect((await ann.ask('sendMessage', payload)).error).to.equal('SYNC_KEY_CONFLICT');
  });

  it('are fifty at most', async () => {
    const { ann, room } = party;
    const many = Array.from({ length: 51 }, (_, i) => `user-${i}`);
    const payload = { roomId: room._id, syncKey: newKey(), data: { content: 'x' }, mentions: many };
    const answer = await ann.ask('sendMessage', payload);
    expect([answer.error, answer.message]).to.satisfy(
      ([error, message]: string[]) => error === 'INVALID_PAYLOAD' && message!.includes('mentions'),
    );
  });
});
