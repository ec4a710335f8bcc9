import { expect } from 'chai';
import { ChatClient, newKey } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

const text = (roomId: string, content = 'x') => ({
  syncKey: newKey(),
  roomId,
  data: { type: 'TEXT', content },
});

describe('events per socket', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { EVENTS_PER_SECOND: '1', EVENTS_BURST: '3' } });
  });
  after(() => engine.close());

  it('beyond the burst are RATE_LIMITED with the time to wait; the socket stays, others of the user go on', async () => {
    const ann = someone();
    const [a, other] = [await engine.connect(ann), await engine.connect(ann)];
    const answers = await Promise.all(Array.from({ length: 5 }, () => a.ask('listenRooms')));
    expect(answers.map(({ error }) => error)).to.deep.equal([
      null,
      null,
      null,
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
    const refused = answers[3]! as any;
    expect(refused.data.retryAfterMs).to.be.within(1, 1_000);
    expect(refused.message).to.be.a('string').that.is.not.empty;
    expect((await other.ask('listenRooms')).success).to.equal(true);
    expect(a.socket.connected).to.equal(true);
  });

  it('events that nobody knows and wrong payloads count as well', async () => {
    const a = await engine.connect(someone());
    const answers = await Promise.all([
      a.ask('no such event'),
      a.ask('sendMessage', 5),
      a.ask('joinRoom'),
      a.ask('listenRooms'),
    ]);
    expect(answers.map(({ error }) => error)).to.deep.equal([
      'INVALID_PAYLOAD',
      'INVALID_PAYLOAD',
      'INVALID_PAYLOAD',
      'RATE_LIMITED',
    ]);
  });
});

describe('sends per user', () => {
  let engine: Engine;
  let ahead = 0;
  before(async () => {
    const env = { SENDS_PER_SECOND: '1', SENDS_BURST: '2' };
    engine = await startEngine({ env, clock: { now: () => Date.now() + ahead } });
  });
  after(() => engine.close());

  it('count over all sockets; after retryAfterMs the next one goes through, and nothing was stored meanwhile', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const [one, two, b] = [await engine.connect(ann), await engine.connect(ann), await engine.connect(bob)];
    await one.send(room._id, '하나');
    await two.send(room._id, '둘');
    const third = text(room._id, '셋');
    const refused = await one.ask('sendMessage', third);
    expect(refused.error).to.equal('RATE_LIMITED');
    expect(refused.data.retryAfterMs).to.be.within(1, 1_000);
    await b.send(room._id, '밥은 되고요');
    ahead += refused.data.retryAfterMs;
    expect((await two.ask('sendMessage', third)).success, 'the same syncKey').to.equal(true);
    const texts = (await engine.platform.messages(room._id)).map(message => message.data.content.text);
    expect(texts.slice(1)).to.deep.equal(['하나', '둘', '밥은 되고요', '셋']);
  });

  it('acts that write an ADMIN message count as sends: inviting, kicking, leaving', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob], { rules: { canLeaveOutRoom: true } });
    await engine.platform.people(someone());
    const a = await engine.connect(ann);
    const eve = someone();
    await engine.platform.people(eve);
    await a.do('inviteRoom', { roomId: room._id, targetUserIds: [eve] });
    await a.do('kickOutUsers', { roomId: room._id, targetUserIds: [eve] });
    const refused = await Promise.all([
      a.ask('inviteRoom', { roomId: room._id, targetUserIds: [eve] }),
      a.ask('kickOutUsers', { roomId: room._id, targetUserIds: [bob] }),
      a.ask('leaveOutRoom', room._id),
      a.ask('sendMessage', text(room._id)),
    ]);
    expect(refused.map(({ error }) => error)).to.deep.equal(Array(4).fill('RATE_LIMITED'));
    expect((await a.room(room._id)).joinUserCount).to.equal(2);
  });

  it('refusals for other reasons cost nothing', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const a = await engine.connect(ann);
    for (let i = 0; i < 5; i++)
      expect((await a.ask('sendMessage', text(room._id, ' '))).error).to.equal('INVALID_PAYLOAD');
    for (let i = 0; i < 5; i++)
      expect((await a.ask('sendMessage', text('nowhere'))).error).to.equal('ROOM_NO_EXISTS');
    await a.send(room._id, '하나');
    await a.send(room._id, '둘');
  });
});

