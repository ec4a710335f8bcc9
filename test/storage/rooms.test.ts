import { expect } from 'chai';
import { newId } from '../../src/domain/ids.ts';
import type { Member, Room } from '../../src/domain/model.ts';
import { nextNumber } from '../../src/storage/stores/counters.ts';
import { aMember, aMessage, aRoom } from '../domain/fakes.ts';
import { openStorage, type Storage } from './seed.ts';

describe('rooms and memberships in the database', () => {
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
      lastMentionSeq: lastSeq - 1,
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
