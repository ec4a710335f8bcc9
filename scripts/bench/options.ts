import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** The three servers that are compared. */
export const TARGETS = ['bare', 'engine', 'naive'] as const;
export type TargetName = (typeof TARGETS)[number];

/** Everything that decides how long a run takes; one set for the full run, one for `--quick`. */
export interface Sizes {
  /** Measuring rounds per target; targets take turns within each, so that drift of the machine meets all alike. */
  rounds: number;
  warmupMs: number;
  windowMs: number;
  /** Rounds at half load, and how long each is. */
  halfRounds: number;
  openLoopMs: number;
  rooms: number;
  membersPerRoom: number;
  bigRoomMembers: number;
  idleSockets: number;
  pageMessages: number;
  pageReads: number;
  listRooms: number;
  listReads: number;
  searchMessages: number;
  searchQuestions: number;
  backRounds: number;
  backClients: number;
  backRoomsPerClient: number;
  backMembersPerRoom: number;
}

const FULL: Sizes = {
  rounds: 5,
  warmupMs: 1_000,
  windowMs: 4_000,
  halfRounds: 2,
  openLoopMs: 6_000,
  rooms: 10,
  membersPerRoom: 50,
  bigRoomMembers: 1_000,
  idleSockets: 8_000,
  pageMessages: 1_000_000,
  pageReads: 200,
  listRooms: 1_000,
  listReads: 12,
  searchMessages: 100_000,
  searchQuestions: 200,
  backRounds: 3,
  backClients: 2_000,
  backRoomsPerClient: 20,
  backMembersPerRoom: 20,
};

const QUICK: Sizes = {
  ...FULL,
  rounds: 2,
  warmupMs: 500,
  windowMs: 1_800,
  halfRounds: 1,
  openLoopMs: 2_500,
  idleSockets: 3_000,
  pageMessages: 50_000,
  pageReads: 60,
  listRooms: 500,
  listReads: 6,
  searchMessages: 20_000,
  searchQuestions: 60,
  backRounds: 1,
  backClients: 400,
};

export interface Options {
  quick: boolean;
  only: string[];
  targets: TargetName[];
  out: string | undefined;
  /** Folder into which the servers write a V8 CPU profile each (`node --cpu-prof`). */
  profile: string | undefined;
  workers: number;
  sizes: Sizes;
}

export const USAGE = `Usage: npm run bench -- [options]
  --quick            a run below two minutes: one round, smaller sizes
  --only NAME        one scenario (rooms, big-room, idle, page, list, search, back, thumbnails); may be repeated
  --targets A,B      of bare,engine,naive (default: all)
  --out FILE         where the results go as JSON (default: bench-results.json in the temp folder)
  --profile DIR      let each server write a CPU profile into DIR
  --workers N        client processes per target (default: one less than there are cores)
Environment: BENCH_MONGODB_URI (a database of yours; its databases named bench_* are dropped),
MONGOMS_SYSTEM_BINARY (a mongod to start).`;

const OPTION_TYPES = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] as string[] },
  targets: { type: 'string', default: TARGETS.join(',') },
  out: { type: 'string' },
  profile: { type: 'string' },
  workers: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `undefined` when only the usage was asked for. Throws on a wrong option. */
export function readOptions(argv: string[]): Options | undefined {
  const { values } = parseArgs({ args: argv, options: OPTION_TYPES });
  if (values.help) return undefined;
  const targets = values.targets.split(',').map(name => {
    const known = TARGETS.find(target => target === name.trim());
    if (!known) throw new Error(`unknown target "${name}", known are ${TARGETS.join(', ')}`);
    return known;
  });
  const workers = values.workers
    ? Number(values.workers)
    : Math.max(1, Math.min(4, availableParallelism() - 1));
  if (!Number.isInteger(workers) || workers < 1) throw new Error('--workers wants a positive whole number');
  return {
    quick: values.quick,
    only: values.only.flatMap(name => name.split(',')),
    targets,
    out: values.out,
    profile: values.profile,
    workers,
    sizes: values.quick ? QUICK : FULL,
  };
}
