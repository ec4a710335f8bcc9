import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { aMoment, calm, errorOf, guests, partyOf, roomOf } from '../../helpers/party.ts';

const NOWHERE = 'f'.repeat(24);

describe('addAnnouncement', () => {
  const party = partyOf(['ann', 'bob']);
  const announce = async (about: object): Promise<any> =>
    (await party.ann.do('addAnnouncement', { roomId: party.room._id, ...about })).announcement;
  const refused = (by: ChatClient, about: object) =>
    errorOf(by, 'addAnnouncement', { roomId: party.room._id, ...about });
  const shownTo = async (who: ChatClient) => (await who.room(party.room._id)).lastAnnouncement;

  it('of a text shows it on the room, to everybody, at once', async () => {
    const { engine, ann, bob, room } = party;
    await calm(bob);
    const announcement = await announce({ content: '공지입니다' });
    expect(announcement).to.deep.include({
      roomId: room._id,
      content: '공지입니다',
      messageId: null,
      author: { authorId: ann.userId, nickName: 'ann', profileUrl: null },
    });
    const told = await bob.frame('listenRoom', ({ _id }) => _id === room._id);
    expect(told.lastAnnouncement).to.deep.equal(announcement);
    expect(await shownTo(bob)).to.deep.equal(announcement);
    expect((await bob.rooms()).find(({ _id }) => _id === room._id)!.lastAnnouncement).to.deep.equal(
      announcement,
    );
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).lastAnnouncement).to.deep.equal(
      announcement,
    );
    engine.app.chat.registry.forget(room._id);
    expect(await shownTo(bob), 'loaded from the store').to.deep.equal(announcement);
  });

  it('of a message shows what it says, and follows its edits and its deletion', async () => {
    const { bob, room } = party;
    await announce({ content: 'the one before' });
    const message = await bob.send(room._id, 'important');
    const announcement = await announce({ messageId: message._id });
    expect(announcement).to.deep.include({ messageId: message._id, content: 'important' });
    await bob.do('updateMessage', { messageId: message._id, data: { content: 'very important' } });
    expect(await shownTo(bob)).to.deep.equal({ ...announcement, content: 'very important' });
    await bob.frame('listenRoom', ({ lastAnnouncement }) => lastAnnouncement?.content === 'very important');
    await bob.do('deleteMessage', { messageId: message._id });
    expect((await shownTo(bob))!.content).to.equal('the one before');
    await bob.frame('listenRoom', ({ lastAnnouncement }) => lastAnnouncement?.content === 'the one before');
  });

  it('is for masters, in rooms that are not frozen', async () => {
    const { engine, ann, bob, room } = party;
    const [eve] = await guests(engine, 'eve');
    expect(await refused(bob, { content: 'x' })).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    expect(await refused(eve, { content: 'x' })).to.equal('ROOM_NO_EXISTS');
    const direct = await roomOf([ann, bob], { roomType: 'DIRECT' });
    expect(await errorOf(ann, 'addAnnouncement', { roomId: direct._id, content: 'x' })).to.equal(
      'YOU_HAVE_NO_AUTHORIZATION',
    );
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await refused(ann, { content: 'x' })).to.equal('ROOM_IS_FREEZED');
    expect(await shownTo(bob)).to.equal(null);
  });

  it('takes a text of up to 2,000 characters, or a message of the room that is there: one of the two', async () => {
    const { ann, bob, room } = party;
    const elsewhere = await ann.send((await roomOf([ann, bob]))._id, 'elsewhere');
    const gone = await ann.send(room._id, 'gone');
    await ann.do('deleteMessage', { messageId: gone._id });
    for (const id of [NOWHERE, 'x', elsewhere._id, gone._id])
      expect(await refused(ann, { messageId: id })).to.equal('MESSAGE_NO_EXISTS');
    for (const about of [
      {},
      { content: '' },
      { content: ' ' },
      { content: '가'.repeat(2_001) },
      { content: 'x', messageId: elsewhere._id },
    ])
      expect(await refused(ann, about)).to.equal('INVALID_PAYLOAD');
    expect(await shownTo(bob)).to.equal(null);
    expect(await refused(ann, { content: '가'.repeat(2_000), messageId: null })).to.equal(null);
    const long = await ann.send(room._id, '나'.repeat(5_000));
    expect((await announce({ messageId: long._id })).content).to.equal('나'.repeat(2_000));
  });

  it('of the same thing again is the one that is there; of another it is the newest', async () => {
    const { bob, room } = party;
    const first = await announce({ content: 'x' });
    expect(await announce({ content: 'x' })).to.deep.equal(first);
    const second = await announce({ content: 'y' });
    const third = await announce({ content: 'x' });
    expect(third._id).to.not.equal(first._id);
    const { list } = await bob.do('listAnnouncements', { roomId: room._id });
    expect(list).to.deep.equal([third, second, first]);
  });

  it('of several masters at once ends in the newest, for everybody', async () => {
    const { engine, ann, bob } = party;
    const people = await guests(engine, 'a', 'b', 'c');
    const busy = await engine.platform.room([ann.userId, bob.userId]);
    await engine.platform.do('POST', '/chat/inviteUsers', {
      roomId: busy._id,
      inviterId: ann.userId,
      joinUsers: people.map(({ userId }) => ({ _id: userId, nickName: 'm', master: true })),
    });
    await calm(bob);
    await Promise.all(
      [...people, ann].flatMap((who, i) =>
        [1, 2, 3].map(k => who.do('addAnnouncement', { roomId: busy._id, content: `${i} ${k}` })),
      ),
    );
    const { list } = await bob.do('listAnnouncements', { roomId: busy._id });
    expect(list).to.have.length(12);
    expect((await bob.room(busy._id)).lastAnnouncement).to.deep.equal(list[0]);
    expect(bob.of<Room>('listenRoom').at(-1)!.lastAnnouncement).to.deep.equal(list[0]);
  });

  it('touches the room for sync', async () => {
    const { bob, room } = party;
    const since = aMoment();
    const announcement = await announce({ content: 'x' });
    const { rooms } = await bob.do('sync', { rooms: [], since });
    expect(rooms.find(({ _id }: Room) => _id === room._id).lastAnnouncement).to.deep.equal(announcement);
  });

  it('of a message is hidden from who does not see the message; a text of its own is for all', async () => {
    const { engine, ann, bob, room } = party;
    const [eve] = await guests(engine, 'eve');
    const message = await ann.send(room._id, 'before eve');
    const ofMessage = await announce({ messageId: message._id });
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    expect(await shownTo(eve)).to.equal(null);
    expect(await shownTo(bob)).to.deep.equal(ofMessage);
    await calm(bob, eve);
    await ann.send(room._id, 'after eve');
    expect((await eve.frame('updateRoomLastMessage')).lastAnnouncement).to.equal(null);
    expect((await bob.frame('updateRoomLastMessage')).lastAnnouncement).to.deep.equal(ofMessage);
    await ann.do('updateMessage', { messageId: message._id, data: { content: 'still before eve' } });
    await eve.settled();
    expect(JSON.stringify([eve.frames, await eve.rooms()])).to.not.contain('before eve');
    expect((await eve.do('listAnnouncements', { roomId: room._id })).list).to.deep.equal([]);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory: true } } });
    expect((await shownTo(eve))!.content).to.equal('still before eve');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canSeeHistory: false } } });
    const text = await announce({ content: 'house rules' });
    expect(await shownTo(eve)).to.deep.equal(text);
    const [joe] = await guests(engine, 'joe');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [joe.userId] });
    expect(await shownTo(joe), 'also for those who come later').to.deep.equal(text);
  });

  it('is not told to somebody who is put out', async () => {
    const { ann, bob, room } = party;
    await announce({ content: 'inside' });
    await calm(bob);
    await ann.do('kickOutUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    const farewell = await bob.frame('listenRoom');
    expect([farewell.joinUsers, farewell.lastAnnouncement]).to.deep.equal([[], null]);
  });

  it('keeps the content, not the name, of somebody who is erased; the room’s removal takes all', async () => {
    const { engine, ann, bob } = party;
    const busy = await engine.platform.room([ann.userId, bob.userId]);
    const [eve] = await guests(engine, 'eve');
    await engine.platform.do('POST', '/chat/inviteUsers', {
      roomId: busy._id,
      inviterId: ann.userId,
      joinUsers: [{ _id: eve.userId, nickName: 'eve', master: true }],
    });
    await eve.do('addAnnouncement', { roomId: busy._id, content: 'by eve' });
    await engine.platform.do('DELETE', `/chat/users/${eve.userId}`);
    const { lastAnnouncement } = await bob.room(busy._id);
    expect(lastAnnouncement).to.deep.include({
      content: 'by eve',
      author: { authorId: eve.userId, nickName: '', profileUrl: null },
    });
    await engine.platform.do('DELETE', `/chat/rooms/${busy._id}`);
    expect(await engine.database.announcements.countDocuments({ content: 'by eve' })).to.equal(0);
  });
});
