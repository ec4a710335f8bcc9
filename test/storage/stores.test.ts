import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import type { Member, Message, Room } from '../../src/domain/model.ts';
import { nextNumber } from '../../src/storage/stores/counters.ts';
import { aMember, aMessage, aRoom, anAct } from '../domain/fakes.ts';
import { openStorage, type Storage } from './seed.ts';

let storage: Storage;
before(async () => {
  storage = await openStorage();
});
after(() => storage.database.close());

async function makeRoom(
  more: Partial<Room> = {},
  memberIds: readonly string[] = ['ann', 'bob'],
): Promise<Room> {
  const { rooms, members } = storage.stores;
  const room = aRoom({ id: newId(), no: await rooms.nextNo(), ...more });
  await rooms.begin(room);
  await members.add(memberIds.map(id => aMember(room.id, id, { master: id === memberIds[0] })));
  await rooms.finish(room.id);
  return room;
}

const memberOf = async (roomId: string, userId: string): Promise<Member | undefined> =>
  (await storage.stores.members.ofRooms([roomId])).find(member => member.userId === userId);
const roomOf = async (id: string): Promise<Room | undefined> => (await storage.stores.rooms.byIds([id]))[0];

describe('the log of messages in the database', () => {
  it('stores a batch and gives it back as it was', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const full = aMessage(roomId, 2, {
      meta: { a: [1, { b: null }] },
      mentions: ['ann'],
      replyTo: newId(),
      uncountedFor: 'ann',
    });
    const batch = [aMessage(roomId, 1), full, anAct(roomId, 3, 'member.kicked', ['ann'])];
    expect(await log.append(batch)).to.deep.equal({ stored: 3 });
    expect(await log.range(roomId, 0, 3)).to.deep.equal(batch);
    expect(await log.after(roomId, 1, 1)).to.deep.equal([full]);
    expect(await log.byId(full.id)).to.deep.equal(full);
    expect(await log.byId(newId())).to.equal(null);
  });

  it('stops at a number that is taken, names it, and keeps what came before', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    await log.append([aMessage(roomId, 3)]);
    const batch = [1, 2, 3, 4].map(seq => aMessage(roomId, seq));
    expect(await log.append(batch)).to.deep.equal({ stored: 2, collision: 'seq' });
    expect((await log.range(roomId, 0, 9)).map(message => message.seq)).to.deep.equal([1, 2, 3]);
  });

  it('stops at a syncKey that its author has used in the room, and at no other', async () => {
    const { log } = storage.stores;
    const [roomId, otherRoom] = [newId(), newId()];
    const by = (seq: number, authorId: string, id = roomId) =>
      aMessage(id, seq, { syncKey: 'key', author: { authorId, nickName: '', profileUrl: null } });
    expect(await log.append([by(1, 'ann'), by(2, 'bob'), by(1, 'ann', otherRoom)])).to.deep.equal({
      stored: 3,
    });
    const outcome = await log.append([aMessage(roomId, 3), by(4, 'ann'), aMessage(roomId, 5)]);
    expect(outcome).to.deep.equal({ stored: 1, collision: 'syncKey' });
    expect((await log.bySyncKey(roomId, 'ann', 'key'))?.seq).to.equal(1);
    expect(await log.bySyncKey(roomId, 'eve', 'key')).to.equal(null);
  });

  it('stops at a message that it has already, whichever of its keys is noticed first', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const message = aMessage(roomId, 1);
    await log.append([message]);
    const outcome = await log.append([{ ...message, seq: 2 }]);
    expect(outcome.stored).to.equal(0);
    expect(outcome.collision).to.be.oneOf(['id', 'syncKey']);
  });

  it('lets one of many writers have each number', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => log.append([aMessage(roomId, 1), aMessage(roomId, 2)])),
    );
    expect(outcomes.filter(({ collision }) => !collision)).to.have.length(1);
    expect(await log.range(roomId, 0, 9)).to.have.length(2);
  });

  it('pages by type, from either end', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const batch = Array.from({ length: 9 }, (_, i) =>
      i % 3 === 0 ? anAct(roomId, i + 1, 'member.left', ['x']) : aMessage(roomId, i + 1),
    );
    await log.append(batch);
    const seqs = async (order: 'newest' | 'oldest', from: number, to: number) =>
      (await log.ofType(roomId, 'TEXT', { from, to, order, limit: 3 })).map(message => message.seq);
    expect(await seqs('newest', 0, Infinity)).to.deep.equal([9, 8, 6]);
    expect(await seqs('oldest', 3, 9)).to.deep.equal([5, 6, 8]);
  });

  it('keeps the place of a deleted message, tells the change, and deletes it once', async () => {
    const { log } = storage.stores;
    const roomId = newId();
    const [first, second] = [aMessage(roomId, 1), aMessage(roomId, 2, { uncountedFor: 'bob' })] as [
      Message,
      Message,
    ];
    await log.append([first, second]);
    const at = new Date();
    const change = {
      data: { type: 'TEXT' as const, content: {} },
      meta: null,
      deleted: true,
      editedAt: null,
      at,
    };
    expect([await log.change(first.id, change), await log.change(first.id, change)]).to.deep.equal([
      true,
      false,
    ]);
    expect(await log.byId(first.id)).to.deep.include({
      seq: 1,
      deleted: true,
      changedAt: at,
      data: { type: 'TEXT', content: {} },
    });
    expect(
      (await log.changedSince([{ roomId, after: 0 }], at, 0, 9)).map(message => message.seq),
    ).to.deep.equal([1]);
    expect(await log.changedSince([{ roomId, after: 1 }], at, 0, 9)).to.deep.equal([]);
    const uncounted = (await log.uncounted([{ roomId, after: 0 }])).sort((a, b) => a.seq - b.seq);
    expect(uncounted).to.deep.equal([
      { roomId, seq: 1, for: null },
      { roomId, seq: 2, for: 'bob' },
    ]);
  });
});

