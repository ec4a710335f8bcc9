import { expect } from 'chai';
import type { ChatClient, Message, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { aMoment, errorOf, guests, idsOf, roomOf } from '../../helpers/party.ts';

interface Synced {
  rooms: Room[];
  messages: Message[];
  removedRoomIds: string[];
  more: boolean;
  cursor: string | null;
  now: string;
}

describe('sync', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const sync = (client: ChatClient, given: [string, number][], more: object = {}): Promise<Synced> =>
    client.do('sync', { rooms: given.map(([roomId, lastSeq]) => ({ roomId, lastSeq })), ...more });

  it('gives the messages after each lastSeq, oldest first, and my rooms as they are', async () => {
    const [one, two] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    const other = await roomOf([ann, bob]);
    for (const room of [one, two, other]) for (const text of ['a', 'b', 'c']) await ann.send(room._id, text);
    const { rooms, messages, removedRoomIds, more, cursor } = await sync(bob, [
      [one._id, 1],
      [two._id, 3],
    ]);
    expect(messages).to.deep.equal((await bob.history(one._id)).slice(1));
    expect([removedRoomIds, more, cursor]).to.deep.equal([[], false, null]);
    expect(idsOf(rooms), 'rooms that are not listed come without messages').to.include.members(
      idsOf([one, two, other]),
    );
    for (const room of rooms) expect(room).to.deep.equal(await bob.room(room._id));
  });

  it('after a gap in the connection nothing is missing, and what comes live joins without a hole', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    const seen = await ann.send(room._id, 'seen');
    const phone = await engine.connect(bob.userId, 'bob');
    for (let i = 0; i < 5; i++) await ann.send(room._id, `missed ${i}`);
    const sends = [1, 2, 3, 4, 5].map(i => ann.send(room._id, `while joining ${i}`));
    const { lastSeq } = await phone.do('joinRoom', room._id);
    const { messages } = await sync(phone, [[room._id, seen.seq]]);
    await Promise.all(sends);
    await phone.settled();
    const live = phone.of<Message>(`listenMessage_${room._id}`).map(message => message.seq);
    const all = new Set([...messages.map(message => message.seq), ...live]);
    expect([...all].sort((a, b) => a - b)).to.deep.equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(lastSeq).to.be.at.least(6);
  });

  it('names the listed rooms that I am not in: left, kicked, removed, foreign and unknown ones alike', async () => {
    const [left, kicked, removed] = [
      await roomOf([ann, bob], { rules: { canLeaveOutRoom: true } }),
      await roomOf([ann, bob]),
      await roomOf([ann, bob]),
    ];
    const [foreign, kept] = [await roomOf([ann], { roomType: 'OPEN' }), await roomOf([ann, bob])];
    await ann.send(foreign._id, 'not for bob');
    await bob.do('leaveOutRoom', left._id);
    await ann.do('kickOutUsers', { roomId: kicked._id, targetUserIds: [bob.userId] });
    await engine.platform.do('DELETE', `/chat/rooms/${removed._id}`);
    const gone = [left._id, kicked._id, removed._id, foreign._id, 'f'.repeat(24), 'no id', '12'];
    const answer = await sync(
      bob,
      [...gone, kept._id].map(id => [id, 0]),
    );
    expect(answer.removedRoomIds).to.have.members(gone);
    expect(answer.messages).to.deep.equal([]);
    expect(idsOf(answer.rooms)).to.include(kept._id).and.to.not.include.members([foreign._id]);
  });

  it('with since it gives only the rooms that changed: settings, members, messages, my own marks', async () => {
    const rooms: Room[] = [];
    for (let i = 0; i < 8; i++) rooms.push(await roomOf([ann, bob]));
    const [still, settings, members, messages, read, alarm, frozen, deleted] = rooms as [
      Room,
      Room,
      Room,
      Room,
      Room,
      Room,
      Room,
      Room,
    ];
    const [toRead, toDelete] = [await ann.send(read._id, 'x'), await ann.send(deleted._id, 'x')];
    const [eve] = await guests(engine, 'eve');
    const since = aMoment();
    expect((await sync(bob, [], { since })).rooms).to.deep.equal([]);
    await ann.do('updateRoomSetting', { roomId: settings._id, updateData: { name: 'changed' } });
    await ann.do('inviteRoom', { roomId: members._id, targetUserIds: [eve.userId] });
    await ann.send(messages._id, 'new');
    await bob.do('updateReadMessage', { roomId: read._id, messageId: toRead._id });
    await bob.do('roomAlarmTurnOnOff', { roomId: alarm._id, turnOn: false });
    await ann.do('updateRoomSetting', { roomId: frozen._id, updateData: { rules: { isFreezed: true } } });
    await engine.platform.do('DELETE', `/chat/messages/${toDelete._id}`);
    const changed = idsOf((await sync(bob, [], { since })).rooms);
    const expected = { settings, members, messages, read, alarm, frozen, deleted };
    for (const [what, room] of Object.entries(expected)) expect(changed, what).to.include(room._id);
    expect(changed).to.not.include(still._id);
  });

  it('with since it gives a room whose member has a new nick', async () => {
    const [old] = await guests(engine, 'old nick');
    const room = await roomOf([ann, old]);
    const since = aMoment();
    await engine.connect(old.userId, 'new nick');
    const found = (await sync(ann, [], { since })).rooms.find(({ _id }) => _id === room._id);
    expect(found?.joinUsers[1]!.nickName).to.equal('new nick');
  });

  it('with since it also gives what was edited or deleted since, in the listed rooms', async () => {
    const [room, other] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    const sent = [];
    for (const text of ['1', '2', '3', '4']) sent.push(await ann.send(room._id, text));
    const elsewhere = await ann.send(other._id, 'not listed');
    await engine.platform.do('DELETE', `/chat/messages/${sent[0]!._id}`);
    const since = aMoment();
    await engine.platform.do('PATCH', `/chat/messages/${sent[1]!._id}`, {
      data: { type: 'TEXT', content: 'zwei' },
    });
    await engine.platform.do('DELETE', `/chat/messages/${sent[2]!._id}`);
    await engine.platform.do('DELETE', `/chat/messages/${elsewhere._id}`);
    const { messages } = await sync(bob, [[room._id, 4]], { since });
    expect(
      messages.map(message => [message._id, message.data.content.text, message.status.deleted]),
    ).to.deep.equal([
      [sent[1]!._id, 'zwei', false],
      [sent[2]!._id, undefined, true],
    ]);
  });

  it('now is some seconds ago, and as the next since it repeats rather than loses', async () => {
    const room = await roomOf([ann, bob]);
    const { now } = await sync(bob, [[room._id, 0]]);
    expect(Date.parse(now)).to.be.within(Date.now() - 20_000, Date.now() - 5_000);
    const sent = await ann.send(room._id, 'later');
    const next = await sync(bob, [[room._id, 0]], { since: now });
    expect(idsOf(next.rooms)).to.include(room._id);
    expect(idsOf(next.messages)).to.include(sent._id);
  });

  it('a long absence comes in pages: every message at least once, in the order of each room', async () => {
    const rooms = [await roomOf([ann, bob]), await roomOf([ann, bob]), await roomOf([ann, bob])];
    const sizes = [500, 0, 620];
    await Promise.all(
      rooms.flatMap(({ _id }, i) => Array.from({ length: sizes[i]! }, (_, n) => ann.send(_id, `${n}`))),
    );
    const first = (
      await bob.do('listenMessagesByRoom', { roomId: rooms[2]!._id, direction: 'after', count: 1 })
    ).list[0];
    const since = aMoment();
    await engine.platform.do('DELETE', `/chat/messages/${first._id}`);
    const got = new Map<string, number[]>();
    const deleted: string[] = [];
    let pages = 0;
    for (let cursor: string | null = null; ; pages++) {
      const page: Synced = await sync(
        bob,
        rooms.map(({ _id }) => [_id, 0]),
        { since, cursor },
      );
      for (const { _id, roomId, seq, status } of page.messages) {
        got.set(roomId, [...(got.get(roomId) ?? []), seq]);
        if (status.deleted) deleted.push(_id);
      }
      expect(page.messages.length).to.be.at.most(1_000);
      expect(page.more).to.equal(page.cursor !== null);
      if (pages > 0) expect(page.rooms, 'rooms come with the first page').to.deep.equal([]);
      if (!page.more) break;
      cursor = page.cursor;
    }
    for (const [i, { _id }] of rooms.entries()) {
      const seqs = [...new Set(got.get(_id) ?? [])];
      expect(seqs).to.deep.equal(Array.from({ length: sizes[i]! }, (_, n) => n + 1));
    }
    expect(deleted).to.include(first._id);
  });

  it('takes ids as numbers, null for since and cursor, the same room twice, and a lastSeq from the future', async () => {
    const room = await roomOf([ann, bob]);
    await ann.send(room._id, 'x');
    const { removedRoomIds } = await bob.do('sync', {
      rooms: [{ roomId: 5, lastSeq: 0 }],
      since: null,
      cursor: null,
    });
    expect(removedRoomIds).to.deep.equal(['5']);
    expect((await sync(bob, [[room._id, 999]])).messages).to.deep.equal([]);
    expect(
      (
        await sync(bob, [
          [room._id, 0],
          [room._id, 0],
        ])
      ).messages.length,
    ).to.be.within(1, 2);
  });

  it('refuses wrong shapes and names the field', async () => {
    const many = Array.from({ length: 1_001 }, () => ({ roomId: 'x', lastSeq: 0 }));
    const wrong: [unknown, string][] = [
      [undefined, ''],
      [{}, 'rooms'],
      [{ rooms: null }, 'rooms'],
      [{ rooms: {} }, 'rooms'],
      [{ rooms: [{ roomId: 'x' }] }, 'lastSeq'],
      [{ rooms: [{ roomId: 'x', lastSeq: -1 }] }, 'lastSeq'],
      [{ rooms: [{ roomId: 'x', lastSeq: 1.5 }] }, 'lastSeq'],
      [{ rooms: [{ roomId: 'x', lastSeq: '1' }] }, 'lastSeq'],
      [{ rooms: [{ roomId: {}, lastSeq: 1 }] }, 'roomId'],
      [{ rooms: [], since: 'yesterday' }, 'since'],
      [{ rooms: [], since: { $gt: 1 } }, 'since'],
      [{ rooms: [], cursor: 7 }, 'cursor'],
      [{ rooms: many }, 'rooms'],
    ];
    for (const [payload, field] of wrong) {
      const answer = await ann.ask('sync', payload);
      expect(answer.error, JSON.stringify(payload)?.slice(0, 80)).to.equal('INVALID_PAYLOAD');
      expect(answer.message).to.include(field);
    }
    expect(await errorOf(ann, 'sync', { rooms: [], cursor: 'of another kind' })).to.be.oneOf([
      null,
      'INVALID_PAYLOAD',
    ]);
  });
});
