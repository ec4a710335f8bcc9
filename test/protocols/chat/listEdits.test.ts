import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

interface WasBefore {
  data: { content: { text: string } };
  editedAt: string;
  editedBy: string;
}

describe('listEdits', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const edit = (messageId: string, content: string) =>
    bob.do('updateMessage', { messageId, data: { content } });
  const list = async (messageId: string): Promise<WasBefore[]> =>
    (await ann.do('listEdits', { messageId })).list;

  it('shows masters what a message was before each edit, and by whom, the last edit first', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'one');
    expect(await list(message._id)).to.deep.equal([]);
    const { message: second } = await edit(message._id, 'two');
    const third = await engine.platform.do('PATCH', `/chat/messages/${message._id}`, {
      data: { type: 'TEXT', content: 'three' },
    });
    expect(await list(message._id)).to.deep.equal([
      { data: { type: 'TEXT', content: { text: 'two' } }, editedAt: third.editedAt, editedBy: 'ADMIN' },
      { data: { type: 'TEXT', content: { text: 'one' } }, editedAt: second.editedAt, editedBy: bob.userId },
    ]);
  });

  it('is for masters, of messages that they may see', async () => {
    const [eve] = await guests(engine, 'eve');
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'one');
    await edit(message._id, 'two');
    expect(await errorOf(bob, 'listEdits', { messageId: message._id })).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await errorOf(eve, 'listEdits', { messageId: message._id })).to.equal('MESSAGE_NO_EXISTS');
    await engine.platform
      .do('POST', '/chat/inviteUsers', {
        roomId: room._id,
        inviterId: ann.userId,
        joinUsers: [{ _id: eve.userId, nickName: 'eve', master: true }],
      })
      .catch(() => undefined);
    expect(await errorOf(eve, 'listEdits', { messageId: message._id })).to.equal('MESSAGE_NO_EXISTS');
  });

  it('keeps the newest hundred', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'text 0');
    for (let i = 1; i <= 103; i++) await edit(message._id, `text ${i}`);
    const texts = (await list(message._id)).map(({ data }) => data.content.text);
    expect(texts).to.deep.equal(Array.from({ length: 100 }, (_, i) => `text ${102 - i}`));
    expect(
      await engine.database.edits.countDocuments({ authorId: bob.userId, 'data.content.text': /text/ }),
    ).to.equal(100);
  });

  it('leaves out an edit that a crash kept from taking place', async () => {
    const room = await roomOf([ann, bob]);
    const message = await bob.send(room._id, 'one');
    await edit(message._id, 'two');
    const kept = (await engine.database.edits.findOne(
      { authorId: bob.userId, 'data.content.text': 'one' },
      { sort: { at: -1 } },
    ))!;
    await engine.app.chat.stores.edits.add(
      {
        id: 'a'.repeat(24),
        messageId: message._id,
        roomId: room._id,
        authorId: bob.userId,
        by: bob.userId,
        at: new Date(kept.at.getTime() + 1),
        before: kept.at,
        data: { type: 'TEXT', content: { text: 'two' } },
      },
      100,
    );
    expect((await list(message._id)).map(({ data }) => data.content.text)).to.deep.equal(['one']);
  });

  it('is gone with the message, with the room, and with the person', async () => {
    const count = async (text: string) => engine.database.edits.countDocuments({ 'data.content.text': text });
    const [joe] = await guests(engine, 'joe');
    const room = await roomOf([ann, bob, joe]);
    const [one, two] = [await bob.send(room._id, 'of the message'), await bob.send(room._id, 'of the room')];
    const three = await joe.send(room._id, 'of the person');
    await edit(one._id, 'x');
    await edit(two._id, 'x');
    await joe.do('updateMessage', { messageId: three._id, data: { content: 'x' } });
    expect([
      await count('of the message'),
      await count('of the room'),
      await count('of the person'),
    ]).to.deep.equal([1, 1, 1]);
    await bob.do('deleteMessage', { messageId: one._id });
    expect(await count('of the message')).to.equal(0);
    expect(await errorOf(ann, 'listEdits', { messageId: one._id })).to.equal('MESSAGE_NO_EXISTS');
    await engine.platform.do('DELETE', `/chat/users/${joe.userId}`);
    expect(await count('of the person')).to.equal(0);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await count('of the room')).to.equal(0);
  });
});
