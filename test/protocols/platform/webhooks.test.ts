import { expect } from 'chai';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { someone } from '../../helpers/people.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { expectRefusal, NOWHERE } from './bodies.ts';

const ALL = [
  'message.created',
  'message.updated',
  'message.deleted',
  'room.created',
  'room.updated',
  'room.deleted',
  'member.joined',
  'member.left',
];

describe('/chat/webhooks', () => {
  let engine: Engine;
  let receiver: Receiver;
  before(async () => {
    engine = await startEngine({ env: { WEBHOOK_ALLOW: '127.0.0.0/8' } });
  });
  after(() => engine.close());
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    for (const { id } of (await engine.platform.do('GET', '/chat/webhooks')).list)
      await engine.platform.do('DELETE', `/chat/webhooks/${id}`);
    await receiver.close();
    expect(receiver.faults).to.deep.equal([]);
  });
  const add = async (more: Record<string, unknown> = {}, platform = engine.platform) => {
    const webhook = await platform.do('POST', '/chat/webhooks', { url: receiver.url, events: ALL, ...more });
    receiver.secret = webhook.secret;
    return webhook;
  };

  it('tells everything that happens in a room, in order, signed, each event with its own id', async () => {
    await add();
    const [ann, bob, eve] = [someone(), someone(), someone()];
    await engine.platform.people(eve);
    const room = await engine.platform.room([ann, bob]);
    const message = await engine.platform.write(room._id, 'one', ann);
    await engine.platform.do('POST', '/chat/inviteUsers', {
      roomId: room._id,
      inviterId: ann,
      joinUsers: [{ _id: eve, nickName: 'eve' }],
    });
    await engine.platform.do('PATCH', `/chat/messages/${message._id}`, {
      data: { type: 'TEXT', content: { text: 'one, edited' } },
    });
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { name: 'renamed' });
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${eve}`);
    await receiver.until('the edit', () =>
      receiver.of(room._id).some(({ event }) => event === 'message.updated'),
    );
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    await receiver.until('the end of the room', () =>
      receiver.of(room._id).some(({ event }) => event === 'room.deleted'),
    );
    const told = receiver.of(room._id);
    expect(told.map(({ event }) => event)).to.deep.equal([
      'room.created',
      'message.created',
      'message.created',
      'member.joined',
      'message.created',
      'message.updated',
      'room.updated',
      'member.left',
      'message.created',
      'message.deleted',
      'room.deleted',
    ]);
    expect(new Set(told.map(({ id }) => id)).size).to.equal(told.length);
    expect(told[3]!.data).to.deep.equal({ roomId: room._id, userIds: [eve], actorId: ann });
    expect(told[5]!.data).to.deep.include({
      _id: message._id,
      data: { type: 'TEXT', content: { text: 'one, edited' } },
    });
    expect(told[6]!.data).to.deep.include({ _id: room._id, name: 'renamed', link: room.link });
    expect(told[6]!.data).not.to.have.any.keys('joinUsers', 'lastMessage');
    expect(told[9]!.data.status).to.deep.equal({ deleted: true, hidden: false });
  });

  it('tells what users do over the socket, and only the events that were asked for', async () => {
    const webhook = await add({ events: ['message.created', 'member.left'] });
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob], { rules: { canLeaveOutRoom: true } });
    const b = await engine.connect(bob);
    await b.send(room._id, 'over the socket');
    await b.do('leaveOutRoom', room._id);
    await receiver.until('the leaving', () => receiver.of(room._id).length === 4);
    expect(receiver.of(room._id).map(({ event }) => event)).to.deep.equal([
      'message.created',
      'message.created',
      'member.left',
      'message.created',
    ]);
    expect(receiver.of(room._id)[1]!.data).to.deep.include({
      seq: 2,
      author: { authorId: bob, nickName: `nick ${bob}`, profileUrl: null },
    });
    expect(receiver.received.every(({ headers }) => headers['x-chat-webhook-id'] === webhook.id)).to.equal(
      true,
    );
  });

  it('shows the secret once, takes one of yours, and signs with the new one after a change', async () => {
    const webhook = await add();
    expect(webhook.secret).to.match(/^whsec_[\w-]{43}$/);
    const shown = await engine.platform.do('GET', `/chat/webhooks/${webhook.id}`);
    const { secret: _, ...rest } = webhook;
    expect(shown).to.deep.equal(rest);
    expect((await engine.platform.do('GET', '/chat/webhooks')).list).to.deep.equal([rest]);
    receiver.secret = 'my own secret, long enough';
    await engine.platform.do('PATCH', `/chat/webhooks/${webhook.id}`, { secret: receiver.secret });
    const room = await engine.platform.room([someone()]);
    await receiver.until('the room', () => receiver.of(room._id).length > 0);
  });

  it('keeps a log of deliveries, newest first, in pages and by status', async () => {
    const webhook = await add({ events: ['message.created'] });
    receiver.answer = ({ data }) => (data.data.content.text === 'bad' ? 422 : 204);
    const room = await engine.platform.room([someone()]);
    for (const text of ['a', 'bad', 'b']) await engine.platform.write(room._id, text);
    const log = (query = '') => engine.platform.do('GET', `/chat/webhooks/${webhook.id}/deliveries${query}`);
    await receiver.until('the log', async () => (await log()).list.length === 4);
    const { list } = await log();
    expect(list.map(({ status, statusCode }: any) => [status, statusCode])).to.deep.equal([
      ['delivered', 204],
      ['dead', 422],
      ['delivered', 204],
      ['delivered', 204],
    ]);
    expect(list[1]).to.deep.include({
      event: 'message.created',
      roomId: room._id,
      attempts: 1,
      error: 'answered 422',
      nextAttemptAt: null,
    });
    expect(list[1].duration).to.be.at.least(0);
    const first = await log('?limit=3');
    const second = await log(`?limit=3&cursor=${first.nextCursor}`);
    expect([...first.list, ...second.list]).to.deep.equal(list);
    expect(second.nextCursor).to.equal(null);
    expect((await log('?status=dead')).list).to.deep.equal([list[1]]);
  });

  it('a dead letter and whole days can be told again, with the same ids and in order', async () => {
    const webhook = await add({ events: ['message.created'] });
    receiver.answer = ({ data }) => (data.data.content.text === 'bad' ? 400 : 200);
    const from = new Date().toISOString();
    const room = await engine.platform.room([someone()]);
    for (const text of ['a', 'bad', 'b']) await engine.platform.write(room._id, text);
    const dead = () => engine.platform.do('GET', `/chat/webhooks/${webhook.id}/deliveries?status=dead`);
    await receiver.until(
      'the dead letter',
      async () => (await dead()).list.length === 1 && receiver.of(room._id).length === 3,
    );
    receiver.answer = () => 200;
    const [letter] = (await dead()).list;
    const again = (body: object) => engine.platform.call('POST', `/chat/webhooks/${webhook.id}/replay`, body);
    expect((await again({ deliveryId: letter.id })).body).to.deep.equal({ result: true });
    await receiver.until('the letter', () => receiver.texts(room._id).includes('bad'));
    await receiver.until('its account', async () => (await dead()).list.length === 0);
    expect(receiver.taken.at(-1)!.id).to.equal(letter.eventId);
    const before = receiver.taken.length;
    await again({ from });
    await receiver.until('all of it', () => receiver.taken.length === before + 4);
    const ids = receiver.received.slice(0, 4).map(({ id }) => id);
    expect(receiver.taken.slice(before).map(({ id }) => id)).to.deep.equal(ids);
    expectRefusal(await again({ deliveryId: 'x:1' }), 404, 'NOT_FOUND');
    for (const wrong of [{}, { from, deliveryId: letter.id }, { from: 'then' }])
      expectRefusal(await again(wrong), 400, 'INVALID_PAYLOAD');
  });

  it('switched off it is told nothing, switched on again what happened meanwhile', async () => {
    const webhook = await add({ events: ['message.created'] });
    const patch = (body: object) => engine.platform.do('PATCH', `/chat/webhooks/${webhook.id}`, body);
    const off = await patch({ active: false });
    expect(off).to.deep.include({ active: false, disabledReason: 'BY_HAND' });
    const room = await engine.platform.room([someone()]);
    await engine.platform.write(room._id, 'meanwhile');
    await engine.app.chat.stream.flush();
    await engine.app.chat.couriers.look();
    expect(receiver.received).to.deep.equal([]);
    expect(await patch({ active: true })).to.deep.include({
      active: true,
      disabledReason: null,
      disabledAt: null,
    });
    await receiver.until('what happened', () => receiver.texts(room._id).includes('meanwhile'));
  });

  it('a key that is bound to links gets events of their rooms alone, and sees only webhooks of these links', async () => {
    const mine = someone('link');
    const { platform } = await newKeyFor(engine, { links: [mine] });
    const open = await add();
    const webhook = await add({ events: ['message.created'] }, platform);
    expect(webhook.links).to.deep.equal([mine]);
    const foreign = await engine.platform.room([someone()]);
    const without = await engine.platform.room([someone()], { link: null });
    const own = await engine.platform.room([someone()], { link: { sid: mine, name: 'mine' } });
    receiver.secret = null;
    await receiver.until('my room', () =>
      receiver.of(own._id).some(({ headers }) => headers['x-chat-webhook-id'] === webhook.id),
    );
    const toMine = receiver.taken.filter(({ headers }) => headers['x-chat-webhook-id'] === webhook.id);
    expect(toMine.filter(({ data }) => [foreign._id, without._id].includes(data.roomId))).to.deep.equal([]);
    expect((await platform.do('GET', '/chat/webhooks')).list.map(({ id }: any) => id)).to.deep.equal([
      webhook.id,
    ]);
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/deliveries'],
      ['DELETE', ''],
    ])
      expectRefusal(await platform.call(method!, `/chat/webhooks/${open.id}${path}`), 404, 'NOT_FOUND');
    const wide = { url: receiver.url, events: ALL, links: [mine, 'another'] };
    expectRefusal(await platform.call('POST', '/chat/webhooks', wide), 403, 'YOU_HAVE_NO_AUTHORIZATION');
  });

  it('a message that was deleted before its event could be delivered is shown empty', async () => {
    const webhook = await add({ events: ['message.created'] });
    await engine.platform.do('PATCH', `/chat/webhooks/${webhook.id}`, { active: false });
    const room = await engine.platform.room([someone()]);
    const message = await engine.platform.write(room._id, 'regretted');
    await engine.app.chat.stream.flush();
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    await engine.app.chat.stream.flush();
    await engine.platform.do('PATCH', `/chat/webhooks/${webhook.id}`, { active: true });
    await receiver.until('the event', () => receiver.of(room._id).some(({ data }) => data.seq === 2));
    const told = receiver.of(room._id).find(({ data }) => data.seq === 2)!;
    expect([told.data.status.deleted, told.data.data.content]).to.deep.equal([true, {}]);
  });

  it('needs the scope, a good address, known events and a long secret; unknown webhooks are 404', async () => {
    const { platform } = await newKeyFor(engine, { without: ['webhooks'] });
    const body = { url: receiver.url, events: ['message.created'] };
    for (const path of ['/chat/webhooks', '/chat/events'])
      expectRefusal(await platform.call('GET', path), 403, 'YOU_HAVE_NO_AUTHORIZATION');
    for (const wrong of [
      { ...body, url: 'ftp://example.com/x' },
      { ...body, url: 'http://user:pass@example.com/' },
      { ...body, events: [] },
      { ...body, events: ['message.read'] },
      { ...body, secret: 'short' },
      { ...body, links: [] },
    ])
      expectRefusal(await engine.platform.call('POST', '/chat/webhooks', wrong), 400, 'INVALID_PAYLOAD');
    expectRefusal(await engine.platform.call('GET', `/chat/webhooks/${NOWHERE}`), 404, 'NOT_FOUND');
    expectRefusal(await engine.platform.call('PATCH', `/chat/webhooks/${NOWHERE}`, {}), 404, 'NOT_FOUND');
  });
});
