import { expect } from 'chai';
import fc from 'fast-check';
import { newId } from '../../src/domain/ids.ts';
import type { Message } from '../../src/domain/model.ts';
import type { SearchStore } from '../../src/domain/ports.ts';
import { gramsAsked, epochOf, keyOf } from '../../src/domain/search/grams.ts';
import { END_OF_TIME } from '../../src/domain/search/hunt.ts';
import { Indexer } from '../../src/domain/search/indexer.ts';
import { aMessage, Problems } from '../domain/fakes.ts';
import { openStorage, type Storage } from './seed.ts';

describe('the index of search', () => {
  let storage: Storage;
  before(async function () {
    this.timeout(60_000);
    storage = await openStorage();
  });
  after(() => storage.database.close());

  const indexer = (search: Partial<SearchStore> = {}): Indexer =>
    new Indexer({
      stores: { ...storage.stores, search: { ...storage.stores.search, ...search } },
      clock: { now: () => Date.now() },
      reporter: new Problems(),
    });

  /** The chain has no hole up to its end, and every message is found by its text. */
  async function expectWhole(roomId: string, messages: readonly Message[], keyword = 'text'): Promise<void> {
    const { search } = storage.stores;
    let end = 0;
    for (const segment of await search.chain(roomId, 0, 1_000)) if (segment.from === end) end = segment.to;
    expect(end).to.equal(messages.length);
    expect((await search.marks([roomId])).get(roomId)?.seq).to.equal(messages.length);
    const epochs = [...new Set(messages.map(({ seq }) => epochOf(seq)))];
    const keys = gramsAsked(keyword, {}).map(gram => epochs.map(epoch => keyOf(roomId, epoch, gram)));
    const found = await search.find(keys, END_OF_TIME, 1_000);
    for (const { seq } of messages)
      expect(
        found.some(({ from, to }) => from < seq && seq <= to),
        `${seq}`,
      ).to.equal(true);
  }

  async function aLog(count: number): Promise<{ roomId: string; messages: Message[] }> {
    const roomId = newId();
    const messages = Array.from({ length: count }, (_, i) => aMessage(roomId, i + 1));
    for (let i = 0; i < count; i += 1_000) await storage.stores.log.append(messages.slice(i, i + 1_000));
    return { roomId, messages };
  }

  it('is whole whoever indexes which part, in whatever order, at the same time', async function () {
    this.timeout(60_000);
    const step = fc.record({
      who: fc.nat(2),
      upTo: fc.integer({ min: 1, max: 150 }),
      isKnown: fc.boolean(),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
        const { roomId, messages } = await aLog(150);
        const nodes = [indexer(), indexer(), indexer()];
        const running: Promise<unknown>[] = [];
        for (const { who, upTo, isKnown, waits } of steps) {
          const node = nodes[who]!;
          // Some node has the messages at hand, another one only hears that they are there.
          if (isKnown) node.stored(roomId, messages.slice(Math.max(0, upTo - 40), upTo));
          else node.want(roomId, upTo);
          const work = upTo % 3 === 0 ? node.cover(roomId, upTo) : node.flush();
          if (waits) await work;
          else running.push(work);
        }
        await Promise.all(running);
        await nodes[0]!.cover(roomId, 150);
        await expectWhole(roomId, messages);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('goes on after a crash between the segments and their marks', async () => {
    const { roomId, messages } = await aLog(100);
    const crashing = indexer({ moveMarks: () => Promise.reject(new Error('the process ended')) });
    crashing.want(roomId, 70);
    const failure = await crashing.flush().then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error);
    expect((await storage.stores.search.marks([roomId])).size).to.equal(0);
    const next = indexer();
    next.stored(roomId, messages.slice(70));
    await next.flush();
    await expectWhole(roomId, messages);
  });

  it('keeps what failed and indexes it when the store answers again', async () => {
    const { roomId, messages } = await aLog(40);
    let isDown = true;
    const node = indexer({
      add: segments => (isDown ? Promise.reject(new Error('down')) : storage.stores.search.add(segments)),
    });
    node.stored(roomId, messages);
    await node.stop();
    expect(node.waiting).to.equal(1);
    isDown = false;
    await node.flush();
    expect(node.waiting).to.equal(0);
    await expectWhole(roomId, messages);
  });

  it('cuts segments at epochs, and finds in each of them', async function () {
    this.timeout(60_000);
    const { roomId, messages } = await aLog(2_100);
    const node = indexer();
    node.want(roomId, 2_100);
    await node.flush();
    const chain = await storage.stores.search.chain(roomId, 2_000, 9);
    expect(chain.every(({ from, to }) => epochOf(from + 1) === epochOf(to))).to.equal(true);
    expect([...(await storage.stores.search.marks([roomId])).get(roomId)!.tops.keys()]).to.deep.equal([0, 1]);
    await expectWhole(roomId, messages);
  });

  it('does not lose keys that are added while others are taken out', async () => {
    const { roomId } = await aLog(5);
    const { search } = storage.stores;
    await indexer().cover(roomId, 5);
    const [segment] = await search.holding(roomId, 3);
    await search.addKeys(roomId, 3, [4711]);
    expect(await search.replaceKeys(segment!, [1]), 'it is another version now').to.equal(false);
    expect((await search.find([[4711]], END_OF_TIME, 5)).map(({ to }) => to)).to.deep.equal([5]);
    const [fresh] = await search.holding(roomId, 3);
    expect(await search.replaceKeys(fresh!, [1])).to.equal(true);
    expect(await search.find([[4711]], END_OF_TIME, 5)).to.deep.equal([]);
  });
});
