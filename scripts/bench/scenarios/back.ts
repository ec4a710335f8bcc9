/** Everybody comes back at once: all connections break, and all clients want in and their room list at the same instant. */
import type { BackResult, Seat } from '../driver/worker.ts';
import type { TargetName } from '../options.ts';
import { createRooms, post, type RoomPlan } from '../rooms.ts';
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
  type Section,
  type Session,
} from './scenario.ts';

/** Prime to any number of clients used here, so that the members of a room are spread and each client gets its number of rooms. */
const STRIDE = 97;

export const back: Scenario = {
  name: 'back',
  longestMs: 420_000,
  async run(context) {
    const { backRoomsPerClient, backMembersPerRoom, backRounds } = context.options.sizes;
    const results: Partial<Record<TargetName, BackResult[]>> = {};
    const capture = captured(userNamed('back-', 0), backRoomsPerClient, backMembersPerRoom);
    const order = targetsFor(context, ['engine', 'bare', 'naive']);
    try {
      await Sessions.use(context, { label: 'back' }, order, async sessions => {
        await sessions.each(async session => {
          context.log(`back: rooms and clients for ${session.target.name}`);
          await prepare(context, session, capture);
          results[session.target.name] = [];
        });
        for (let round = 0; round < backRounds; round++) {
          await sessions.each(async session => {
            const { name } = session.target;
            // The naive one takes most of a minute each time; once is enough to know.
            if (name === 'naive' && round > 0) return;
            context.log(`back: round ${round + 1}, ${name}`);
            results[name]?.push(await session.fleet.comeBack(session.meters));
          });
        }
      });
    } finally {
      capture.remove();
    }
    return sectionOf(context, results);
  },
};

async function prepare(
  context: Context,
  { target, fleet, meters }: Session,
  capture: Captured,
): Promise<void> {
  const { backClients, backRoomsPerClient, backMembersPerRoom } = context.options.sizes;
  const users = Array.from({ length: backClients }, (_, i) => userNamed('back-', i));
  const rooms = Math.ceil((backClients * backRoomsPerClient) / backMembersPerRoom);
  const plans = Array.from({ length: rooms }, (_, room): RoomPlan => {
    const indices = Array.from(
      { length: backMembersPerRoom },
      (_, member) => (room + member * STRIDE) % backClients,
    );
    return { name: `room ${room}`, members: indices.map(index => users[index] ?? userNamed('nobody', 0)) };
  });
  await createRooms(target.url, plans);
  await fleet.connect(
    target.url,
    users.map((user): Seat => ({ user })),
  );
  if (target.name === 'engine') await fleet.ask(meters, 'listenRooms', '', 1, capture.file);
  if (target.name === 'bare') await post(`${target.url}/bench/list`, { file: capture.file });
}

function sectionOf(context: Context, results: Partial<Record<TargetName, BackResult[]>>): Section {
  const values = (pick: (result: BackResult) => number): PerTarget => {
    const all: PerTarget = {};
    for (const [name, rounds] of Object.entries(results)) all[name as TargetName] = median(rounds.map(pick));
    return all;
  };
  const { backClients, backRoomsPerClient } = context.options.sizes;
  const last = values(result => result.allMs / 1000);
  return {
    title: `${backClients} clients come back at the same instant and list their ${backRoomsPerClient} rooms`,
    notes: [
      'Bare sends everybody the list that the engine gave to one of them. A refused connection is tried again, as clients do.',
    ],
    rows: [
      { label: '**until the last has its list, s**', values: last, digits: 2, compared: true },
      {
        label: 'until half of them have it, s',
        values: values(result => result.each.p50 / 1000),
        digits: 2,
        compared: true,
      },
      { label: 'server CPU, s', values: values(result => result.cost.serverCpu), digits: 2, compared: true },
      { label: 'database CPU, s', values: values(result => result.cost.databaseCpu), digits: 2 },
      { label: 'client CPU, s', values: values(result => result.cost.clientCpu), digits: 2 },
      { label: 'connections tried again', values: values(result => result.retries) },
      { label: 'MiB of lists', values: values(result => result.bytes / 2 ** 20) },
    ],
    goals: context.targets.includes('engine')
      ? [
          {
            label: `${backClients} clients back, to bare`,
            reached: ratio(last.engine, last.bare),
            limit: 3,
            sense: 'at most',
            unit: '×',
          },
        ]
      : [],
    raw: results,
  };
}
