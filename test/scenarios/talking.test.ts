import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { inProcessBus } from '../../src/services/bus.ts';
import type { ChatClient, Message } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { roomOf, uncounted } from '../helpers/party.ts';
import { someone } from '../helpers/people.ts';
import { aSaying, Talking, UntidyBus } from '../helpers/talking.ts';

describe('edits, deletions, reactions, replies and announcements of several people on two nodes', function () {
  this.timeout(60_000);
  let nodes: Engine[] = [];
  before(async () => {
    const [database, bus] = [`t${randomUUID().slice(0, 8)}`, inProcessBus()];
    nodes = [await startEngine({ database, bus }), await startEngine({ database, bus })];
  });
  after(() => Promise.all(nodes.map(node => node.close())));

  it('whatever is done at once, end in what was asked for, the same for all, and told to all', async () => {
    const property = fc.asyncProperty(
      fc.array(aSaying, { minLength: 30, maxLength: 60, size: 'max' }),
      async sayings => {
        const all = await Talking.start(nodes);
        try {
          await all.play(sayings);
        } finally {
          all.close();
        }
      },
    );
    await fc.assert(property, { numRuns: 8, endOnFailure: true });
  });
});

describe('a node that hears of changes late and in the wrong order', () => {
  let nodes: Engine[] = [];
  let ann: ChatClient;
  let bob: ChatClient;
  const bus = new UntidyBus();
  before(async () => {
    const database = `t${randomUUID().slice(0, 8)}`;
    nodes = [
      await startEngine({ database, bus: bus.node() }),
      await startEngine({ database, bus: bus.node() }),
    ];
    ann = await nodes[0]!.connect(someone('ann'), 'ann');
    bob = await nodes[1]!.connect(someone('bob'), 'bob');
  });
  after(() => Promise.all(nodes.map(node => node.close())));

  const told = (roomId: string) => bob.of<Message & { eventType: string }>(`listenMessage_${roomId}`);

  it('never shows an older state after a newer one', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'one');
    await bob.do('joinRoom', room._id);
    bus.isHeld = true;
    await ann.do('updateMessage', { messageId: message._id, data: { content: 'two' } });
    await ann.do('addReaction', { messageId: message._id, emoji: '👍' });
    await ann.do('deleteMessage', { messageId: message._id });
    bus.release();
    await bob.settled();
    expect(told(room._id).map(({ eventType }) => eventType)).to.deep.equal(['DELETE']);
    const shown = await bob.room(room._id);
    expect(shown.lastMessage).to.deep.equal(uncounted((await ann.history(room._id)).at(-1)!));
    await nodes[1]!.app.chat.ledger.flush();
    expect((await ann.room(room._id)).lastMessage!.data.content).to.deep.equal({});
  });

  it('tells a message that was changed before it was heard of once, as it is by then', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('joinRoom', room._id);
    bus.isHeld = true;
    const message = await ann.send(room._id, 'a secret');
    const { message: edited } = await ann.do('updateMessage', {
      messageId: message._id,
      data: { content: 'no secret' },
    });
    bus.release();
    await bob.frame(`listenMessage_${room._id}`);
    await bob.settled();
    expect(told(room._id).map(uncounted)).to.deep.equal([{ ...uncounted(edited), eventType: 'CREATE' }]);
  });

  it('writes no older state of the last message over a newer one', async () => {
    const room = await roomOf([ann, bob]);
    const message = await ann.send(room._id, 'a secret');
    await bob.room(room._id);
    const live = nodes[1]!.app.chat.registry.peek(room._id)!;
    bus.isHeld = true;
    await ann.do('deleteMessage', { messageId: message._id });
    expect(live.room.lastMessage!.data.content.text, 'has not heard of it').to.equal('a secret');
    nodes[1]!.app.chat.ledger.headMoved(live);
    await nodes[1]!.app.chat.ledger.flush();
    const [stored] = await nodes[0]!.app.chat.stores.rooms.byIds([room._id]);
    expect(stored!.lastMessage!.data.content).to.deep.equal({});
    bus.release();
  });

  it('shows the newest announcement in the end', async () => {
    const room = await roomOf([ann, bob]);
    await bob.room(room._id);
    bus.isHeld = true;
    for (const content of ['1', '2', '3']) await ann.do('addAnnouncement', { roomId: room._id, content });
    bus.release();
    const { chat } = nodes[1]!.app;
    await chat.refresher.refresh([chat.registry.peek(room._id)!]);
    expect((await bob.room(room._id)).lastAnnouncement!.content).to.equal('3');
    await bob.settled();
    expect(bob.of('listenRoom').at(-1).lastAnnouncement.content).to.equal('3');
  });
});
