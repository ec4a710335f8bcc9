import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { errorOf, guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

describe('reportMessage, GET /chat/reports and PATCH /chat/reports/:id', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const report = (by: ChatClient, messageId: string, reason: unknown = '욕설') =>
    errorOf(by, 'reportMessage', { messageId, reason });
  const reportsOf = (roomId: string, more = '') =>
    engine.platform.do('GET', `/chat/reports?roomId=${roomId}${more}`);

  it('keeps the message as it was, for the platform to review', async () => {
    const room = await roomOf([ann, bob, eve]);
    const message = await bob.send(room._id, '나쁜 말');
    expect(await ann.do('reportMessage', { messageId: message._id, reason: ' 욕설 ' })).to.deep.equal({
      result: true,
    });
    await engine.platform.do('DELETE', `/chat/messages/${message._id}`);
    const { list, nextCursor } = await reportsOf(room._id);
    expect(list).to.have.length(1);
    expect(list[0]).to.deep.include({
      roomId: room._id,
      messageId: message._id,
      reporterId: ann.userId,
      authorId: bob.userId,
      type: 'TEXT',
      text: '나쁜 말',
      reason: '욕설',
      status: 'open',
      note: null,
      decidedAt: null,
    });
    expect(nextCursor).to.equal(null);
  });

  it('is told once on this node, and reporting again changes nothing', async () => {
    const told: string[] = [];
    engine.app.chat.events.on('message.reported', ({ report: { messageId } }) => told.push(messageId));
    const room = await roomOf([ann, bob, eve]);
    const message = await bob.send(room._id, 'x');
    expect([await report(ann, message._id), await report(ann, message._id, 'again')]).to.deep.equal([
      null,
      null,
    ]);
    expect(await report(eve, message._id)).to.equal(null);
    const { list } = await reportsOf(room._id);
    expect(list.map(({ reporterId }: { reporterId: string }) => reporterId)).to.deep.equal([
      eve.userId,
      ann.userId,
    ]);
    expect(list[1].reason).to.equal('욕설');
    expect(told.filter(id => id === message._id)).to.have.length(2);
  });

  it('only what one sees, of other people, with a reason', async () => {
    const room = await roomOf([ann, bob]);
    const before = await bob.send(room._id, 'before eve');
    await ann.do('inviteRoom', { roomId: room._id, targetUserIds: [eve.userId] });
    const [stranger] = await guests(engine, 'stranger');
    expect(await report(eve, before._id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await report(stranger, before._id)).to.equal('MESSAGE_NO_EXISTS');
    expect(await report(ann, '6740a1b2c3d4e5f6ffffffff')).to.equal('MESSAGE_NO_EXISTS');
    expect(await report(ann, 'nonsense')).to.equal('MESSAGE_NO_EXISTS');
    expect(await report(bob, before._id), 'one’s own').to.equal('YOU_HAVE_NO_AUTHORIZATION');
    const admin = (await ann.history(room._id)).at(-1)!;
    expect(await report(ann, admin._id), 'of ADMIN').to.equal('YOU_HAVE_NO_AUTHORIZATION');
    for (const reason of ['', '   ', null, 5, 'x'.repeat(1_001)])
      expect(await report(ann, before._id, reason), String(reason).slice(0, 5)).to.equal('INVALID_PAYLOAD');
    expect(await report(ann, before._id, '가'.repeat(1_000))).to.equal(null);
    await engine.platform.do('DELETE', `/chat/messages/${before._id}`);
    expect(await report(ann, before._id, 'deleted')).to.equal('MESSAGE_NO_EXISTS');
  });

  it('the platform decides, filters and pages', async () => {
    const room = await roomOf([ann, bob]);
    for (let i = 0; i < 3; i++) await report(ann, (await bob.send(room._id, `${i}`))._id);
    const first = await reportsOf(room._id, '&limit=2');
    const second = await reportsOf(room._id, `&limit=2&cursor=${first.nextCursor}`);
    const textsOf = ({ list }: { list: { text: string }[] }) => list.map(({ text }) => text);
    expect([textsOf(first), textsOf(second), second.nextCursor]).to.deep.equal([['2', '1'], ['0'], null]);
    const { _id } = first.list[0];
    const decided = await engine.platform.do('PATCH', `/chat/reports/${_id}`, {
      status: 'accepted',
      note: '경고',
    });
    expect(decided).to.deep.include({ _id, status: 'accepted', note: '경고' });
    expect(typeof decided.decidedAt).to.equal('string');
    expect(textsOf(await reportsOf(room._id, '&status=accepted'))).to.deep.equal(['2']);
    expect(textsOf(await reportsOf(room._id, '&status=open'))).to.deep.equal(['1', '0']);
    const { status } = await engine.platform.call('PATCH', `/chat/reports/${_id}`, { status: 'open' });
    expect(status).to.equal(400);
  });

  it('a key without the scope is refused, one of another link sees nothing', async () => {
    const owner = someone('owner');
    const room = await engine.platform.room([owner, ann.userId, bob.userId]);
    await report(ann, (await bob.send(room._id, 'x'))._id);
    const { platform: without } = await newKeyFor(engine, { without: ['moderation'] });
    expect((await without.call('GET', '/chat/reports')).status).to.equal(403);
    const { platform: foreign } = await newKeyFor(engine, { links: ['another'] });
    expect((await foreign.do('GET', `/chat/reports?roomId=${room._id}`)).list).to.deep.equal([]);
    const { platform: own } = await newKeyFor(engine, { links: [room.link!.sid] });
    const { list } = await own.do('GET', '/chat/reports');
    expect(list).to.have.length(1);
    const decide = (platform: typeof own) =>
      platform.call('PATCH', `/chat/reports/${list[0]._id}`, { status: 'dismissed' });
    expect([(await decide(foreign)).status, (await decide(own)).status]).to.deep.equal([404, 200]);
  });
});
