/** A page of 50 messages out of a room of 1,000,000 against the same out of a room of 1,000. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sendArgs } from '../driver/lean.ts';
import { fillRoom } from '../fill.ts';
import { createRooms } from '../rooms.ts';
import { percentiles, sleep } from '../stats.ts';
import { removeFolder, tempFolder } from '../temp.ts';
import { userNamed, type User } from '../tokens.ts';
import {
  ratio,
  Sessions,
  type Context,
  type Row,
  type Scenario,
  type Section,
  type Session,
} from './scenario.ts';

const SMALL = 1_000;
const PAGE = 50;
/** Rooms and places take turns, so that nothing is measured warmer than the rest. */
const TURNS = 10;

interface Question {
  label: string;
  room: 'big' | 'small';
  place: 'newest' | 'middle';
  args: string;
  ms: number[];
}

export const page: Scenario = {
  name: 'page',
  longestMs: 420_000,
  async run(context) {
    const questions: Question[] = [];
    // Bare stores nothing, and what the naive one costs here is a matter of its index: this one is about the engine alone.
    const names = context.targets.filter(name => name === 'engine');
    await Sessions.use(context, { label: 'page' }, names, sessions =>
      sessions.each(async session => {
        questions.push(...(await prepare(context, session)));
        for (let turn = 0; turn < TURNS; turn++) {
          for (const question of questions) {
            const times = Math.ceil(context.options.sizes.pageReads / TURNS);
            const { ms } = await session.fleet.ask(
              session.meters,
              'listenMessagesByRoom',
              question.args,
              times,
            );
            question.ms.push(...ms);
          }
        }
      }),
    );
    return sectionOf(context, questions);
  },
};

async function prepare(context: Context, session: Session): Promise<Question[]> {
  const { target, fleet } = session;
  const { pageMessages } = context.options.sizes;
  const members: User[] = Array.from({ length: 3 }, (_, i) => userNamed('page-', i));
  const seats = members.slice(0, 1).map(user => ({ user }));
  const plans = ['big', 'small'].map(name => ({ name, members }));
  const [big = '', small = ''] = await createRooms(target.url, plans);
  // One real message each, to be copied: what the platform writes in a room is marked in a way of its own.
  await fleet.connect(target.url, seats);
  for (const roomId of [big, small])
    await fleet.ask(session.meters, 'sendMessage', sendArgs(roomId, roomId), 1);
  await fleet.drop(seats.map(({ user }) => user._id));
  context.log(`page: filling in ${pageMessages} messages`);
  const sizes = { big: pageMessages, small: SMALL };
  const middles = {
    big: await fillRoom(target.mongoUri ?? '', big, pageMessages),
    small: await fillRoom(target.mongoUri ?? '', small, SMALL),
  };
  context.log('page: filled');
  await target.restart();
  context.log('page: the engine has started again');
  await sleep(3_000); // what a database does after a million inserts, and a server after its start
  await fleet.connect(target.url, seats);
  const questions = (['big', 'small'] as const).flatMap(room =>
    (['newest', 'middle'] as const).map((place): Question => {
      const anchor = place === 'middle' ? { lastMessageId: middles[room].middleId } : {};
      const args = JSON.stringify({ roomId: room === 'big' ? big : small, count: PAGE, ...anchor });
      return {
        label: `${place} page of ${sizes[room].toLocaleString('en-US')}, ms`,
        room,
        place,
        args,
        ms: [],
      };
    }),
  );
  for (const question of questions) await check(session, question, sizes[question.room]);
  return questions;
}

/** A fast wrong answer is none: the right 50 must come. */
async function check({ fleet, meters }: Session, question: Question, count: number): Promise<void> {
  const folder = tempFolder('page');
  try {
    const file = join(folder, 'page.json');
    await fleet.ask(meters, 'listenMessagesByRoom', question.args, 10, file);
    const answer = JSON.parse(readFileSync(file, 'utf8')) as { data: { list: { seq: number }[] } };
    const newest = question.place === 'newest' ? count : Math.floor(count / 2) - 1;
    const seqs = answer.data.list.map(message => message.seq);
    const right = seqs.length === PAGE && seqs.every((seq, i) => seq === newest - i);
    if (!right)
      throw new Error(
        `${question.label}: wanted ${PAGE} messages down from ${newest}, got ${seqs.join(' ')}`,
      );
  } finally {
    removeFolder(folder);
  }
}

function sectionOf(context: Context, questions: Question[]): Section {
  const rows: Row[] = questions.flatMap(({ label, ms }) => {
    const { p50, p99 } = percentiles(ms);
    return [
      { label: `${label} (median)`, values: { engine: p50 }, digits: 2 },
      { label: `${label} (p99)`, values: { engine: p99 }, digits: 2 },
    ];
  });
  const medianOf = (room: string, place: string) => {
    const found = questions.find(question => question.room === room && question.place === place);
    return found && found.ms.length > 0 ? percentiles(found.ms).p50 : undefined;
  };
  const { pageMessages } = context.options.sizes;
  return {
    title: `A page of ${PAGE} messages out of ${pageMessages.toLocaleString('en-US')} and out of ${SMALL.toLocaleString('en-US')}`,
    notes: ['One request after another over one socket; the answers are checked for the right messages.'],
    rows,
    goals: context.targets.includes('engine')
      ? (['newest', 'middle'] as const).map(place => ({
          label: `${place} page of ${pageMessages.toLocaleString('en-US')} to one of 1,000`,
          reached: ratio(medianOf('big', place), medianOf('small', place)),
          limit: 1.5,
          sense: 'at most' as const,
          unit: '×',
        }))
      : [],
    raw: questions,
  };
}
