import { expect } from 'chai';
import { newKey, type ChatClient, type Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('sendMessage', () => {
  let engine: Engine;
  let [ann, bob, eve]: ChatClient[] = [];
  let room: Room;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    room = await roomOf([ann, bob]);
  });
  const payload = (content: unknown, more: object = {}) => ({
    syncKey: newKey(),
    roomId: room._id,
    data: { type: 'TEXT', content },
    ...more,
  });
  const send = (content: unknown, more: object = {}) => ann!.ask('sendMessage', payload(content, more));

  it('answers with the message as it is stored, with its place in the room', async () => {
    const syncKey = newKey();
    const { lastSeq } = await ann!.room(room._id);
    const { result, message } = await ann!.do('sendMessage', payload('메세지내용', { syncKey }));
    expect(result).to.equal(true);
    expect(message).to.deep.include({
      syncKey,
      roomId: room._id,
      seq: lastSeq + 1,
      author: { authorId: ann!.userId, nickName: 'ann', profileUrl: null },
      data: { type: 'TEXT', content: { text: '메세지내용' } },
      status: { deleted: false, hidden: false },
      meta: null,
    });
    expect((await bob!.history(room._id)).at(-1)).to.deep.equal(message);
  });

  it('takes the content as a text, as an object, or at top level', async () => {
    const texts = [
      await ann!.do('sendMessage', payload('one')),
      await ann!.do('sendMessage', payload({ text: 'two' })),
      await ann!.do('sendMessage', { syncKey: newKey(), roomId: room._id, type: 'TEXT', content: 'three' }),
      await ann!.do('sendMessage', {
        syncKey: newKey(),
        roomId: room._id,
        data: { type: 'TEXT' },
        content: 'four',
      }),
    ].map(({ message }) => message.data);
    expect(texts).to.deep.equal(
      ['one', 'two', 'three', 'four'].map(text => ({ type: 'TEXT', content: { text } })),
    );
  });

  it('takes null in optional fields as if they were absent', async () => {
    const answer = await send(
      { text: 'here', rawData: null },
      { meta: null, replyTo: null, mentions: null, content: null },
    );
    expect(answer.error).to.equal(null);
    expect(answer.data).to.have.nested.property('message.data.content').deep.equal({ text: 'here' });
  });

  it('takes a number as a syncKey, as the seed makes them from the clock', async () => {
    const syncKey = 1_700_000_000_000 + Number(room.no);
    const { message } = await ann!.do('sendMessage', payload('by number', { syncKey }));
    expect(message.syncKey).to.equal(String(syncKey));
    const again = await ann!.do('sendMessage', payload('by number', { syncKey: String(syncKey) }));
    expect(again.message._id).to.equal(message._id);
  });

  it('ignores unknown keys and stores none of them', async () => {
    const { message } = await ann!.do('sendMessage', {
      ...payload(
        { text: 'plain', evil: 1 },
        { author: { authorId: 'x' }, seq: 1, status: { deleted: true } },
      ),
      createdAt: '1999-01-01T00:00:00.000Z',
    });
    expect(message.data.content).to.deep.equal({ text: 'plain' });
    expect(message.author.authorId).to.equal(ann!.userId);
    expect(message.status.deleted).to.equal(false);
    expect(Date.parse(message.createdAt)).to.be.greaterThan(Date.now() - 60_000);
  });

  it('keeps the text as it was written: white space, emoji, Korean, markup, half a character as a whole one', async () => {
    for (const text of ['  a\n b ', '👩‍👩‍👧 홍길동', '<b>$where</b> {"a":1}', 'a\u0000b']) {
      const { message } = await ann!.do('sendMessage', payload(text));
      expect((await bob!.history(room._id)).at(-1)!.data.content.text, JSON.stringify(text)).to.equal(
        message.data.content.text,
      );
    }
    const { message } = await ann!.do('sendMessage', payload('broken \ud800 end'));
    expect(message.data.content.text).to.equal('broken \ufffd end');
  });

  it('counts characters, not units: 10,000 emoji are a text, 10,001 letters are none', async () => {
    expect((await send('😀'.repeat(10_000))).error).to.equal(null);
    expect((await send('x'.repeat(10_001))).error).to.equal('INVALID_PAYLOAD');
    expect((await send('가'.repeat(30_000))).error, 'more than 64 KiB').to.equal('INVALID_PAYLOAD');
  });

  it('refuses wrong shapes, names the field, stores nothing and keeps the connection', async () => {
    const before = (await ann!.room(room._id)).lastSeq;
    const wrong: [unknown, string][] = [
      [undefined, ''],
      [null, ''],
      ['text', ''],
      [payload('x', { syncKey: undefined }), 'syncKey'],
      [payload('x', { syncKey: '' }), 'syncKey'],
      [payload('x', { syncKey: 'k'.repeat(201) }), 'syncKey'],
      [payload('x', { syncKey: { $gt: '' } }), 'syncKey'],
      [payload('x', { roomId: { $ne: null } }), 'roomId'],
      [payload('x', { roomId: undefined }), 'roomId'],
      [payload('x', { meta: 'text' }), 'meta'],
      [payload(''), 'content'],
      [payload('  \n '), 'content'],
      [payload(undefined), 'content'],
      [payload(7), 'content'],
      [payload({}), 'text'],
      [payload({ text: { $gt: '' } }), 'content'],
      [{ ...payload('x'), data: { type: 'ADMIN', content: 'x' } }, 'type'],
      [{ ...payload('x'), data: { type: 'PHOTO', content: { files: [] } } }, 'type'],
      [{ ...payload('x'), data: 'x' }, 'data'],
    ];
    for (const [given, field] of wrong) {
      const answer = await ann!.ask('sendMessage', given);
      expect(answer.error, JSON.stringify(given)).to.equal('INVALID_PAYLOAD');
      expect(answer.message, JSON.stringify(given)).to.include(field);
    }
    expect((await ann!.room(room._id)).lastSeq).to.equal(before);
  });

  it('works without an ack, and with something that is none', async () => {
    await ann!.do('joinRoom', room._id);
    for (const more of [[], ['no function'], [null, 3]]) {
      const given = payload('no ack');
      ann!.socket.emit('sendMessage', given, ...more);
      await ann!.frame(`listenMessage_${room._id}`, frame => frame.syncKey === given.syncKey);
    }
    await ann!.do('leaveRoom', room._id);
    expect(ann!.socket.connected).to.equal(true);
  });

  it('is refused for a room that does not exist, for a stranger, and in an OPEN room one is not in', async () => {
    expect(await errorOf(ann!, 'sendMessage', payload('x', { roomId: 'nowhere' }))).to.equal(
      'ROOM_NO_EXISTS',
    );
    expect(await errorOf(ann!, 'sendMessage', payload('x', { roomId: 'f'.repeat(24) }))).to.equal(
      'ROOM_NO_EXISTS',
    );
    expect(await errorOf(ann!, 'sendMessage', payload('x', { roomId: 12 }))).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(eve!, 'sendMessage', payload('x'))).to.equal('ROOM_NO_EXISTS');
    const open = await roomOf([ann!], { roomType: 'OPEN' });
    expect(await errorOf(eve!, 'sendMessage', payload('x', { roomId: open._id }))).to.equal(
      'YOU_ARE_NO_JOINED_ROOM',
    );
  });

  it('is refused in a frozen room, to its master too, and goes on when it is thawed', async () => {
    const cold = await roomOf([ann!, bob!], { rules: { isFreezed: true } });
    for (const who of [ann!, bob!]) {
      expect(await errorOf(who, 'sendMessage', payload('x', { roomId: cold._id }))).to.equal(
        'ROOM_IS_FREEZED',
      );
    }
    await ann!.do('updateRoomSetting', { roomId: cold._id, updateData: { rules: { isFreezed: false } } });
    expect((await bob!.send(cold._id, 'at last')).seq).to.equal(1);
  });

  it('is refused before a room opens, after it has expired, and in the ALARM types', async () => {
    const ids = [ann!.userId, bob!.userId];
    const rooms = [
      await engine.platform.room(ids, { opensAt: '2999-01-01T00:00:00Z' }),
      await engine.platform.room(ids, { expiresAt: '2001-01-01T00:00:00Z' }),
      await engine.platform.room(ids, { roomType: 'ALARM' }),
      await engine.platform.room(ids, { roomType: 'SYSTEM_ALARM' }),
    ];
    for (const { _id, roomType } of rooms) {
      expect(await errorOf(ann!, 'sendMessage', payload('x', { roomId: _id })), roomType).to.equal(
        'ROOM_IS_FREEZED',
      );
    }
  });

  it('reads up to what was sent, and counts as unread for the others', async () => {
    const own = await roomOf([ann!, bob!]);
    await bob!.send(own._id, 'first');
    await bob!.send(own._id, 'second');
    expect((await ann!.room(own._id)).unReadMsgCount).to.equal(2);
    const mine = await ann!.send(own._id, 'read and answered');
    const [seen, counted] = [await ann!.room(own._id), await bob!.room(own._id)];
    expect([seen.unReadMsgCount, counted.unReadMsgCount]).to.deep.equal([0, 1]);
    expect(seen.joinUsers.find(user => user._id === ann!.userId)!.lastReadMessageId).to.equal(mine._id);
  });

  it('is limited per user, and says how long to wait', async () => {
    const own = await startEngine({ env: { SENDS_PER_SECOND: '1', SENDS_BURST: '3' } });
    try {
      const [fast, other] = await guests(own, 'fast', 'other');
      const crowded = await roomOf([fast, other]);
      const answers = [];
      for (let i = 0; i < 5; i++)
        answers.push(await fast.ask('sendMessage', payload(`${i}`, { roomId: crowded._id })));
      expect(answers.filter(answer => answer.success)).to.have.length(3);
      const refused = answers.find(answer => !answer.success)!;
      expect(refused.error).to.equal('RATE_LIMITED');
      expect((refused.data as { retryAfterMs: number }).retryAfterMs).to.be.within(1, 1_000);
      expect((await other.ask('sendMessage', payload('x', { roomId: crowded._id }))).error).to.equal(null);
      const device = await own.connect(fast.userId, 'fast');
      expect(await errorOf(device, 'sendMessage', payload('x', { roomId: crowded._id }))).to.equal(
        'RATE_LIMITED',
      );
    } finally {
      await own.close();
    }
  });
});
