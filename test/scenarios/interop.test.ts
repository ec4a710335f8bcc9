import { expect } from 'chai';
import { startEngine, type Engine } from '../helpers/engine.ts';
import {
  chatroomsSeat,
  chatSeat,
  feedError,
  feedSeat,
  fiveInARoom,
  goHome,
  nicknamesSeat,
} from '../helpers/five.ts';
import { someone } from '../helpers/people.ts';

const MINUTE = 60_000;

describe('one room, five protocols', () => {
  let engine: Engine;
  /** The clock of this server is ahead by this much. */
  let ahead = 0;
  before(async () => {
    engine = await startEngine({ clock: { now: () => Date.now() + ahead } });
  });
  after(() => engine.close());
  afterEach(goHome);

  it('what any of them says, all of them hear', async () => {
    const { seats } = await fiveInARoom(engine);
    for (const speaker of seats) {
      const text = `from ${speaker.id}`;
      await speaker.say(text);
      for (const listener of seats) await listener.hear(text);
    }
  });

  it('when all speak at once, all hear the same order, that of the log', async () => {
    const { room, seats, platform } = await fiveInARoom(engine);
    await Promise.all(seats.flatMap(({ id, say }) => Array.from({ length: 8 }, (_, i) => say(`${id} ${i}`))));
    await platform.say('the end');
    for (const seat of seats) await seat.hear('the end');
    const log = (await engine.platform.messages(room._id)).slice(-41);
    expect(
      log.map(({ seq }) => seq),
      'no gap',
    ).to.deep.equal(log.map((_, i) => log[0]!.seq + i));
    const wanted = log.map(({ seq, data }) => ({ seq, text: data.content.text }));
    for (const { id, heard } of seats) {
      const said = heard().slice(-41);
      const tellsSeq = said[0]!.seq !== undefined;
      expect(said, id).to.deep.equal(tellsSeq ? wanted : wanted.map(({ text }) => ({ text })));
    }
  });

  it('a picture by link is a PHOTO with that link everywhere, whoever sends it', async () => {
    const { room, path, chat, feed, chatrooms, nicknames, platform, seats } = await fiveInARoom(engine);
    const imageUrl = 'https://img.example.com/spring.png';
    await nicknames.client.ask('chatMessage', { type: 'image', text: 'by nic', imageUrl });
    await feed.rest.do('POST', `${path}/messages`, {
      message: 'by fay',
      message_type: 'image',
      file_url: imageUrl,
    });
    await chat.say('the end');
    for (const seat of seats) await seat.hear('the end');

    const photos = chat.client.of(`listenMessage_${room._id}`).filter(({ data }) => data.type === 'PHOTO');
    expect(photos.map(({ data }) => [data.content.text, data.content.files[0].url])).to.deep.equal([
      ['by nic', imageUrl],
      ['by fay', imageUrl],
    ]);
    const stored = (await platform.messages()).filter(({ data }) => data.type === 'PHOTO');
    expect(stored.map(({ seq }) => seq)).to.deep.equal(photos.map(({ seq }) => seq as number));
    const images = feed.stream.of('message').filter(message => message.message_type === 'image');
    expect(
      images.map(({ id, user_id, message, file_url }) => [id, user_id, message, file_url]),
    ).to.deep.equal([
      [photos[0].seq, nicknames.id, 'by nic', imageUrl],
      [photos[1].seq, feed.id, 'by fay', imageUrl],
    ]);
    const links = chatrooms.client.of('chat').filter(({ type }) => type === 'PHOTO');
    expect(links.map(({ seq, user, content }) => [seq, user, content])).to.deep.equal([
      [photos[0].seq, nicknames.id, imageUrl],
      [photos[1].seq, feed.id, imageUrl],
    ]);
    const lines = nicknames.client.of('message').filter(({ type }) => type === 'image');
    expect(lines.map(line => [line.id, line.text, line.imageUrl])).to.deep.equal([
      [nicknames.id, 'by nic', imageUrl],
      [feed.id, 'by fay', imageUrl],
    ]);
  });

  it('a notice of the platform is the system speaking everywhere', async () => {
    const { room, chat, feed, chatrooms, nicknames } = await fiveInARoom(engine);
    const data = { type: 'ADMIN', content: { text: '공지' } };
    const { seq } = await engine.platform.do('POST', `/chat/rooms/${room._id}/messages`, {
      author: { authorId: 'ADMIN' },
      data,
    });
    expect(await chat.hear('공지')).to.deep.include({ seq, data });
    expect((await feed.hear('공지')).data).to.include({ id: seq, user_id: 0, message_type: 'system' });
    expect(await chatrooms.hear('공지')).to.include({ seq, user: 'ADMIN', type: 'ADMIN' });
    expect(await nicknames.hear('공지')).to.include({ type: 'system' });
  });

  it('reading in one is told in the others, and read by all is is_read', async () => {
    const { room, path, chat, feed, chatrooms, nicknames, platform } = await fiveInARoom(engine);
    const { seq, _id } = await chat.client.send(room._id, 'read me');
    await feed.stream.frame('read', ({ user_id }) => user_id === nicknames.id);
    const isRead = async () =>
      (await feed.rest.do('GET', `${path}/messages`)).find(({ id }: { id: number }) => id === seq)
        .is_read as boolean;
    expect(await isRead()).to.equal(false);

    await feed.rest.do('POST', `${path}/read`, {});
    await feed.stream.frame('read', ({ user_id }) => user_id === feed.id);
    const phone = await engine.connect(platform.id);
    await phone.do('updateReadMessage', { roomId: room._id, messageId: _id });
    await feed.stream.frame('read', ({ user_id }) => user_id === platform.id);
    expect(await isRead(), 'one has not').to.equal(false);
    await chatrooms.say('who speaks has read');
    await feed.stream.frame('read', ({ user_id }) => user_id === chatrooms.id);
    expect(await isRead()).to.equal(true);

    const readers = [nicknames.id, feed.id, platform.id];
    for (const userId of readers) {
      await chat.client.until(
        () =>
          chat.client.of(`readReceipts_${room._id}`).find(frame => JSON.stringify(frame).includes(userId)),
        () => `the receipt of ${userId}`,
      );
    }
  });

  it('an invitation through the chat and one through REST v1 are told in all', async () => {
    const { room, path, chat, feed, chatrooms, nicknames, platform } = await fiveInARoom(engine);
    const guests = [someone('guest'), someone('guest')];
    await engine.platform.people(...guests);
    await chat.client.do('inviteRoom', { roomId: room._id, targetUserIds: [guests[0]] });
    await feed.rest.do('POST', `${path}/members`, { user_id: guests[1] });

    for (const guest of guests) {
      const isIn = ({ joinUsers }: { joinUsers: { _id: string }[] }) =>
        joinUsers.some(({ _id }) => _id === guest);
      await chat.client.frame('listenRoom', isIn);
      await feed.stream.frame('member_join', ({ data }) => data.user_id === guest);
      await chatrooms.client.frame('join room', ({ users }) => (users as string[]).includes(guest));
    }
    const notices = (await platform.messages()).slice(-2);
    expect(notices.map(({ meta }) => [meta!['event'], meta!['userIds']])).to.deep.equal(
      guests.map(guest => ['member.invited', [guest]]),
    );
    for (const { data } of notices) {
      for (const seat of [chat, feed, chatrooms, nicknames]) await seat.hear(data.content.text!);
    }
    const { list } = await engine.platform.do('GET', `/chat/rooms/${room._id}/members`);
    expect(list.map(({ _id }: { _id: string }) => _id)).to.include.members(guests);
  });

  it('who is put out is out in every protocol, hears no more, and all others are told', async () => {
    const { room, chat, feed, chatrooms, nicknames } = await fiveInARoom(engine);
    const eve = someone('eve');
    await engine.platform.people(eve);
    await chat.client.do('inviteRoom', { roomId: room._id, targetUserIds: [eve] });
    const seats = {
      chat: await chatSeat(engine, eve, room),
      feed: await feedSeat(engine, eve, room),
      chatrooms: await chatroomsSeat(engine, eve, room),
      nicknames: await nicknamesSeat(engine, eve, room),
    };
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${eve}`);

    await seats.chat.client.frame('listenRoom', ({ joinUsers }) => joinUsers.length === 0);
    await seats.feed.stream.frame('member_leave', ({ data }) => data.user_id === eve);
    expect(await seats.feed.stream.code()).to.equal(4403);
    await seats.chatrooms.client.frame(
      'user leave',
      ({ chatSeq, user }) => chatSeq === room.no && user === eve,
    );
    expect(await seats.nicknames.client.frame('alert')).to.include({ type: 'E18' });

    await chat.client.frame('listenRoom', ({ joinUsers }) => joinUsers.length === 5);
    await feed.stream.frame('member_leave', ({ data }) => data.user_id === eve);
    await chatrooms.client.frame('user leave', ({ user }) => user === eve);
    await nicknames.client.frame('roomUsers', ({ users }) => users.length === 1);

    await chat.say('without eve');
    for (const seat of [chat, feed, chatrooms, nicknames]) await seat.hear('without eve');
    await Promise.all([seats.chat, seats.chatrooms, seats.nicknames].map(({ client }) => client.settled()));
    for (const [name, seat] of Object.entries(seats))
      expect(
        seat.heard().map(({ text }) => text),
        name,
      ).not.to.include('without eve');
    expect((await seats.feed.rest.call('GET', `/rooms/${room.no}`)).status, 'a stranger').to.equal(404);
    expect(await seats.chatrooms.say('me again')).to.deep.include({ success: false });
  });

  it('the end of a room comes to all: nobody writes, and its history stays', async () => {
    const expiresAt = new Date(Date.now() + ahead + MINUTE).toISOString();
    const five = await fiveInARoom(engine, { expiresAt });
    const { room, path, chat, feed, chatrooms, nicknames, platform } = five;
    await chat.say('the last words');
    for (const seat of five.seats) await seat.hear('the last words');
    ahead += 2 * MINUTE;
    await engine.app.chat.expiry.sweep();

    const frame = await chat.client.frame('listenRoom', ({ rules }) => rules.isFreezed);
    expect(frame).to.deep.include({ freezingReasonCode: 'EXPIRED', joinUserCount: 5 });
    expect(await nicknames.client.frame('expired')).to.deep.equal({ room: String(room.no) });
    await nicknames.client.frame('message', ({ type, text }) => type === 'system' && text === 'expired');

    const write = { roomId: room._id, syncKey: someone('key'), data: { type: 'TEXT', content: 'too late' } };
    expect((await chat.client.ask('sendMessage', write)).error).to.equal('ROOM_IS_FREEZED');
    expect(await feedError(five, 'POST', `${path}/messages`, { message: 'too late' })).to.equal(
      'ROOM_IS_FREEZED',
    );
    expect(await chatrooms.say('too late')).to.deep.include({ success: false, error: 'ROOM_IS_FREEZED' });
    await nicknames.say('too late');
    expect(await nicknames.client.frame('alert')).to.include({ type: 'E17' });
    const { status } = await engine.platform.call('POST', `/chat/rooms/${room._id}/messages`, {
      author: { authorId: 'ADMIN' },
      data: { type: 'TEXT', content: { text: 'too late' } },
    });
    expect(status).to.equal(403);

    const texts = (await platform.messages()).map(({ data }) => data.content.text);
    expect(texts.at(-1)).to.equal('the last words');
    expect((await chat.client.history(room._id)).at(-1)!.data.content.text).to.equal('the last words');
    expect((await feed.rest.do('GET', `${path}/messages`)).at(-1).message).to.equal('the last words');
    const { body } = await chatrooms.client.call('GET', `/message/${room.no}/-1/10`);
    expect(body.at(-1).content).to.equal('the last words');
  });
});
