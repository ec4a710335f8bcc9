import { expect } from 'chai';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { errorOf, guests, idsOf, partyOf, roomOf } from '../../helpers/party.ts';

interface Readers {
  read: { _id: string; nickName: string; profileUrl: string | null }[];
  unread: { _id: string }[];
  readCount: number;
  unreadCount: number;
}

describe('listReaders', () => {
  const party = partyOf(['ann', 'bob', 'eve']);
  const readersOf = (client: ChatClient, { _id }: Message): Promise<Readers> =>
    client.do('listReaders', { messageId: _id });
  const read = (client: ChatClient, { _id, roomId }: Message) =>
    client.do('updateReadMessage', { roomId, messageId: _id });
  /** What was read by viewing and by writing is stored, and told, when this resolves. */
  const told = () => party.engine.app.chat.ledger.flush();
  const pageCount = async (client: ChatClient, { _id }: Message) =>
    (await client.history(party.room._id)).find(message => message._id === _id) as Message & {
      unreadUserCount: number;
    };

  it('names who has read a message and who has not, without its author', async () => {
    const { ann, bob, eve, room } = party;
    const [first, second] = [await ann.send(room._id, '1'), await ann.send(room._id, '2')];
    await read(bob, first);
    expect(await readersOf(ann, first)).to.deep.equal({
      read: [{ _id: bob.userId, nickName: 'bob', profileUrl: null }],
      unread: [{ _id: eve.userId, nickName: 'eve', profileUrl: null }],
      readCount: 1,
      unreadCount: 1,
    });
    const { readCount, unreadCount } = await readersOf(eve, second);
    expect([readCount, unreadCount]).to.deep.equal([0, 2]);
  });

  it('each message of a page says how many have not read it; so do those that come live, and the ack', async () => {
    const { ann, bob, eve, room } = party;
    await eve.do('joinRoom', room._id);
    const sent = await ann.send(room._id, '1');
    expect(sent).to.include({ unreadUserCount: 2 });
    expect(await eve.frame(`listenMessage_${room._id}`)).to.include({ unreadUserCount: 2 });
    await told();
    expect((await pageCount(ann, sent)).unreadUserCount, 'eve views it').to.equal(1);
    await read(bob, sent);
    expect((await pageCount(ann, sent)).unreadUserCount).to.equal(0);
    const { messages } = await ann.do('sync', { rooms: [{ roomId: room._id, lastSeq: 0 }] });
    expect(messages[0].unreadUserCount).to.equal(0);
  });

  it('asks nobody who came later or who is gone', async () => {
    const { engine, ann, bob, eve, room } = party;
    const sent = await ann.send(room._id, '1');
    const [late] = await guests(engine, 'late');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [late.userId] });
    const invited = (await ann.history(room._id)).at(-1)!;
    await read(bob, invited);
    expect((await readersOf(ann, sent)).readCount).to.equal(1);
    expect(idsOf((await readersOf(ann, sent)).unread)).to.deep.equal([eve.userId]);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve.userId] });
    expect((await readersOf(ann, sent)).unreadCount).to.equal(0);
  });

  it('of an ADMIN message leaves out whoever did what it tells, and asks who joined by it', async () => {
    const { engine, ann, bob, eve, room } = party;
    const [late] = await guests(engine, 'late');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [late.userId] });
    const invited = (await ann.history(room._id)).at(-1)!;
    const readers = await readersOf(bob, invited);
    expect(idsOf(readers.read)).to.deep.equal([late.userId]);
    expect(idsOf(readers.unread)).to.have.members([bob.userId, eve.userId]);
    const notice = await engine.platform.write(room._id, 'news');
    expect((await readersOf(bob, notice)).unreadCount).to.equal(4);
  });

  it('is the same after the server has forgotten the room', async () => {
    const { engine, ann, bob, room } = party;
    const sent = await ann.send(room._id, '1');
    await read(bob, sent);
    const before = await readersOf(ann, sent);
    await told();
    engine.app.chat.registry.forget(room._id);
    expect(await readersOf(ann, sent)).to.deep.equal(before);
  });

  it('where the list of members is closed, only masters see names', async () => {
    const { ann, bob, eve } = party;
    const closed = await roomOf([ann, bob, eve], { rules: { canShowMemberList: false } });
    const sent = await bob.send(closed._id, '1');
    expect(await readersOf(bob, sent)).to.deep.equal({ read: [], unread: [], readCount: 0, unreadCount: 2 });
    expect(idsOf((await readersOf(ann, sent)).unread)).to.deep.equal([ann.userId, eve.userId]);
  });

  it('names a thousand and counts all, in a large room', async () => {
    const { engine, ann } = party;
    const people = Array.from({ length: 1_200 }, (_, i) => `crowd-${process.pid}-${i}`);
    const crowd = await engine.platform.room([ann.userId, ...people]);
    const sent = await ann.send(crowd._id, 'to all');
    const { read: readers, unread, readCount, unreadCount } = await readersOf(ann, sent);
    expect([readers.length, unread.length, readCount, unreadCount]).to.deep.equal([0, 1_000, 0, 1_200]);
    expect(idsOf(unread)).to.deep.equal(people.slice(0, 1_000));
  });

  it('refuses what I cannot see', async () => {
    const { engine, ann, room } = party;
    const sent = await ann.send(room._id, '1');
    const [stranger, late] = await guests(engine, 'stranger', 'late');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [late.userId] });
    for (const client of [stranger, late])
      expect(await errorOf(client, 'listReaders', { messageId: sent._id })).to.equal('MESSAGE_NO_EXISTS');
    expect(await errorOf(ann, 'listReaders', { messageId: 'no id' })).to.equal('MESSAGE_NO_EXISTS');
    expect(await errorOf(ann, 'listReaders', {})).to.equal('INVALID_PAYLOAD');
  });
});
