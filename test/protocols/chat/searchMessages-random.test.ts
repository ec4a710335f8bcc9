import { expect } from 'chai';
import fc from 'fast-check';
import type { ChatClient, Message } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { guests, roomOf } from '../../helpers/party.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { expectedOf, searchAll } from '../../helpers/searching.ts';

const aText = fc
  .array(fc.constantFrom('가', '나', '다', ' ', 'A', 'b', 'ㅋ', '나다', 'Ｂ', '😀'), {
    minLength: 1,
    maxLength: 12,
  })
  .map(pieces => pieces.join(''))
  .filter(text => text.trim() !== '');
const anAct = fc.record({
  kind: fc.constantFrom('send', 'send', 'send', 'send', 'edit', 'delete', 'join', 'leave', 'index', 'search'),
  who: fc.nat(2),
  node: fc.nat(1),
  room: fc.nat(2),
  pick: fc.nat(999),
  text: aText,
});
type Act = typeof anAct extends fc.Arbitrary<infer T> ? T : never;

describe('searches, whatever happens', () => {
  const nodes: Engine[] = [];
  before(async () => {
    const shared = { bus: inProcessBus(), database: `search${Date.now()}` };
    nodes.push(await startEngine(shared), await startEngine(shared));
  });
  after(() => Promise.all(nodes.map(node => node.close())));

  it('find what the plainest comparison finds, through edits, deletions, joinings and two indexing nodes', async function () {
    this.timeout(120_000);
    const acts = fc.array(anAct, { minLength: 20, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(acts, aText, async (list, keyword) => {
        await play(nodes, list, keyword);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

async function play(nodes: Engine[], acts: Act[], keyword: string): Promise<void> {
  const people = [...(await guests(nodes[0]!, 'ann', 'bob')), ...(await guests(nodes[1]!, 'cid'))] as const;
  const [ann, bob, cid] = people as unknown as [ChatClient, ChatClient, ChatClient];
  const rooms = [await roomOf([ann, bob, cid]), await roomOf([ann, bob]), await roomOf([ann, cid])];
  const sent: Message[] = [];
  for (const { kind, who, node, room, pick, text } of acts) {
    const { _id: roomId } = rooms[room]!;
    const client = people[who]!;
    const target = sent[pick % Math.max(1, sent.length)];
    const { platform, app } = nodes[node]!;
    if (kind === 'send') {
      const answer = await client.ask('sendMessage', {
        syncKey: `${Math.random()}`,
        roomId,
        data: { type: 'TEXT', content: text },
      });
      if (answer.success) sent.push(answer.data.message);
    } else if (kind === 'edit' && target) {
      await platform.call('PATCH', `/chat/messages/${target._id}`, {
        data: { type: 'TEXT', content: { text } },
      });
    } else if (kind === 'delete' && target) await platform.call('DELETE', `/chat/messages/${target._id}`);
    else if (kind === 'join') await ann.ask('inviteRoom', { roomId, targetUserIds: [client.userId] });
    else if (kind === 'leave' && who > 0)
      await ann.ask('kickOutUsers', { roomId, targetUserIds: [client.userId] });
    else if (kind === 'index') await app.chat.indexer.flush();
    else if (kind === 'search') await compare(client, rooms, text);
  }
  for (const client of people) await compare(client, rooms, keyword);
  await Promise.all(nodes.map(({ app }) => app.chat.indexer.flush()));
  for (const client of people) await compare(client, rooms, keyword);
  for (const client of people) client.close();
}

async function compare(
  client: ChatClient,
  rooms: readonly { _id: string }[],
  keyword: string,
): Promise<void> {
  const mine = new Set((await client.rooms()).map(({ _id }) => _id));
  const all = await Promise.all(
    rooms.filter(({ _id }) => mine.has(_id)).map(({ _id }) => client.history(_id)),
  );
  const shown = (list: readonly Message[]) => list.map(({ _id, data }) => [_id, data.content]);
  expect(shown(await searchAll(client, { keyword }))).to.deep.equal(
    shown(expectedOf(all.flat(), { keyword })),
  );
  for (const [i, { _id: roomId }] of rooms.filter(({ _id }) => mine.has(_id)).entries()) {
    const found = await searchAll(client, { keyword, roomId });
    expect(shown(found)).to.deep.equal(shown(expectedOf(all[i]!, { keyword })));
  }
}
