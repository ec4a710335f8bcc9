import { expect } from 'chai';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { aMoment, calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);
const MANY = [...'😀😁😂🤣😃😄😅😆😉😊😋😎😍😘😗😙😚🙂🤗🤩'];

describe('addReaction', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const react = async (by: ChatClient, messageId: string, emoji: string): Promise<Message['reactions']> =>
    (await by.do('addReaction', { messageId, emoji })).reactions;
  const refused = (by: ChatClient, messageId: string, emoji: unknown = '👍') =>
    errorOf(by, 'addReaction', { messageId, emoji });

  it('shows who reacted with what, in the order of coming, to everybody who sees the message', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await bob.do('joinRoom', room._id);
    expect(await react(ann, message._id, '👍')).to.deep.equal([
      { emoji: '👍', count: 1, userIds: [ann.userId] },
    ]);
    await react(bob, message._id, '🎉');
    const reactions = await react(bob, message._id, '👍');
    expect(reactions).to.deep.equal([
      { emoji: '👍', count: 2, userIds: [ann.userId, bob.userId] },
      { emoji: '🎉', count: 1, userIds: [bob.userId] },
    ]);
    const shown = (await ann.history(room._id)).at(-1)!;
    expect(shown).to.deep.equal({ ...message, reactions });
    const frames = bob.of(`listenMessage_${room._id}`);
    expect(frames).to.have.length(3);
    expect(frames.at(-1)).to.deep.equal({ ...shown, eventType: 'UPDATE' });
  });

  it('is a matter of the room list only on the last message, and never counts as unread', async () => {
    const room = await roomOf([ann, bob]);
    const [first, last] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await calm(ann, bob);
    await react(ann, first._id, '👍');
    await bob.settled();
    expect(bob.frames).to.deep.equal([]);
    const reactions = await react(ann, last._id, '👍');
    const told = await bob.frame('updateRoomLastMessage');
    expect([told.lastMessage.reactions, told.unReadMsgCount]).to.deep.equal([reactions, 2]);
  });

  it('twice is once', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    const reactions = await react(bob, message._id, '👍');
    await ann.do('joinRoom', room._id);
    await calm(ann);
    expect(await react(bob, message._id, '👍')).to.deep.equal(reactions);
    await ann.settled();
    expect(ann.of(`listenMessage_${room._id}`)).to.deep.equal([]);
  });

  it('takes one emoji, whatever it is made of, in one spelling', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    for (const emoji of ['👍', '👍🏽', '❤️', '🇰🇷', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '👩🏽‍❤️‍💋‍👨🏿'])
      expect(await refused(ann, message._id, emoji), emoji).to.equal(null);
    expect((await react(bob, message._id, '❤')).find(({ emoji }) => emoji === '❤️')!.count).to.equal(2);
    for (const emoji of [
      '',
      ' ',
      'a',
      '1',
      'ok',
      '👍👍',
      '👍a',
      ':+1:',
      '\ud83d',
      '👍\u0301',
      '\u200d',
      '👨‍'.repeat(20),
      7,
      null,
    ])
      expect(await refused(ann, message._id, emoji), JSON.stringify(emoji)).to.equal('INVALID_PAYLOAD');
  });

  it('of twenty people at the same moment loses nobody, and ends in what was told last', async () => {
    const people = await guests(engine, ...Array.from({ length: 20 }, (_, i) => `p${i}`));
    const room = await roomOf([ann, ...people]);
    const message = await ann.send(room._id, 'x');
    await ann.do('joinRoom', room._id);
    await Promise.all(people.flatMap(who => [react(who, message._id, '👍'), react(who, message._id, '🎉')]));
    const { reactions } = (await ann.history(room._id)).at(-1)!;
    for (const { userIds } of reactions)
      expect([...userIds].sort()).to.deep.equal(people.map(({ userId }) => userId).sort());
    expect(reactions.map(({ emoji, count }) => `${emoji} ${count}`).sort()).to.deep.equal(
      ['🎉 20', '👍 20'].sort(),
    );
    await ann.settled();
    expect(ann.of<Message>(`listenMessage_${room._id}`).at(-1)!.reactions).to.deep.equal(reactions);
    expect((await ann.room(room._id)).lastMessage!.reactions).to.deep.equal(reactions);
  });

  it('of one kind more than twenty is refused; of a kind that is there it is not', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    for (const emoji of MANY) await react(ann, message._id, emoji);
    expect(await refused(bob, message._id, '👍')).to.equal('INVALID_PAYLOAD');
    expect(await refused(bob, message._id, MANY[3])).to.equal(null);
    await ann.do('removeReaction', { messageId: message._id, emoji: MANY[0] });
    expect(await refused(bob, message._id, '👍')).to.equal(null);
  });

  it('needs a message that is there and seen, in a room that is not frozen', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob]);
    const [message, gone] = [await ann.send(room._id, 'x'), await ann.send(room._id, 'y')];
    await ann.do('deleteMessage', { messageId: gone._id });
    for (const id of [NOWHERE, 'x', gone._id]) expect(await refused(ann, id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await refused(eve, message._id)).to.equal('MESSAGE_NO_EXISTS');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(await refused(eve, message._id), 'from before joining').to.equal('MESSAGE_NO_EXISTS');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await refused(bob, message._id)).to.equal('ROOM_IS_FREEZED');
  });

  it('is told by sync to whoever was away', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    const since = aMoment();
    const reactions = await react(ann, message._id, '👍');
    const { messages } = await bob.do('sync', { rooms: [{ roomId: room._id, lastSeq: 1 }], since });
    expect(messages).to.deep.equal([{ ...message, reactions }]);
  });

  it('of somebody who is erased is gone', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob, eve]);
    const message = await ann.send(room._id, 'x');
    for (const who of [ann, eve]) await react(who, message._id, '👍');
    await react(eve, message._id, '🎉');
    await engine.platform.do('DELETE', `/chat/users/${eve.userId}`);
    const shown = (await ann.history(room._id)).find(({ _id }) => _id === message._id)!;
    expect(shown.reactions).to.deep.equal([{ emoji: '👍', count: 1, userIds: [ann.userId] }]);
  });

  it('names the first fifty and counts the rest', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    const people = Array.from({ length: 51 }, (_, i) => `p${i}`);
    const { changes } = engine.app.chat.stores;
    for (const userId of people)
      await changes.addReaction(message._id, { emoji: '👍', userId, at: new Date() }, 20);
    expect(await react(bob, message._id, '👍')).to.deep.equal([
      { emoji: '👍', count: 52, userIds: people.slice(0, 50) },
    ]);
  });
});
