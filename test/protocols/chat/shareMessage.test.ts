import { expect } from 'chai';
import { newKey, type ChatClient, type Message } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { copyFiles } from '../../../src/domain/files/copy.ts';
import { bearer, get, sendFile, someBytes } from '../../helpers/files.ts';
import { errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);

describe('shareMessage', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const share = async (messageId: string, targetRoomIds: string[], more: object = {}): Promise<Message[]> =>
    (await ann.do('shareMessage', { messageId, targetRoomIds, ...more })).messages;
  const refused = (messageId: string, targetRoomIds: unknown) =>
    errorOf(ann, 'shareMessage', { messageId, targetRoomIds });
  const textsOf = async (who: ChatClient, roomId: string) =>
    (await who.history(roomId)).map(({ data }) => data.content.text);

  it('sends it once more as one’s own, into each room, in their order', async () => {
    const source = await roomOf([bob, ann]);
    const [one, two] = [await roomOf([ann, eve]), await roomOf([eve, ann])];
    const message = await bob.send(source._id, '나눌 글');
    await bob.do('addReaction', { messageId: message._id, emoji: '👍' });
    await eve.do('joinRoom', one._id);
    const messages = await share(message._id, [two._id, one._id, two._id]);
    expect(messages.map(({ roomId }) => roomId)).to.deep.equal([two._id, one._id]);
    for (const shared of messages) {
      expect(shared).to.deep.include({
        author: { authorId: ann.userId, nickName: 'ann', profileUrl: null },
        data: message.data,
        reactions: [],
        replyTo: null,
        meta: null,
      });
      expect((await eve.history(shared.roomId)).at(-1)).to.deep.equal(shared);
    }
    expect(await eve.frame(`listenMessage_${one._id}`)).to.deep.equal({
      ...messages[1]!,
      eventType: 'CREATE',
    });
  });

  it('a retry is the same; another syncKey, an edit, or a deletion there make it another', async () => {
    const source = await roomOf([ann, bob]);
    const target = await roomOf([ann, eve]);
    const message = await ann.send(source._id, 'one');
    const first = await share(message._id, [target._id]);
    expect(await share(message._id, [target._id])).to.deep.equal(first);
    const both = await Promise.all([1, 2, 3].map(() => share(message._id, [target._id], { syncKey: 'k' })));
    expect(new Set(both.flatMap(idsOf)).size).to.equal(1);
    await ann.do('updateMessage', { messageId: message._id, data: { content: 'two' } });
    expect(await share(message._id, [target._id], { syncKey: 'k' }), 'a retry after an edit').to.deep.equal(
      both[0],
    );
    await share(message._id, [target._id]);
    expect(await textsOf(eve, target._id)).to.deep.equal(['one', 'one', 'two']);
    const last = (await eve.history(target._id)).at(-1)!;
    await ann.do('deleteMessage', { messageId: last._id });
    await share(message._id, [target._id]);
    expect(await textsOf(eve, target._id)).to.deep.equal(['one', 'one', undefined, 'two']);
  });

  it('sends nothing anywhere if one of the rooms refuses', async () => {
    const source = await roomOf([ann, bob]);
    const [mine, frozen] = [await roomOf([ann, eve]), await roomOf([ann, eve])];
    const foreign = await roomOf([bob, eve]);
    const open = await roomOf([bob, eve], { roomType: 'OPEN' });
    await ann.do('updateRoomSetting', { roomId: frozen._id, updateData: { rules: { isFreezed: true } } });
    const message = await ann.send(source._id, 'x');
    for (const [bad, code] of [
      [frozen._id, 'ROOM_IS_FREEZED'],
      [foreign._id, 'ROOM_NO_EXISTS'],
      [NOWHERE, 'ROOM_NO_EXISTS'],
      ['x', 'ROOM_NO_EXISTS'],
      [open._id, 'YOU_ARE_NO_JOINED_ROOM'],
    ])
      expect(await refused(message._id, [mine._id, bad])).to.equal(code);
    expect(await eve.history(mine._id)).to.deep.equal([]);
  });

  it('takes one to twenty rooms', async () => {
    const source = await roomOf([ann, bob]);
    const message = await ann.send(source._id, 'x');
    const rooms = await Promise.all(Array.from({ length: 21 }, () => roomOf([ann, eve])));
    expect(await refused(message._id, [])).to.equal('INVALID_PAYLOAD');
    expect(await refused(message._id, 'x')).to.equal('INVALID_PAYLOAD');
    expect(await refused(message._id, idsOf(rooms))).to.equal('INVALID_PAYLOAD');
    expect(await eve.history(rooms[0]!._id)).to.deep.equal([]);
    expect(await share(message._id, idsOf(rooms.slice(1)))).to.have.length(20);
  });

  it('goes by the rule of the room that it comes from', async () => {
    const source = await roomOf([ann, bob], { rules: { canShareMessage: false } });
    const target = await roomOf([ann, eve]);
    const message = await ann.send(source._id, 'x');
    expect(await refused(message._id, [target._id])).to.equal('ROOM_RULES_CAN_NOT_SHARE_MESSAGE');
  });

  it('needs a message that is there and seen, and that a member may send', async () => {
    const source = await roomOf([bob, ann], { rules: { canInviteMemebrs: true } });
    const target = await roomOf([ann, eve]);
    const [old, gone] = [await bob.send(source._id, 'old'), await bob.send(source._id, 'gone')];
    await bob.do('deleteMessage', { messageId: gone._id });
    for (const id of [NOWHERE, 'x', gone._id])
      expect(await refused(id, [target._id])).to.equal('MESSAGE_NO_EXISTS');
    await bob.do('kickOutUsers', { roomId: source._id, targetUserIds: [ann.userId] });
    await bob.do('inviteRoom', { roomId: source._id, targetUserIds: [ann.userId] });
    expect(await refused(old._id, [target._id]), 'from before joining').to.equal('MESSAGE_NO_EXISTS');
    const act = (await ann.history(source._id)).at(-1)!;
    expect(await refused(act._id, [target._id])).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const card = (cardType: string) =>
      engine.platform.do('POST', `/chat/rooms/${source._id}/messages`, {
        author: { authorId: 'ADMIN' },
        data: { type: 'CARD', content: { rawData: { cardType, text: 'a card' } } },
      });
    expect(await refused((await card('PRODUCT_OFFER'))._id, [target._id])).to.equal(
      'YOU_HAVE_NO_AUTHORIZATION',
    );
    const [shared] = await share((await card('LINK_INVITATION'))._id, [target._id]);
    expect(shared!.data).to.deep.equal({
      type: 'CARD',
      content: { rawData: { cardType: 'LINK_INVITATION', text: 'a card' } },
    });
  });

  it('takes files that lie elsewhere along as they are', async () => {
    const source = await roomOf([ann, bob]);
    const target = await roomOf([ann, eve]);
    const { sendMessage } = await import('../../../src/domain/messages/send.ts');
    const actor = { kind: 'user', userId: ann.userId, nickName: 'ann', profileUrl: null } as const;
    const content = { type: 'PHOTO', url: 'https://example.com/a.png', text: 'look' } as const;
    const photo = await sendMessage(engine.app.chat, actor, {
      roomId: source._id,
      syncKey: newKey(),
      content,
    });
    const [shared] = await share(photo.id, [target._id]);
    const original = (await ann.history(source._id)).at(-1)!;
    expect(shared!.data).to.deep.equal(original.data);
  });

  it('copies stored files, so that each room has its own, with its own fate', async () => {
    const source = await roomOf([bob, ann]);
    const [one, two] = [await roomOf([ann, eve]), await roomOf([ann, eve])];
    const bytes = someBytes(20_000);
    const message = await sendFile(bob, source._id, bytes, { name: '문서.bin' });
    const shared = await share(message._id, [one._id, two._id], { syncKey: 'once' });
    const fileOf = ({ data }: Message) => data.content.files![0]!;
    const [first, second] = shared.map(fileOf);
    const as = (who: ChatClient, path: string) =>
      get(engine.url, `/files/${path}`, bearer(engine.token(who.userId)));
    for (const file of [first!, second!]) {
      expect(file).to.deep.include({ name: '문서.bin', size: 20_000, url: `/files/${file.path}` });
      expect((await as(eve, file.path)).bytes.equals(bytes)).to.equal(true);
      expect((await as(bob, file.path)).status, 'not in that room').to.equal(404);
    }
    expect((await as(eve, fileOf(message).path)).status, 'the original stays in its room').to.equal(404);
    expect(await share(message._id, [one._id, two._id], { syncKey: 'once' })).to.deep.equal(shared);
    await bob.do('deleteMessage', { messageId: message._id });
    expect((await as(bob, fileOf(message).path)).status).to.equal(404);
    expect((await as(eve, first!.path)).status).to.equal(200);
    await ann.do('deleteMessage', { messageId: shared[0]!._id });
    expect((await as(eve, first!.path)).status).to.equal(404);
    expect((await as(eve, second!.path)).status).to.equal(200);
    const { objects } = engine.app.chat.files;
    expect([await objects.stat(fileOf(message).path), await objects.stat(first!.path)]).to.deep.equal([
      null,
      null,
    ]);
  });

  it('leaves no copy behind whose message never came', async () => {
    const source = await roomOf([ann, bob]);
    const target = await roomOf([ann, eve]);
    const message = await sendFile(ann, source._id, someBytes(1_000));
    const { chat } = engine.app;
    const stored = (await chat.stores.log.byId(message._id))!;
    const to = { roomId: target._id, userId: ann.userId, syncKey: 'never' };
    const { content } = await copyFiles(chat, stored, to);
    const { path } = content.files![0]!;
    expect(await chat.files.objects.stat(path)).to.not.equal(null);
    expect(await chat.stores.files.findMany([path]), 'nobody gets it').to.deep.equal([]);
    await chat.stores.files.doom([path], new Date(Date.now() - 120_000));
    await chat.files.collector.collect();
    expect(await chat.files.objects.stat(path)).to.equal(null);
  });

  it('counts as a send into each room', async () => {
    const strict = await startEngine({ env: { SENDS_PER_SECOND: '1', SENDS_BURST: '3' } });
    try {
      const [joe, sue] = await guests(strict, 'joe', 'sue');
      const rooms = [await roomOf([joe, sue]), await roomOf([joe, sue]), await roomOf([joe, sue])];
      const message = await joe.send(rooms[0]!._id, 'x');
      const payload = { messageId: message._id, targetRoomIds: idsOf(rooms) };
      expect(await errorOf(joe, 'shareMessage', payload)).to.equal('RATE_LIMITED');
      expect(await sue.history(rooms[1]!._id)).to.deep.equal([]);
    } finally {
      await strict.close();
    }
  });
});
