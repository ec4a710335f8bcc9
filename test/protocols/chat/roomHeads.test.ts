import { expect } from 'chai';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { guests, roomOf } from '../../helpers/party.ts';

interface HeadsFrame {
  heads: { roomId: string; lastSeq: number }[];
}

describe('roomHeads', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await startEngine({ env: { ROOM_HEADS_INTERVAL: '30' } });
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  after(() => engine.close());

  it('tells the heads of the rooms that a socket views, of no others, and nothing once it views none', async () => {
    const [one, two, other] = [await roomOf([ann, bob]), await roomOf([ann, bob]), await roomOf([ann, bob])];
    for (const room of [one, one, two, other]) await ann.send(room._id, 'x');
    for (const { _id } of [one, two]) await bob.do('joinRoom', _id);
    const { heads } = await bob.frame<HeadsFrame>('roomHeads', frame => frame.heads.length === 2);
    expect(heads).to.deep.equal([
      { roomId: one._id, lastSeq: 2 },
      { roomId: two._id, lastSeq: 1 },
    ]);
    expect(ann.of('roomHeads'), 'ann views nothing').to.deep.equal([]);
    for (const { _id } of [one, two]) await bob.do('leaveRoom', _id);
    bob.forget();
    await ann.do('joinRoom', one._id);
    await ann.frame('roomHeads');
    await ann.do('leaveRoom', one._id);
    expect(bob.of('roomHeads')).to.deep.equal([]);
  });

  it('shows a client that a frame was lost, and sync heals it', async () => {
    const room = await roomOf([ann, bob]);
    const name = `listenMessage_${room._id}`;
    await bob.do('joinRoom', room._id);
    const sent: Message[] = [];
    for (const text of ['1', '2', '3']) sent.push(await ann.send(room._id, text));
    await bob.frame(name, ({ seq }) => seq === 3);
    // What a client would have that lost the last two on the way.
    const seen = bob.of<Message>(name).slice(0, 1);
    const lastSeq = seen.at(-1)!.seq;
    const isBehind = ({ heads }: HeadsFrame) =>
      heads.some(head => head.roomId === room._id && head.lastSeq > lastSeq);
    await bob.frame('roomHeads', isBehind);
    const { messages } = await bob.do('sync', { rooms: [{ roomId: room._id, lastSeq }] });
    expect([...seen, ...messages].map(({ _id }) => _id)).to.deep.equal(sent.map(({ _id }) => _id));
  });

  it('is off with an interval of 0', async () => {
    const quiet = await startEngine({ env: { ROOM_HEADS_INTERVAL: '0' } });
    try {
      const [a, b] = await guests(quiet, 'a', 'b');
      const room = await roomOf([a, b]);
      await a.do('joinRoom', room._id);
      for (let i = 0; i < 20; i++) await a.send(room._id, 'x');
      expect(a.of('roomHeads')).to.deep.equal([]);
    } finally {
      await quiet.close();
    }
  });
});