describe('rooms and memberships in the database', () => {
  it('are found once they are whole, not before', async () => {
    const { rooms } = storage.stores;
    const room = aRoom({ id: newId(), no: await rooms.nextNo(), membersKey: 'in the making' });
    await rooms.begin(room);
    expect([await roomOf(room.id), await rooms.withMembers('in the making', 'GROUP')]).to.deep.equal([
      undefined,
      [],
    ]);
    expect(await rooms.unfinished(new Date())).to.include(room.id);
    await rooms.finish(room.id);
    expect(await roomOf(room.id)).to.deep.equal(room);
    expect(await rooms.unfinished(new Date())).to.not.include(room.id);
  });

  it('move heads only forward, whatever the order of the writes', async () => {
    const { rooms } = storage.stores;
    const room = await makeRoom();
    const head = (lastSeq: number) => ({
      roomId: room.id,
      lastSeq,
      lastMessage: aMessage(room.id, lastSeq),
      lastUncountedSeq: 0,
      memberCount: lastSeq,
      membersKey: `key ${lastSeq}`,
      at: new Date(Date.now() + lastSeq),
    });
    const written = [3, 9, 5, 1];
    for (const lastSeq of written) await rooms.moveHeads([head(lastSeq)]);
    await Promise.all([12, 11, 14, 13].map(lastSeq => rooms.moveHeads([head(lastSeq)])));
    const stored = (await roomOf(room.id))!;
    expect([stored.lastSeq, stored.lastMessage?.seq, stored.memberCount, stored.membersKey]).to.deep.equal([
      14,
      14,
      14,
      'key 14',
    ]);
  });

  it('replace the last message only while it still is the last one', async () => {
    const { rooms } = storage.stores;
    const lastMessage = aMessage(newId(), 1);
    const room = await makeRoom({ lastMessage, lastSeq: 1 });
    await rooms.replaceLastMessage(room.id, { ...aMessage(room.id, 1), changedAt: new Date() });
    expect((await roomOf(room.id))!.lastMessage?.id).to.equal(lastMessage.id);
    await rooms.replaceLastMessage(room.id, { ...lastMessage, deleted: true, changedAt: new Date() });
    expect((await roomOf(room.id))!.lastMessage?.deleted).to.equal(true);
  });

  it('move read positions only forward, of those who are meant', async () => {
    const { members } = storage.stores;
    const room = await makeRoom({}, ['ann', 'bob', 'eve']);
    const move = (seq: number) => ({
      roomId: room.id,
      userIds: ['ann', 'bob'],
      seq,
      messageId: `m${seq}`,
      at: new Date(),
    });
    for (const seq of [5, 2, 7, 6]) await members.moveReads([move(seq)]);
    const places = (await members.ofRooms([room.id])).map(member => [
      member.userId,
      member.lastReadSeq,
      member.lastReadMessageId,
    ]);
    expect(places.sort()).to.deep.equal([
      ['ann', 7, 'm7'],
      ['bob', 7, 'm7'],
      ['eve', 0, null],
    ]);
  });

  it('take a person once into a room, however many invite at the same time', async () => {
    const { members } = storage.stores;
    const room = await makeRoom();
    const join = (syncKey: string) => aMember(room.id, 'eve', { pending: { act: 'join', syncKey } });
    const refused = await Promise.all(
      ['a', 'b', 'c', 'd'].map(key => members.add([join(key), aMember(room.id, `only ${key}`)])),
    );
    expect(refused.filter(ids => ids.length === 0)).to.have.length(1);
    expect(await members.ofRooms([room.id])).to.have.length(7);
    await members.settleJoin(room.id, ['eve'], { seq: 9, messageId: 'nine' });
    expect(await memberOf(room.id, 'eve')).to.deep.include({
      joinedSeq: 8,
      lastReadSeq: 9,
      lastReadMessageId: 'nine',
      pending: null,
    });
  });

  it('mark somebody as leaving for one of many who put them out at the same time', async () => {
    const { members } = storage.stores;
    const room = await makeRoom();
    const marked = await Promise.all(
      ['a', 'b', 'c'].map(key => members.markLeaving(room.id, ['bob', 'nobody'], key)),
    );
    expect(marked.flat()).to.deep.equal(['bob']);
    const key = (await memberOf(room.id, 'bob'))!.pending!.syncKey;
    await members.unmark(room.id, key);
    expect((await memberOf(room.id, 'bob'))!.pending).to.equal(null);
    await members.remove(room.id, ['bob']);
    expect(await memberOf(room.id, 'bob')).to.equal(undefined);
  });

  it('number without a repeat, however many ask at once, also for the very first time', async () => {
    const name = `counter-${newId()}`;
    const firsts = await Promise.all(Array.from({ length: 20 }, () => nextNumber(storage.database, name, 5)));
    expect(firsts.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i * 5 + 1));
  });

  it("show people in a Mongo shell the seed's shape: joinUsers inside the room, its spelling of the rules", async () => {
    const room = await makeRoom({ name: 'seen in a shell' }, ['ann', 'bob']);
    await storage.stores.members.add([
      aMember(room.id, 'on the way', { pending: { act: 'join', syncKey: 'k' } }),
    ]);
    const view = storage.database.connection.collection('rooms_view');
    const seen = (await view.findOne({ name: 'seen in a shell' }))!;
    expect(
      seen['joinUsers'].map((user: { _id: string; master: boolean }) => [user._id, user.master]),
    ).to.deep.equal([
      ['ann', true],
      ['bob', false],
    ]);
    expect(seen['joinUsers'][0]).to.include.keys('nickName', 'lastReadMessageId', 'alarmOn', 'createdAt');
    expect(seen['rules'])
      .to.include({ canInviteMemebrs: false, isFreezed: false })
      .and.not.have.property('canInviteMembers');
    expect(seen).to.include.keys('_id', 'roomType', 'link', 'lastMessage', 'meta');
  });
});

