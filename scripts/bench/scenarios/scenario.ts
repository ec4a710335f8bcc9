import type { Database } from '../database.ts';
import { Fleet } from '../driver/fleet.ts';
import type { RealMethods } from '../driver/real.ts';
import type { Remote } from '../driver/rpc.ts';
import type { Meters } from '../driver/meter.ts';
import type { Options, TargetName } from '../options.ts';
import { startTarget, type StartOptions, type Target } from '../targets.ts';

export type PerTarget = Partial<Record<TargetName, number>>;

/** One line of a table. */
export interface Row {
  label: string;
  values: PerTarget;
  digits?: number;
  /** Whether the ratios of the engine to the others mean anything here. */
  compared?: boolean;
}

/** One of the goals of the project, beside what was reached. */
export interface Goal {
  label: string;
  reached: number | undefined;
  limit: number;
  sense: 'at least' | 'at most' | 'below';
  unit: string;
}

export interface Section {
  title: string;
  notes: string[];
  rows: Row[];
  goals: Goal[];
  /** All single measurements, for the JSON file. */
  raw: unknown;
}

/** What a scenario gets to work with. */
export interface Context {
  options: Options;
  database: Database | undefined;
  /** Targets that can run here and that were asked for. */
  targets: TargetName[];
  log(line: string): void;
  /** Keeps what went wrong with a target; the run goes on without it. */
  failed(target: TargetName, error: unknown): void;
}

export interface Scenario {
  name: string;
  longestMs: number;
  run(context: Context): Promise<Section>;
}

/**
 * The targets in the order in which they get ready: the engine first where bare needs its answer. A quick run
 * leaves out the naive one where no goal is about it.
 */
export function targetsFor({ options, targets }: Context, order: TargetName[]): TargetName[] {
  return order.filter(name => targets.includes(name) && !(options.quick && name === 'naive'));
}

/** A running target with the clients that belong to it. */
export class Session {
  readonly target: Target;
  readonly fleet: Fleet;
  /** Real clients, where a scenario has them. */
  real: Remote<RealMethods> | undefined;
  private readonly database: Database | undefined;

  constructor(target: Target, fleet: Fleet, database: Database | undefined) {
    this.target = target;
    this.fleet = fleet;
    this.database = database;
  }

  get meters(): Meters {
    const usesDatabase = this.target.mongoUri !== undefined;
    return { serverPid: this.target.pid, databasePid: usesDatabase ? this.database?.pid : undefined };
  }

  async stop(): Promise<void> {
    await Promise.all([this.fleet.stop(), this.real?.stop()]);
    await this.target.stop();
  }
}

/** The sessions of one scenario: started together, measured in turns, stopped whatever happens. */
export class Sessions {
  private open: Session[] = [];
  private readonly context: Context;
  private readonly start: StartOptions;

  private constructor(context: Context, start: StartOptions) {
    this.context = context;
    this.start = start;
  }

  /** Runs `work` with sessions for `names`, and stops them all afterwards. */
  static async use<T>(
    context: Context,
    start: StartOptions,
    names: TargetName[],
    work: (sessions: Sessions) => Promise<T>,
  ): Promise<T> {
    const sessions = new Sessions(context, start);
    try {
      for (const name of names) await sessions.add(name);
      return await work(sessions);
    } finally {
      await Promise.all(sessions.open.map(session => session.stop()));
    }
  }

  /**
   * Does `work` with each target in turn. One that fails (or dies meanwhile) is reported, stopped
   * and left out from then on.
   */
  async each(work: (session: Session) => Promise<void>): Promise<void> {
    for (const session of [...this.open]) {
      try {
        await Promise.race([session.target.died, work(session)]);
      } catch (error) {
        this.context.failed(session.target.name, error);
        this.open = this.open.filter(other => other !== session);
        await session.stop();
      }
    }
  }

  private async add(name: TargetName): Promise<void> {
    const { options, database, log, failed } = this.context;
    try {
      const target = await startTarget(name, this.start, options, database);
      this.open.push(new Session(target, new Fleet(options.workers), database));
      log(`${this.start.label}: ${name} is up`);
    } catch (error) {
      failed(name, error);
    }
  }
}

/** `a / b`, or nothing when one of them is missing. */
export function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || !Number.isFinite(a / b) ? undefined : a / b;
}
