/** The room list of somebody with 1,000 rooms, unread counts included, against bare JSON of the same bytes. */
import type { TargetName } from '../options.ts';
import { createRooms, post } from '../rooms.ts';
import { median } from '../stats.ts';
import { userNamed } from '../tokens.ts';
import { captured, type Captured } from './captured.ts';
import {
  ratio,
  Sessions,
  targetsFor,
  type Context,
  type PerTarget,
  type Scenario,
  type Session,
} from './scenario.ts';

const READER = userNamed('reader-', 0);
const MASTER = userNamed('master-', 0);
/** A list is read in a few turns, the targets alternating. */
const TURNS = 3;

interface Reading {
  ms: number[];
  bytes: number;
  serverCpuMs: number[];
}

export const list: Scenario = {
  name: 'list',
  longestMs: 240_000,
  async run(context) {
    const { listRooms } = context.options.sizes;
    const readings: Partial<Record<TargetName, Reading>> = {};
    const capture = captured(READER, listRooms, 2);
    // The engine first: its answer is what bare sends.
    const order = targetsFor(context, ['engine', 'bare', 'naive']);
    try {
      await Sessions.use(context, { label: 'list' }, order, async sessions => {
        await sessions.each(async session => {
          context.log(`list: ${listRooms} rooms for ${session.target.name}`);
          await prepare(session, listRooms, capture);
          readings[session.target.name] = { ms: [], bytes: 0, serverCpuMs: [] };
        });
        for (let turn = 0; turn < TURNS; turn++) {
          await sessions.each(session => read(context, session, readings[session.target.name] as Reading));
        }
      });
    } finally {
      capture.remove();
    }
    return sectionOf(context, readings);
  },
};

/** Rooms of five; the master of all has written a first message to each, which the reader has not read. */
async function prepare({ target, fleet, meters }: Session, count: number, capture: Captured): Promise<void> {
  if (target.name !== 'bare') {
    const plans = Array.from({ length: count }, (_, i) => ({
      name: `room ${i}`,
      members: [MASTER, READER, ...[0, 1, 2].map(other => userNamed('other-', 3 * i + other))],
      firstText: 'not read yet',
    }));
    await createRooms(target.url, plans);
  }
  await fleet.connect(target.url, [{ user: READER }]);
  if (target.name === 'engine') await fleet.ask(meters, 'listenRooms', '', 1, capture.file);
  if (target.name === 'bare') await post(`${target.url}/bench/list`, { file: capture.file });
  // Once for what is loaded once.
  await fleet.ask(meters, 'listenRooms', '', 2);
}

async function read(context: Context, { target, fleet, meters }: Session, reading: Reading): Promise<void> {
  const times = target.name === 'naive' ? 1 : Math.ceil(context.options.sizes.listReads / TURNS);
  const result = await fleet.ask(meters, 'listenRooms', '', times);
  reading.ms.push(...result.ms);
  reading.bytes = result.bytes;
  reading.serverCpuMs.push((result.cost.serverCpu / times) * 1000);
}

function sectionOf(context: Context, readings: Partial<Record<TargetName, Reading>>) {
  const values = (pick: (reading: Reading) => number): PerTarget => {
    const all: PerTarget = {};
    for (const [name, reading] of Object.entries(readings)) all[name as TargetName] = pick(reading);
    return all;
  };
  const times = values(reading => median(reading.ms));
  return {
    title: `The list of ${context.options.sizes.listRooms} rooms with unread counts`,
    notes: ['From the question to the last byte of the answer; bare sends what the engine answered.'],
    rows: [
      { label: '**list, ms (median)**', values: times, digits: 1, compared: true },
      {
        label: 'server CPU per list, ms',
        values: values(reading => median(reading.serverCpuMs)),
        digits: 1,
        compared: true,
      },
      { label: 'KiB of the answer', values: values(reading => reading.bytes / 1024) },
    ],
    goals: context.targets.includes('engine')
      ? [
          {
            label: `list of ${context.options.sizes.listRooms.toLocaleString('en-US')} rooms to bare`,
            reached: ratio(times.engine, times.bare),
            limit: 3,
            sense: 'at most' as const,
            unit: '×',
          },
        ]
      : [],
    raw: readings,
  };
}