describe('claims, marks and people in the database', () => {
  it('give a key to one of many, and hand it over once', async () => {
    const { claims } = storage.stores;
    const ids = Array.from({ length: 10 }, () => newId());
    const key = `claim-${ids[0]!}`;
    const holders = await Promise.all(ids.map(id => claims.claim(key, id)));
    expect(new Set(holders).size).to.equal(1);
    const taken = await Promise.all(
      ids.map(id => claims.replace(key, holders[0]!, newId() + id.slice(0, 0))),
    );
    expect(taken.filter(Boolean)).to.have.length(1);
  });

  it('move a mark only forward', async () => {
    const { marks } = storage.stores;
    for (const time of [5_000, 9_000, 1_000]) await marks.write('mark', new Date(time));
    expect((await marks.read('mark'))?.getTime()).to.equal(9_000);
    expect(await marks.read('no mark')).to.equal(null);
    expect(Math.abs((await marks.now()).getTime() - Date.now())).to.be.below(10_000);
  });

  it('keep known people as they are when asked to, and forget all of an erased one but the mark', async () => {
    const { users } = storage.stores;
    const person = { id: newId(), nickName: 'Ann', profileUrl: null, meta: { email: 'a@b.c' } };
    await users.upsert([person], 'overwrite', new Date());
    await users.upsert([{ ...person, nickName: 'other' }], 'ifAbsent', new Date());
    expect((await users.byIds([person.id]))[0]).to.deep.include({
      nickName: 'Ann',
      meta: { email: 'a@b.c' },
    });
    await users.erase(person.id, new Date());
    expect(await users.byIds([person.id])).to.deep.equal([]);
    const [mark] = await users.byIds([person.id], 'with');
    expect(mark).to.deep.include({ nickName: '', meta: null });
    expect(mark!.tokensValidFrom).to.be.instanceOf(Date);
    await users.upsert([person], 'ifAbsent', new Date());
    expect((await users.byIds([person.id]))[0]!.nickName, 'who comes back is new').to.equal('Ann');
  });

  it('find people by any part of their nick, without regard to case, spacing or operators', async () => {
    const { users } = storage.stores;
    const [a, b] = [newId(), newId()];
    const profile = (id: string, nickName: string) => ({ id, nickName, profileUrl: null, meta: null });
    await users.upsert([profile(a, '홍 길동 (A.*)'), profile(b, '고길동')], 'overwrite', new Date());
    const found = async (keyword: string) =>
      (await users.find({ keyword, among: [a, b], skip: 0, limit: 9 })).map(user => user.id).sort();
    expect(await found('길동')).to.deep.equal([a, b].sort());
    expect(await found('홍길')).to.deep.equal([a]);
    expect(await found('(a.*')).to.deep.equal([a]);
    expect(await found('.*')).to.deep.equal([a]);
    expect(await found('동길')).to.deep.equal([]);
  });
});
