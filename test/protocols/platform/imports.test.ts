import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { aMessageLine, aRoomLine, aTalk, oldDate, roomIdOf, runImport } from '../../helpers/imports.ts';
import { guests } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

/** The sample of the document, with ids of its own. */
function sample(): { text: string; hong: string; lee: string; park: string } {
  const [, text] = /```jsonl\n([\s\S]+?)```/.exec(
    readFileSync(new URL('../../../etc/imports.md', import.meta.url), 'utf8'),
  )!;
  const ids = { hong: someone('hong'), lee: someone('lee'), park: someone('park') };
  const named = Object.entries({ ...ids, kim: someone('kim'), 'shop-1': someone('shop') }).reduce(
    (all, [name, id]) => all.replaceAll(`"${name}"`, `"${id}"`),
    text!,
  );
  return { text: named, ...ids };
}

describe('POST /chat/imports', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('the sample of the document: history with old dates, replies, files, deletions; unread as the file says', async () => {
    const { text, hong, lee, park } = sample();
    const report = await runImport(engine.platform, text);
    expect(report).to.deep.include({
      state: 'done',
      line: 7,
      progress: 1,
      counts: { users: 1, rooms: 1, messages: 5, skipped: 0, errors: 0 },
      errors: [],
    });
    const roomId = await roomIdOf(engine, hong);
    const [a, b, c] = [
      await engine.connect(hong, '홍길동'),
      await engine.connect(lee, '이영희'),
      await engine.connect(park),
    ];
    const history = await b.history(roomId);
    expect(history.map(({ seq, syncKey, createdAt }) => [seq, syncKey, createdAt])).to.deep.equal([
      [1, 'old-1', '2019-03-01T09:00:05.000Z'],
      [2, 'old-2', '2019-03-01T09:01:00.000Z'],
      [3, 'old-3', '2019-03-02T10:00:00.000Z'],
      [4, 'old-4', '2019-03-03T10:00:00.000Z'],
      [5, 'old-5', '2019-03-03T10:00:01.000Z'],
    ]);
    expect(history[0]!.author).to.deep.include({ authorId: hong, nickName: '홍길동' });
    expect(history[1]!.author.nickName).to.equal('나간 사람');
    expect(history[1]!.data).to.deep.nested.include({
      type: 'PHOTO',
      'content.files[0].url': 'https://old.example.com/photo.jpg',
    });
    expect(history[2]!.replyTo!._id).to.equal(history[0]!._id);
    expect(history[2]!.mentions).to.deep.equal([hong]);
    expect(history[3]!.author.authorId).to.equal('ADMIN');
    expect(history[4]!).to.deep.nested.include({ 'status.deleted': true, 'data.content': {} });
    expect(history.map(({ _id }) => _id)).to.deep.equal(history.map(({ _id }) => _id).sort());
    const room = await b.room(roomId);
    expect(room).to.deep.include({ name: '상담방', createdAt: '2019-03-01T09:00:00.000Z', lastSeq: 5 });
    expect(room.joinUsers.map(user => [user._id, user.master, user.joinedSeq])).to.deep.equal([
      [hong, true, 0],
      [lee, false, 0],
      [park, false, 0],
    ]);
    expect(room.joinUsers[1]!.createdAt).to.equal('2019-03-02T00:00:00.000Z');
    // Read to the end; read up to old-3 (old-5 is deleted); read nothing.
    expect((await a.room(roomId)).unReadMsgCount).to.equal(0);
    expect(room.unReadMsgCount).to.equal(1);
    expect(room.joinUsers[1]!.lastReadMessageId).to.equal(history[2]!._id);
    expect((await c.room(roomId)).unReadMsgCount).to.equal(4);
    expect((await c.rooms()).map(({ unReadMsgCount }) => unReadMsgCount)).to.deep.equal([4]);
    expect(await engine.platform.do('GET', `/chat/users/${lee}`)).to.deep.include({
      nickName: '이영희',
      meta: { email: 'lee@example.com' },
    });
  });

  it('who is connected gets one listenRoom per room, and no frame of any message', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    const other = await engine.connect(someone('eve'));
    await runImport(engine.platform, [...aTalk([ann.userId, bob.userId], 30), ...aTalk([ann.userId], 3)]);
    await ann.frame('listenRoom', () => ann.of('listenRoom').length === 2);
    for (const client of [ann, bob, other]) await client.settled();
    expect(ann.frames.map(({ name }) => name)).to.deep.equal(['listenRoom', 'listenRoom']);
    expect(bob.frames.map(({ name }) => name)).to.deep.equal(['listenRoom']);
    expect(bob.frames[0]!.data).to.deep.include({ lastSeq: 30, unReadMsgCount: 0, freezingReasonCode: null });
    expect(other.frames).to.deep.equal([]);
  });

  it('new messages go on with the next seq, and pages and sync show old and new ones as one', async () => {
    const [ann, bob] = await guests(engine, 'ann', 'bob');
    await runImport(engine.platform, aTalk([ann.userId, bob.userId], 250));
    const roomId = await roomIdOf(engine, ann.userId);
    const found = await ann.do('searchMessages', { keyword: '글 137', roomId });
    expect(found.list.map(({ seq }: { seq: number }) => seq)).to.deep.equal([137]);
    const message = await ann.send(roomId, '새 글');
    expect(message.seq).to.equal(251);
    expect((await bob.room(roomId)).unReadMsgCount).to.equal(1);
    const history = await bob.history(roomId);
    expect(history.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 251 }, (_, i) => i + 1));
    const { list } = await bob.do('listenMessagesByRoom', {
      roomId,
      lastMessageId: history[99]!._id,
      count: 3,
      direction: 'around',
    });
    expect(list.map(({ seq }: { seq: number }) => seq)).to.deep.equal([99, 100, 101]);
    const synced = await bob.do('sync', { rooms: [{ roomId, lastSeq: 240 }], since: oldDate(0) });
    expect(synced.messages.map(({ seq }: { seq: number }) => seq)).to.deep.equal(
      Array.from({ length: 11 }, (_, i) => 241 + i),
    );
    expect(synced.rooms.map(({ _id }: { _id: string }) => _id)).to.deep.equal([roomId]);
  });

  it('many rooms whose messages are mixed keep the order of the file in each', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const talks = Array.from({ length: 7 }, () => aTalk([ann, bob], 40));
    const mixed = Array.from({ length: 41 }, (_, i) => talks.map(talk => talk[i]!)).flat();
    expect((await runImport(engine.platform, mixed)).counts).to.deep.include({
      rooms: 7,
      messages: 280,
      errors: 0,
    });
    const { list } = await engine.platform.do('GET', `/chat/rooms?memberId=${ann}`);
    expect(list).to.have.length(7);
    for (const { _id } of list) {
      const messages = await engine.platform.messages(_id as string);
      expect(messages.map(({ seq, syncKey }) => [seq, syncKey])).to.deep.equal(
        messages.map((_, i) => [i + 1, `m-${i + 1}`]),
      );
    }
  });

  it('a room of an earlier import that is still empty is taken: frozen and empty meanwhile, then whole', async () => {
    const [ann] = await guests(engine, 'ann');
    const [room, ...messages] = aTalk([ann.userId], 5, { rules: { canLeaveOutRoom: true } });
    await runImport(engine.platform, [room]);
    const roomId = await roomIdOf(engine, ann.userId);
    await ann.room(roomId);
    ann.forget();
    const report = await runImport(engine.platform, [room, ...messages]);
    expect(report.counts).to.deep.include({ rooms: 1, messages: 5, errors: 0 });
    const done = await ann.frame('listenRoom', ({ lastSeq }) => lastSeq === 5);
    expect(done).to.deep.include({ freezingReasonCode: null, unReadMsgCount: 0 });
    expect(done.rules.isFreezed).to.equal(false);
    await ann.settled();
    expect(
      ann.of('listenRoom').map(({ freezingReasonCode, lastSeq }) => [freezingReasonCode, lastSeq]),
    ).to.deep.equal([
      ['IMPORTING', 0],
      [null, 5],
    ]);
    expect((await ann.send(roomId, '새 글')).seq).to.equal(6);
  });

  it('into a room with messages nothing is imported', async () => {
    const ann = someone('ann');
    const talk = aTalk([ann], 3);
    await runImport(engine.platform, talk);
    const roomId = await roomIdOf(engine, ann);
    const again = await runImport(engine.platform, [...talk, aMessageLine(talk[0].importKey, ann, 4)]);
    expect(again.counts).to.deep.equal({ users: 0, rooms: 0, messages: 0, skipped: 0, errors: 5 });
    expect(again.errors.map(({ line, code }) => [line, code])).to.deep.equal([
      [1, 'ROOM_ALREADY_EXISTS'],
      ...[2, 3, 4, 5].map(line => [line, 'ROOM_NO_EXISTS']),
    ]);
    expect(await engine.platform.messages(roomId)).to.have.length(3);
  });

  it('two people keep their one DIRECT room: an empty one is filled, one with messages is refused', async () => {
    const [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
    const empty = await ann.do('createNewRoom', { users: [bob.userId], name: '', roomType: 'DIRECT' });
    const full = await ann.do('createNewRoom', { users: [eve.userId], name: '', roomType: 'DIRECT' });
    await ann.send(full._id as string, '하나');
    const [first, second] = [bob, eve].map(other =>
      aTalk([ann.userId, other.userId], 2, { roomType: 'DIRECT' }),
    );
    const report = await runImport(engine.platform, [...first!, ...second!]);
    expect(report.errors[0]).to.deep.include({ line: 4, code: 'ROOM_ALREADY_EXISTS' });
    expect(report.counts).to.deep.include({ rooms: 1, messages: 2 });
    expect((await ann.history(empty._id as string)).map(({ syncKey }) => syncKey)).to.deep.equal([
      'm-1',
      'm-2',
    ]);
    const again = await ann.do('createNewRoom', { users: [bob.userId], name: '', roomType: 'DIRECT' });
    expect(again._id).to.equal(empty._id);
  });

  it('whoever indexes messages is told of the rooms, and of no message', async () => {
    const own = await startEngine();
    const told: string[][] = [];
    let created = 0;
    own.app.chat.events.on('import.finished', ({ roomIds }) => told.push(roomIds));
    own.app.chat.events.on('messages.created', () => created++);
    const ann = someone('ann');
    await runImport(own.platform, [...aTalk([ann], 3), ...aTalk([ann], 0)]);
    const { list } = await own.platform.do('GET', `/chat/rooms?memberId=${ann}`);
    await own.close();
    expect(told.flat()).to.have.members(list.map(({ _id }: { _id: string }) => _id));
    expect(created).to.equal(0);
  });

  it('rooms with many members show read positions one by one', async () => {
    const people = Array.from({ length: 40 }, () => someone());
    const room = aRoomLine(people);
    (room['joinUsers'] as Record<string, unknown>[]).forEach(
      (user, i) => (user['readUpTo'] = i % 2 ? i : `m-${i}`),
    );
    const talk = aTalk([people[0]!], 30).slice(1);
    const messages = talk.map(line => ({ ...line, roomKey: room.importKey }));
    await runImport(engine.platform, [room, ...messages]);
    const roomId = await roomIdOf(engine, people[1]!);
    const history = await engine.platform.messages(roomId);
    const { list } = await engine.platform.do('GET', `/chat/rooms/${roomId}/members?limit=100`);
    const expected = people.map((_, i) => {
      const seq = i === 0 ? 30 : Math.min(i, 30);
      return history[seq - 1]!._id;
    });
    expect(
      list.map(({ lastReadMessageId }: { lastReadMessageId: string }) => lastReadMessageId),
    ).to.deep.equal(expected);
  });
});
