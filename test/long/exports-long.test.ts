import { expect } from 'chai';
import { Types } from 'mongoose';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ChatClient, Room } from '../helpers/client.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';
import type { Finished } from '../helpers/exports.ts';
import { guests, roomOf } from '../helpers/party.ts';

const COUNT = Number(process.env['MESSAGES'] ?? 20_000);
const BATCH = 2_000;
/** Live memory that an export may take beyond what was there before, in bytes; the whole text is several times as large. */
const BOUND = 40 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held, without what only waits to be collected. */
function live(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('exports of large rooms', () => {
  let engine: Engine;
  let ann: ChatClient;
  let room: Room;
  before(async () => {
    engine = await startEngine();
    [ann] = await guests(engine, 'ann');
    room = await roomOf([ann]);
    const { messages, rooms } = engine.database;
    const roomId = Types.ObjectId.createFromHexString(room._id);
    for (let from = 0; from < COUNT; from += BATCH) {
      await messages.insertMany(
        Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, i) => ({
          _id: new Types.ObjectId(),
          roomId,
          seq: from + i + 1,
          syncKey: `k${from + i}`,
          syncHash: 'h',
          author: { authorId: ann.userId, nickName: 'ann', profileUrl: null },
          data: {
            type: 'TEXT' as const,
            content: { text: `${from + i + 1} ${'긴 글입니다. '.repeat(400)}` },
          },
          createdAt: new Date(Date.now() - (COUNT - from - i) * 60_000),
        })),
      );
    }
    await rooms.updateOne({ _id: roomId }, { $set: { lastSeq: COUNT } });
    engine.app.chat.registry.forget(room._id);
  });
  after(() => engine.close());

  for (const format of ['json', 'csv', 'txt'] as const)
    it(`${format}: all messages are in it, in order, and the memory stays bounded`, async () => {
      const before = live();
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, live())), 50);
      const started = performance.now();
      const { exportId } = await ann.do('exportRoom', { roomId: room._id, format });
      await engine.app.chat.exports.idle();
      const finished = await ann.frame<Finished>('exportFinished', frame => frame.exportId === exportId);
      const seconds = (performance.now() - started) / 1_000;
      const { bytes, numbers } = await numbersIn(`${engine.url}${finished.url}`);
      clearInterval(watch);
      expect(numbers.count).to.equal(COUNT);
      expect(numbers.digest).to.equal(digestOf(Array.from({ length: COUNT }, (_, i) => i + 1)));
      const mib = (of: number) => Math.round(of / 1024 / 1024);
      process.stdout.write(
        `      ${mib(bytes)} MiB in ${seconds.toFixed(1)} s, memory +${mib(peak - before)} MiB\n`,
      );
      expect(peak - before).to.be.below(BOUND);
      expect(bytes).to.be.greaterThan(2 * BOUND);
    });
});

const digestOf = (numbers: number[]): string => {
  const hash = createHash('sha256');
  for (const number of numbers) hash.update(`${number},`);
  return hash.digest('hex');
};

/** The running numbers in the texts, read as they come. */
function numbersIn(url: string): Promise<{ bytes: number; numbers: { count: number; digest: string } }> {
  return new Promise((resolve, reject) => {
    request(url, response => {
      const hash = createHash('sha256');
      let [bytes, count, rest] = [0, 0, ''];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        rest += chunk.toString('latin1');
        const found = [...rest.matchAll(/(\d+) \xea\xb8\xb4 /g)].filter(match => isFirst(rest, match.index));
        for (const [, number] of found) {
          count++;
          hash.update(`${number},`);
        }
        rest = found.length > 0 ? rest.slice(found.at(-1)!.index + found.at(-1)![0].length) : rest.slice(-64);
      });
      response.once('error', reject);
      response.once('end', () => resolve({ bytes, numbers: { count, digest: hash.digest('hex') } }));
    })
      .once('error', reject)
      .end();
  });
}

/** Not the end of a longer number. */
const isFirst = (text: string, at: number): boolean => at === 0 || !/\d/.test(text[at - 1]!);
