import { expect } from 'chai';
import { newKey, type ChatClient, type Message } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, guests, roomOf } from '../../helpers/party.ts';

describe('sendMessage: order and retries', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const text = (roomId: string, content: string, syncKey: string, more: object = {}) => ({
    syncKey,
    roomId,
    data: { type: 'TEXT', content },
    ...more,
  });
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  it('many who send at once get numbers without a hole, and all see the same order', async () => {
    const people = await guests(engine, 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8');
    const room = await roomOf([people[0], ...people.slice(1)]);
    await Promise.all(people.map(person => person.do('joinRoom', room._id)));
    const sends = people.flatMap(person => upTo(15).map(i => person.send(room._id, `${person.userId} ${i}`)));
    const acked = await Promise.all(sends);
    await Promise.all(people.map(person => person.settled()));

    expect(acked.map(message => message.seq).sort((a, b) => a - b)).to.deep.equal(upTo(120));
    const order = acked.sort((a, b) => a.seq - b.seq).map(message => message._id);
    for (const person of people) {
      expect(person.of<Message>(`listenMessage_${room._id}`).map(message => message._id)).to.deep.equal(
        order,
      );
      const own = person
        .of<Message>(`listenMessage_${room._id}`)
        .filter(({ author }) => author.authorId === person.userId);
      expect(
        own.map(message => message.data.content.text),
        'one after the other',
      ).to.deep.equal(upTo(15).map(i => `${person.userId} ${i}`));
    }
    expect((await people[3].history(room._id)).map(message => message._id)).to.deep.equal(order);
  });

  it('a retry gets the first one’s message, and nobody sees it twice', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    const key = newKey();
    const first = await ann.do('sendMessage', text(room._id, 'once', key, { meta: { a: 1 } }));
    const again = await ann.do('sendMessage', text(room._id, 'once', key, { meta: { a: 1 } }));
    expect(again).to.deep.equal(first);
    await bob.settled();
    expect(bob.of(`listenMessage_${room._id}`)).to.have.length(1);
    expect(await bob.history(room._id)).to.have.length(1);
  });

  it('the same key at the same moment, from two devices, is one message', async () => {
    const room = await roomOf([ann, bob]);
    const device = await engine.connect(ann.userId, 'ann');
    const key = newKey();
    const messages = await Promise.all(
      [ann, device, ann, device].map(client => client.do('sendMessage', text(room._id, 'together', key))),
    );
    expect(new Set(messages.map(({ message }) => message._id)).size).to.equal(1);
    expect(await bob.history(room._id)).to.have.length(1);
  });

  it('the same key with another content is refused, and nothing is stored', async () => {
    const room = await roomOf([ann, bob]);
    const key = newKey();
    await ann.do('sendMessage', text(room._id, 'this', key));
    const others = [text(room._id, 'that', key), text(room._id, 'this', key, { meta: { a: 1 } })];
    for (const other of others)
      expect((await ann.ask('sendMessage', other)).error).to.equal('SYNC_KEY_CONFLICT');
    const [one, two] = await Promise.all(
      ['x', 'y'].map(content => ann.ask('sendMessage', text(room._id, content, 'both'))),
    );
    expect([one!.error, two!.error].sort()).to.deep.equal(['SYNC_KEY_CONFLICT', null].sort());
    expect((await bob.history(room._id)).map(message => message.data.content.text)).to.have.members([
      'this',
      one!.success ? 'x' : 'y',
    ]);
  });

  it('any key will do, however odd, and its retry is the same message', async () => {
    const room = await roomOf([ann, bob]);
    for (const key of [
      '$gt',
      'a.b',
      '__proto__',
      'constructor',
      'a\u0000b',
      '\ud800',
      '💬',
      ' ',
      'k'.repeat(200),
    ]) {
      const [first, again] = [
        await ann.ask('sendMessage', text(room._id, 'x', key)),
        await ann.ask('sendMessage', text(room._id, 'x', key)),
      ];
      expect(first.error, JSON.stringify(key)).to.be.oneOf([null, 'INVALID_PAYLOAD']);
      const ids = [first, again].map(({ data }) => (data as { message: Message } | null)?.message._id);
      expect(ids[1], JSON.stringify(key)).to.equal(ids[0]);
    }
  });

  it('a key belongs to its author and room: others may use the same', async () => {
    const [one, two] = [await roomOf([ann, bob]), await roomOf([ann, bob])];
    const key = newKey();
    const ids = [
      (await ann.do('sendMessage', text(one._id, 'a', key))).message._id,
      (await bob.do('sendMessage', text(one._id, 'b', key))).message._id,
      (await ann.do('sendMessage', text(two._id, 'c', key))).message._id,
    ];
    expect(new Set(ids).size).to.equal(3);
  });

  it('a retry is answered as the first one was, although the room was frozen or the message deleted meanwhile', async () => {
    const room = await roomOf([ann, bob]);
    const [lost, gone] = [newKey(), newKey()];
    const first = await ann.do('sendMessage', text(room._id, 'lost ack', lost));
    const second = await ann.do('sendMessage', text(room._id, 'to be deleted', gone));
    await engine.platform.do('DELETE', `/chat/messages/${second.message._id}`);
    const retried = await ann.do('sendMessage', text(room._id, 'to be deleted', gone));
    expect([retried.message._id, retried.message.status.deleted]).to.deep.equal([second.message._id, true]);
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    const again = await ann.ask('sendMessage', text(room._id, 'lost ack', lost));
    expect(again.error).to.equal(null);
    expect(again.data).to.deep.equal(first);
  });

  it('the answer travels behind the frame', async () => {
    const room = await roomOf([ann, bob]);
    await ann.do('joinRoom', room._id);
    await calm(ann);
    const sent = await ann.send(room._id, 'first the frame');
    expect(ann.of(`listenMessage_${room._id}`)).to.deep.equal([{ ...sent, eventType: 'CREATE' }]);
  });
});
