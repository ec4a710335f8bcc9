import { expect } from 'chai';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('removeReaction', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const add = (by: ChatClient, messageId: string, emoji = '👍') => by.do('addReaction', { messageId, emoji });
  const remove = async (by: ChatClient, messageId: string, emoji = '👍'): Promise<Message['reactions']> =>
    (await by.do('removeReaction', { messageId, emoji })).reactions;

  it('takes back one’s own, and the emoji with the last of them', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await add(ann, message._id);
    await add(bob, message._id);
    await bob.do('joinRoom', room._id);
    expect(await remove(ann, message._id)).to.deep.equal([{ emoji: '👍', count: 1, userIds: [bob.userId] }]);
    expect(await remove(bob, message._id)).to.deep.equal([]);
    expect((await ann.history(room._id)).at(-1)).to.deep.equal(message);
    expect(bob.of(`listenMessage_${room._id}`).map(({ reactions }) => reactions.length)).to.deep.equal([
      1, 0,
    ]);
  });

  it('of what is not there changes nothing', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await add(ann, message._id);
    await bob.do('joinRoom', room._id);
    await calm(bob);
    expect(await remove(bob, message._id)).to.deep.equal([{ emoji: '👍', count: 1, userIds: [ann.userId] }]);
    expect(await remove(ann, message._id, '🎉')).to.have.length(1);
    await bob.settled();
    expect(bob.of(`listenMessage_${room._id}`)).to.deep.equal([]);
  });

  it('takes either spelling of an emoji', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await add(ann, message._id, '❤️');
    expect(await remove(ann, message._id, '❤')).to.deep.equal([]);
  });

  it('is refused like a reaction', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'x');
    await add(ann, message._id);
    const payload = { messageId: message._id, emoji: '👍' };
    expect(await errorOf(eve, 'removeReaction', payload)).to.equal('MESSAGE_NO_EXISTS');
    expect(await errorOf(ann, 'removeReaction', { ...payload, emoji: 'x' })).to.equal('INVALID_PAYLOAD');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await errorOf(ann, 'removeReaction', payload)).to.equal('ROOM_IS_FREEZED');
  });
});
