/** Searches among 100,000 messages of 200 rooms: in one room and in all, for what is often and for what is rare. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { sendArgs } from '../driver/lean.ts';
import { fillRoom } from '../fill.ts';
import { createRooms } from '../rooms.ts';
import { percentiles, pooled, sleep } from '../stats.ts';
import { removeFolder, tempFolder } from '../temp.ts';
import { userNamed } from '../tokens.ts';
import { Words } from '../words.ts';
import { Sessions, type Context, type Scenario, type Section, type Session } from './scenario.ts';

const ROOMS = 200;
const FILLED_AT_ONCE = 3;
/** How long the engine may take to index what it finds at its start. */
const INDEXED_WITHIN_MS = 300_000;
const READER = userNamed('searcher-', 0);

interface Question {
  label: string;
  ms: number[];
}

export const search: Scenario = {
  name: 'search',
  longestMs: 600_000,
  async run(context) {
    const questions: Question[] = [];
    let indexedMs = 0;
    const names = context.targets.filter(name => name === 'engine');
    await Sessions.use(context, { label: 'search' }, names, sessions =>
      sessions.each(async session => {
        const words = new Words(1);
        const prepared = await prepare(context, session, words);
        indexedMs = prepared.indexedMs;
        questions.push(...(await ask(context, session, words, prepared)));
      }),
    );
    return sectionOf(context, questions, indexedMs);
  },
};

interface Prepared {
  roomIds: string[];
  /** A text of each room. */
  samples: string[];
  indexedMs: number;
}

async function prepare(context: Context, session: Session, words: Words): Promise<Prepared> {
  const { target, fleet, meters } = session;
  const seats = [{ user: READER }];
  const plans = Array.from({ length: ROOMS }, (_, i) => ({ name: `search ${i}`, members: [READER] }));
  const roomIds = await createRooms(target.url, plans);
  await fleet.connect(target.url, seats);
  for (const roomId of roomIds) await fleet.ask(meters, 'sendMessage', sendArgs(roomId, roomId), 1);
  await fleet.drop([READER._id]);
  await untilIndexed(target.mongoUri ?? '', 1);
  const perRoom = Math.ceil(context.options.sizes.searchMessages / ROOMS);
  context.log(`search: filling in ${perRoom * ROOMS} messages`);
  const samples: string[] = [];
  await pooled(roomIds, FILLED_AT_ONCE, async (roomId, index) => {
    await fillRoom(target.mongoUri ?? '', roomId, perRoom, seq => {
      const text = words.text();
      if (seq === 1) samples[index] = text;
      return text;
    });
  });
  await forgetIndex(target.mongoUri ?? '');
  await target.restart();
  await fleet.connect(target.url, seats);
  // The first search finds that nothing is indexed, and has it done; until then it is put off.
  const poke = () => fleet.ask(meters, 'searchMessages', JSON.stringify({ keyword: 'wake up' }), 1);
  const indexedMs = await untilIndexed(target.mongoUri ?? '', perRoom, poke);
  context.log(`search: indexed within ${(indexedMs / 1000).toFixed(0)} s`);
  await sleep(3_000);
  return { roomIds, samples, indexedMs };
}

/** The messages that were filled in are others than those that the engine has indexed. */
async function forgetIndex(mongoUri: string): Promise<void> {
  const client = new MongoClient(mongoUri);
  try {
    await client.db().collection('segments').deleteMany({});
    await client.db().collection('searchMarks').deleteMany({});
    await client.db().collection<{ _id: string }>('marks').deleteOne({ _id: 'search-indexed' });
  } finally {
    await client.close();
  }
}

async function untilIndexed(
  mongoUri: string,
  perRoom: number,
  poke?: () => Promise<unknown>,
): Promise<number> {
  const client = new MongoClient(mongoUri);
  const started = performance.now();
  try {
    for (; performance.now() - started < INDEXED_WITHIN_MS; await sleep(500)) {
      await poke?.().catch(() => undefined);
      const done = await client
        .db()
        .collection('searchMarks')
        .countDocuments({ seq: { $gte: perRoom } });
      if (done === ROOMS) return performance.now() - started;
    }
  } finally {
    await client.close();
  }
  throw new Error('the engine has not indexed its messages');
}

async function ask(
  context: Context,
  session: Session,
  words: Words,
  prepared: Prepared,
): Promise<Question[]> {
  const { roomIds, samples } = prepared;
  const questions = ['in one room', 'in all rooms'].map((label): Question => ({ label, ms: [] }));
  await check(session, samples);
  for (let i = 0; i < context.options.sizes.searchQuestions; i++) {
    const index = words.below(ROOMS);
    // A usual word, or some letters of one text.
    const keyword = i % 2 === 0 ? words.word() : [...(samples[index] as string)].slice(1, 6).join('');
    if (keyword.trim() === '') continue;
    for (const question of questions) {
      const where = question.label === 'in one room' ? { roomId: roomIds[index] } : {};
      const args = JSON.stringify({ keyword, ...where });
      const { ms } = await session.fleet.ask(session.meters, 'searchMessages', args, 1);
      question.ms.push(...ms);
    }
  }
  return questions;
}

/** A fast wrong answer is none: the oldest message of a room is found by its whole text. */
async function check({ fleet, meters }: Session, samples: readonly string[]): Promise<void> {
  const folder = tempFolder('search');
  try {
    const text = samples.reduce((a, b) => (b.length > a.length ? b : a));
    const file = join(folder, 'found.json');
    await fleet.ask(meters, 'searchMessages', JSON.stringify({ keyword: text }), 1, file);
    const answer = JSON.parse(readFileSync(file, 'utf8')) as { data: { list: { data: object }[] } };
    if (!answer.data.list.some(({ data }) => JSON.stringify(data).includes(JSON.stringify(text))))
      throw new Error(`the message "${text}" was not found`);
  } finally {
    removeFolder(folder);
  }
}

function sectionOf(context: Context, questions: Question[], indexedMs: number): Section {
  const { searchMessages: count } = context.options.sizes;
  return {
    title: `Searches among ${count.toLocaleString('en-US')} messages in ${ROOMS} rooms`,
    notes: [
      'First pages, one after another over one socket; half of the keywords are usual words, half a piece of some text.',
    ],
    rows: [
      ...questions.flatMap(({ label, ms }) => {
        const { p50, p99 } = percentiles(ms);
        return [
          { label: `${label}, ms (median)`, values: { engine: p50 }, digits: 1 },
          { label: `${label}, ms (p99)`, values: { engine: p99 }, digits: 1 },
        ];
      }),
      {
        label: 'messages indexed per second while a search waits',
        values: { engine: indexedMs > 0 ? count / (indexedMs / 1000) : 0 },
      },
    ],
    goals: [],
    raw: questions,
  };
}
