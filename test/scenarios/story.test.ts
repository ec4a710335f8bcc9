import { expect } from 'chai';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

describe('a day in a room', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('two people chat in a room that a partner made, each step over the wire', async () => {
    const [ann, bob, eve] = [someone('ann'), someone('bob'), someone('eve')];
    const room = await engine.platform.room([ann, bob], {
      message: { author: { authorId: ann }, data: { type: 'TEXT', content: { text: '어서 오세요' } } },
    });
    const [a, b] = [await engine.connect(ann, 'Ann'), await engine.connect(bob, 'Bob')];

    expect((await b.rooms()).map(({ _id, unReadMsgCount }) => [_id, unReadMsgCount])).to.deep.equal([
      [room._id, 1],
    ]);
    expect((await a.rooms())[0]!.unReadMsgCount, "one's own first message").to.equal(0);

    const joined = await b.do('joinRoom', room._id);
    expect(joined).to.deep.include({ result: true, lastReadMessageId: null, lastSeq: 1 });
    const sent = await a.send(room._id, '점심 드셨어요?');
    expect(sent.seq).to.equal(2);
    expect(await b.frame(`listenMessage_${room._id}`)).to.deep.include({
      _id: sent._id,
      eventType: 'CREATE',
    });
    expect((await b.room(room._id)).unReadMsgCount, 'viewing reads').to.equal(0);

    await b.do('leaveRoom', room._id);
    const unread = await a.send(room._id, '오후에 봬요');
    const update = await b.frame('updateRoomLastMessage', frame => frame.lastMessage?._id === unread._id);
    expect(update.unReadMsgCount).to.equal(1);

    const e = await engine.connect(eve, 'Eve');
    await a.do('inviteRoom', { roomId: room._id, targetUserIds: [eve] });
    expect((await e.frame('listenRoom')).joinUsers.map((user: { _id: string }) => user._id)).to.include(eve);
    expect((await e.room(room._id)).unReadMsgCount, 'who joins has read all').to.equal(0);
    expect(
      (await e.history(room._id)).map(message => message.data.type),
      'only what came since',
    ).to.deep.equal(['ADMIN']);

    await a.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve] });
    const farewell = await e.frame('listenRoom', frame => frame.joinUsers.length === 0);
    expect(farewell._id).to.equal(room._id);
    e.forget();
    await a.send(room._id, '둘만 남았네요');
    await e.settled();
    expect(e.frames, 'nothing after the kick').to.deep.equal([]);
    expect((await e.ask('queryRoom', { roomId: room._id })).error).to.equal('ROOM_NO_EXISTS');

    await b.do('updateReadMessage', { roomId: room._id, messageId: unread._id });
    expect((await b.room(room._id)).unReadMsgCount).to.equal(3);
    expect((await b.history(room._id)).map(message => message.seq)).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });
});
