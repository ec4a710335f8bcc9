/** What an authenticated connection that does nothing costs in resident memory. */
import type { Seat } from '../driver/worker.ts';
import { settledRss } from '../proc.ts';
import { sleep } from '../stats.ts';
import type { Target } from '../targets.ts';
import { userNamed } from '../tokens.ts';
import { ratio, Sessions, targetsFor, type PerTarget, type Scenario } from './scenario.ts';

/**
 * Connected before the first reading, and they stay: what a server loads, compiles and pools with its first
 * clients is not charged to the others.
 */
const FIRST_SHARE = 0.25;

/** After two collections (the first one lets go of what the second one can take) it is the live memory. */
async function restingRss(target: Target): Promise<number> {
  await sleep(1_000);
  await target.collectGarbage();
  await settledRss(target.pid);
  await target.collectGarbage();
  return settledRss(target.pid);
}

export const idle: Scenario = {
  name: 'idle',
  longestMs: 300_000,
  async run(context) {
    const { idleSockets } = context.options.sizes;
    const perSocket: PerTarget = {};
    const before: PerTarget = {};
    for (const name of targetsFor(context, ['bare', 'engine', 'naive'])) {
      // One at a time: memory is read best while nothing else runs.
      await Sessions.use(context, { label: 'idle', inspect: true }, [name], sessions =>
        sessions.each(async ({ target, fleet }) => {
          const seats = (prefix: string, count: number) =>
            Array.from({ length: count }, (_, i): Seat => ({ user: userNamed(prefix, i) }));
          await fleet.connect(target.url, seats('first-', idleSockets * FIRST_SHARE), 25);
          const base = await restingRss(target);
          context.log(`idle: ${idleSockets} connections to ${name}`);
          await fleet.connect(target.url, seats('idle-', idleSockets), 25);
          const full = await restingRss(target);
          before[name] = base / 2 ** 20;
          perSocket[name] = (full - base) / idleSockets / 1024;
        }),
      );
    }
    const reached = ratio(perSocket.engine, perSocket.bare);
    return {
      title: `${idleSockets} idle authenticated sockets`,
      notes: [
        'Marginal: (RSS with them − RSS before) / their number, each time after garbage collections and once RSS stands still; a quarter as many are connected already.',
      ],
      rows: [
        { label: '**RSS per socket, KiB**', values: perSocket, digits: 1, compared: true },
        { label: 'RSS of the process before, MiB', values: before },
      ],
      goals: context.targets.includes('engine')
        ? [{ label: 'RSS per idle socket to bare', reached, limit: 1.2, sense: 'at most', unit: '×' }]
        : [],
      raw: { perSocket, before },
    };
  },
};