describe('new rooms and invitations per hour', () => {
  let engine: Engine;
  let ahead = 0;
  before(async () => {
    const env = { NEW_ROOMS_PER_HOUR: '2', INVITES_PER_HOUR: '3' };
    engine = await startEngine({ env, clock: { now: () => Date.now() + ahead } });
  });
  after(() => engine.close());

  it('NEW_ROOMS_PER_HOUR: the next is RATE_LIMITED, and may be made after retryAfterMs; the platform is free', async () => {
    const ann = someone();
    const a = await engine.connect(ann);
    const make = () => a.ask('createNewRoom', { users: [], name: 'r' });
    expect([(await make()).success, (await make()).success]).to.deep.equal([true, true]);
    const refused = await make();
    expect(refused.error).to.equal('RATE_LIMITED');
    expect(refused.data.retryAfterMs).to.be.within(1_700_000, 1_800_000);
    expect(await a.rooms()).to.have.length(2);
    await engine.platform.room([ann]);
    ahead += refused.data.retryAfterMs;
    expect((await make()).success).to.equal(true);
  });

  it('INVITES_PER_HOUR counts people, those of new rooms too, and nobody of a refused invitation comes in', async () => {
    const people = Array.from({ length: 6 }, () => someone());
    await engine.platform.people(...people);
    const a = await engine.connect(someone());
    const room = await a.do('createNewRoom', { users: people.slice(0, 2), name: 'r' });
    const invite = (...targetUserIds: string[]) => a.ask('inviteRoom', { roomId: room._id, targetUserIds });
    const refused = await invite(people[2]!, people[3]!);
    expect(refused.error).to.equal('RATE_LIMITED');
    expect(refused.data.retryAfterMs).to.be.within(1, 3_600_000);
    expect((await a.room(room._id)).joinUserCount).to.equal(3);
    expect((await invite(people[2]!)).success, 'one is left').to.equal(true);
    expect((await invite(people[3]!)).error).to.equal('RATE_LIMITED');
  });
});

describe('numbers of members and rooms', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { MAX_ROOM_MEMBERS: '4', MAX_USER_ROOMS: '2' } });
  });
  after(() => engine.close());
  const connectMany = (count: number) =>
    Promise.all(Array.from({ length: count }, () => engine.connect(someone())));

  it('MAX_ROOM_MEMBERS holds for making, inviting and joining: ROOM_IS_FULL', async () => {
    const people = Array.from({ length: 5 }, () => someone());
    await engine.platform.people(...people);
    const a = await engine.connect(someone());
    expect((await a.ask('createNewRoom', { users: people.slice(0, 4), name: 'r' })).error).to.equal(
      'ROOM_IS_FULL',
    );
    const room = await a.do('createNewRoom', { users: people.slice(0, 3), name: 'r', roomType: 'OPEN' });
    const invited = await a.ask('inviteRoom', { roomId: room._id, targetUserIds: [people[4]] });
    expect(invited.error).to.equal('ROOM_IS_FULL');
    const [stranger] = await connectMany(1);
    expect((await stranger!.ask('joinRoom', room._id)).error).to.equal('ROOM_IS_FULL');
  });

  it('holds when ten join an OPEN room at the same moment', async () => {
    const room = await engine.platform.room([someone()], { roomType: 'OPEN' });
    const strangers = await connectMany(10);
    const answers = await Promise.all(
      strangers.map((client: ChatClient) => client.ask('joinRoom', room._id)),
    );
    const errors = answers.map(({ error }) => error).filter(error => error !== null);
    expect(errors).to.deep.equal(Array(7).fill('ROOM_IS_FULL'));
    expect((await engine.platform.do('GET', `/chat/rooms/${room._id}`)).joinUserCount).to.equal(4);
  });

  it('MAX_USER_ROOMS holds for making, being invited and joining: TOO_MANY_ROOMS', async () => {
    const [ann, busy] = [someone(), someone()];
    const [a, b] = [await engine.connect(ann), await engine.connect(busy)];
    for (let i = 0; i < 2; i++) await b.do('createNewRoom', { users: [], name: 'r' });
    expect((await b.ask('createNewRoom', { users: [], name: 'r' })).error).to.equal('TOO_MANY_ROOMS');
    const room = await a.do('createNewRoom', { users: [], name: 'r', roomType: 'OPEN' });
    expect((await a.ask('inviteRoom', { roomId: room._id, targetUserIds: [busy] })).error).to.equal(
      'TOO_MANY_ROOMS',
    );
    expect((await b.ask('joinRoom', room._id)).error).to.equal('TOO_MANY_ROOMS');
    await engine.platform.do('DELETE', `/chat/rooms/${(await b.rooms())[0]!._id}`);
    expect((await b.ask('joinRoom', room._id)).success, 'one less, one more').to.equal(true);
  });
});
