import { expect } from 'chai';
import fc from 'fast-check';
import { inProcessBus } from '../../src/services/bus.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';

/** What nodes do at the same time: write, edit, forget what they noted (as a crash would), ask, compare. */
type Step = { node: number; room: number; act: 'write' | 'edit' | 'forget' | 'flush' | 'compare' };

const NODES = 3;
const ROOMS = 4;
const steps = fc.array(
  fc.record<Step>({
    node: fc.nat(NODES - 1),
    room: fc.nat(ROOMS - 1),
    act: fc.oneof(
      { weight: 10, arbitrary: fc.constant<Step['act']>('write') },
      ...(['edit', 'forget', 'flush', 'compare'] as const).map(act => ({
        weight: 1,
        arbitrary: fc.constant(act),
      })),
    ),
  }),
  { minLength: 30, maxLength: 120 },
);

/** Goes on from cursor to cursor, in pages of changing size, while others append. */
class Puller {
  readonly seen: any[] = [];
  #cursor = '0';
  #isOver = false;
  readonly done: Promise<void>;

  constructor(engine: Engine, limit: number) {
    this.done = this.#run(engine, limit);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.done;
  }

  async #run(engine: Engine, limit: number): Promise<void> {
    for (let last = false; ; last = this.#isOver) {
      const page = await engine.platform.do('GET', `/chat/events?after=${this.#cursor}&limit=${limit}`);
      this.seen.push(...page.list);
      this.#cursor = page.nextCursor;
      if (last && !page.hasMore) return;
    }
  }
}

describe('the stream of events, by many nodes at once', () => {
  it('has every message once, each room in the order of its log, and no reader ever misses one', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async plan => {
        const [database, bus] = [`p${process.pid}-${Math.random().toString(36).slice(2)}`, inProcessBus()];
        const nodes: Engine[] = [];
        for (let i = 0; i < NODES; i++) nodes.push(await startEngine({ database, bus }));
        await nodes[0]!.platform.do('GET', '/chat/events');
        for (const { app } of nodes) await app.chat.stream.ask();
        const rooms: { _id: string }[] = [];
        for (let i = 0; i < ROOMS; i++) rooms.push(await nodes[i % NODES]!.platform.room([someone()]));
        const pullers = nodes.map((node, i) => new Puller(node, [1, 7, 500][i]!));
        await Promise.all(plan.map(step => doStep(nodes[step.node]!, rooms[step.room]!._id, step.act)));
        for (const { app } of nodes) await app.chat.stream.flush();
        await nodes[0]!.app.chat.stream.compare();
        for (const puller of pullers) await puller.end();
        const [first, ...others] = pullers.map(({ seen }) => seen);
        for (const other of others)
          expect(other.map(({ id }) => id)).to.deep.equal(first!.map(({ id }) => id));
        for (const { _id } of rooms) {
          const told = first!.filter(({ event, data }) => event === 'message.created' && data.roomId === _id);
          const log = await nodes[0]!.platform.messages(_id);
          expect(told.map(({ data }) => data.seq)).to.deep.equal(log.map(({ seq }) => seq));
        }
        const numbers = await nodes[0]!.database.events.find().sort({ no: 1 }).toArray();
        expect(numbers.map(({ no }) => no)).to.deep.equal(numbers.map((_, i) => i + 1));
        for (const node of nodes) await node.close();
      }),
      { numRuns: 25 },
    );
  });
});

async function doStep(node: Engine, roomId: string, act: Step['act']): Promise<void> {
  const { stream } = node.app.chat;
  if (act === 'write') await node.platform.write(roomId, 'x');
  if (act === 'flush') await stream.flush();
  if (act === 'compare') await stream.compare();
  if (act === 'edit') {
    const message = await node.platform.write(roomId, 'to be edited');
    await node.platform.do('PATCH', `/chat/messages/${message._id}`, {
      data: { type: 'TEXT', content: { text: 'edited' } },
    });
  }
  if (act === 'forget') {
    const note = stream.note.bind(stream);
    stream.note = () => undefined;
    await node.platform.write(roomId, 'never noted');
    stream.note = note;
  }
}
