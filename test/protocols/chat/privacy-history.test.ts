import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

describe('privacy: what was written before one joined', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  let room: Room;
  let old: Message[];
  before(async () => {
    engine = await sharedEngine();
  });
  beforeEach(async () => {
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    room = await roomOf([ann, bob]);
    old = [];
    for (const text of ['old 1', 'old 2', 'old 3']) old.push(await ann.send(room._id, text));
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
  });
  const seqs = async (more: object): Promise<number[]> =>
    (await eve.do('listenMessagesByRoom', { roomId: room._id, ...more })).list.map(
      (message: Message) => message.seq,
    );
  const sync = (lastSeq: number, more: object = {}) =>
    eve.do('sync', { rooms: [{ roomId: room._id, lastSeq }], ...more });

  it('is in no page, in no direction, of no type', async () => {
    await ann.send(room._id, 'new');
    expect(await seqs({})).to.deep.equal([5, 4]);
    expect(await seqs({ direction: 'after' })).to.deep.equal([4, 5]);
    expect(await seqs({ direction: 'around', count: 100 })).to.deep.equal([4, 5]);
    for (const direction of ['before', 'after', 'around']) {
      const texts = await seqs({ messageType: 'TEXT', direction, count: 100 });
      expect(texts, direction).to.deep.equal([5]);
    }
    const { hasMore } = await eve.do('listenMessagesByRoom', { roomId: room._id });
    expect(hasMore, 'nor a hint that there is more').to.equal(false);
  });

  it('is no anchor and no read position: it does not exist', async () => {
    for (const { _id } of old) {
      for (const direction of ['before', 'after', 'around']) {
        const error = await errorOf(eve, 'listenMessagesByRoom', {
          roomId: room._id,
          lastMessageId: _id,
          direction,
        });
        expect(error).to.equal('MESSAGE_NO_EXISTS');
      }
      expect(await errorOf(eve, 'updateReadMessage', { roomId: room._id, messageId: _id })).to.equal(
        'MESSAGE_NO_EXISTS',
      );
    }
  });

  it('is not in sync, neither as new nor as edited or deleted', async () => {
    await engine.platform.do('PATCH', `/chat/messages/${old[0]!._id}`, {
      data: { type: 'TEXT', content: 'old one' },
    });
    await engine.platform.do('DELETE', `/chat/messages/${old[1]!._id}`);
    const synced = await sync(0, { since: '2020-01-01T00:00:00.000Z' });
    expect(synced.messages.map((message: Message) => message.seq)).to.deep.equal([4]);
    expect(JSON.stringify(synced)).to.not.include('"old');
  });

  it('is never the last message: that is the one of one’s own joining', async () => {
    for (const seen of [await eve.room(room._id), (await eve.rooms())[0]!, (await sync(0)).rooms[0]]) {
      expect(seen.lastMessage.seq).to.equal(4);
    }
    for (const frame of [...eve.of('listenRoom'), ...eve.of('updateRoomLastMessage')]) {
      expect(frame.lastMessage?.seq ?? 4).to.equal(4);
    }
    expect(JSON.stringify(eve.frames)).to.not.include('old');
  });

  it('edits and deletions of it are not told, though one views the room', async () => {
    await eve.do('joinRoom', room._id);
    await bob.do('joinRoom', room._id);
    await calm(eve, bob);
    await engine.platform.do('PATCH', `/chat/messages/${old[0]!._id}`, {
      data: { type: 'TEXT', content: 'edited' },
    });
    await engine.platform.do('DELETE', `/chat/messages/${old[1]!._id}`);
    await bob.frame(`listenMessage_${room._id}`, frame => frame.eventType === 'DELETE');
    await eve.settled();
    expect(eve.of(`listenMessage_${room._id}`)).to.deep.equal([]);
    expect(eve.of('updateRoomLastMessage')).to.deep.equal([]);
  });

  it('does not count as unread, before or after deletions', async () => {
    expect((await eve.room(room._id)).unReadMsgCount).to.equal(0);
    await engine.platform.do('DELETE', `/chat/messages/${old[1]!._id}`);
    await ann.send(room._id, 'new');
    expect((await eve.room(room._id)).unReadMsgCount).to.equal(1);
  });

  it('is open to all where the rule shows it, and closed again when the rule changes', async () => {
    const rule = (canSeeHistory: boolean) =>
      ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory } } });
    await rule(true);
    expect(await seqs({})).to.deep.equal([4, 3, 2, 1]);
    expect((await sync(0)).messages).to.have.length(4);
    expect((await eve.room(room._id)).unReadMsgCount).to.equal(0);
    await engine.platform.do('DELETE', `/chat/messages/${old[2]!._id}`);
    await rule(false);
    expect(await seqs({})).to.deep.equal([4]);
    expect((await sync(0)).messages).to.have.length(1);
  });

  it('who rejoins starts anew: the time before and between is hidden', async () => {
    await eve.send(room._id, 'mine, in my first life');
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    await ann.send(room._id, 'between');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(await seqs({ count: 100 })).to.deep.equal([8]);
    expect((await sync(3)).messages.map((message: Message) => message.seq)).to.deep.equal([8]);
    expect(idsOf((await sync(0, { since: '2020-01-01T00:00:00.000Z' })).messages)).to.have.length(1);
    const { unReadMsgCount, joinUsers } = await eve.room(room._id);
    expect([unReadMsgCount, joinUsers.find(user => user._id === eve.userId)!.joinedSeq]).to.deep.equal([
      0, 7,
    ]);
  });

  it('the one of one’s own joining is the first one seen, in an OPEN room too', async () => {
    const open = await roomOf([ann], { roomType: 'OPEN' });
    await ann.send(open._id, 'old');
    await eve.do('joinRoom', open._id);
    expect((await eve.history(open._id)).map(message => message.seq)).to.deep.equal([2]);
    expect((await ann.history(open._id)).map(message => message.seq)).to.deep.equal([1, 2]);
  });
});
