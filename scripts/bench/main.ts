/** `npm run bench`: measures the engine beside a bare relay and a naive engine, and prints the ratios. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { killChildren } from './children.ts';
import { startDatabase, type Database } from './database.ts';
import { readOptions, USAGE, type Options, type TargetName } from './options.ts';
import { isMet, toMarkdown, type Report } from './report.ts';
import { back } from './scenarios/back.ts';
import { idle } from './scenarios/idle.ts';
import { list } from './scenarios/list.ts';
import { page } from './scenarios/page.ts';
import { search } from './scenarios/search.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { bigRoom, rooms } from './scenarios/throughput.ts';
import { uploads } from './scenarios/uploads.ts';
import { thumbnails } from './scenarios/thumbnails.ts';
import { within } from './stats.ts';
import { obstacle } from './targets.ts';

const SCENARIOS: Scenario[] = [rooms, bigRoom, idle, page, list, search, back, thumbnails, uploads];

/** Above this something hangs that no other limit has caught. */
const LONGEST_RUN_MS = 25 * 60_000;

const started = Date.now();
let database: Database | undefined;
const log = (line: string) =>
  process.stderr.write(`[${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s] ${line}\n`);

function chosen(options: Options): Scenario[] {
  const unknown = options.only.find(name => !SCENARIOS.some(scenario => scenario.name === name));
  if (unknown)
    throw new Error(
      `unknown scenario "${unknown}", known are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
    );
  return SCENARIOS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
}

async function run(options: Options): Promise<Report> {
  const report: Report = { head: [], sections: [], failures: [] };
  if (options.targets.some(target => target !== 'bare')) {
    log('starting the database');
    database = await startDatabase().catch((error: Error) => {
      report.failures.push({ scenario: 'all', target: undefined, message: `no database: ${error.message}` });
      return undefined;
    });
  }
  try {
    const targets = options.targets.filter(target => {
      const reason = obstacle(target, database);
      if (reason) report.failures.push({ scenario: 'all', target, message: `left out: ${reason}` });
      return !reason;
    });
    report.head = headOf(options, database);
    for (const scenario of chosen(options))
      await runScenario(scenario, { options, database, targets }, report);
  } finally {
    await database?.stop();
  }
  return report;
}

async function runScenario(
  scenario: Scenario,
  given: { options: Options; database: Database | undefined; targets: TargetName[] },
  report: Report,
): Promise<void> {
  const fail = (target: TargetName | undefined, error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    report.failures.push({ scenario: scenario.name, target, message });
    log(`${scenario.name}: FAILED ${target ?? ''} ${message}`);
  };
  try {
    log(scenario.name);
    const context = { ...given, log, failed: fail };
    report.sections.push(await within(scenario.longestMs, scenario.name, scenario.run(context)));
  } catch (error) {
    fail(undefined, error);
    // One that took too long is still at it: without its servers and clients it ends, and leaves the rest in peace.
    killChildren();
  }
}

function headOf(options: Options, database: Database | undefined): string[] {
  const cores = availableParallelism();
  return [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cores} ${cores === 1 ? 'core' : 'cores'} (${cpus()[0]?.model ?? 'unknown'})`,
    `database: ${database?.kind ?? 'none'}`,
    `${options.quick ? 'quick run' : 'full run'}, ${options.workers} client process(es) per target, all on the loopback of one machine`,
  ];
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return void process.stdout.write(`${USAGE}\n`);
  chosen(options);
  const report = await within(LONGEST_RUN_MS, 'bench', run(options));
  process.stdout.write(`${toMarkdown(report)}\n`);
  const out = options.out ?? join(tmpdir(), 'bench-results.json');
  const goals = report.sections
    .flatMap(section => section.goals)
    .map(goal => ({ ...goal, met: isMet(goal) }));
  writeFileSync(out, JSON.stringify({ ...report, goals, seconds: (Date.now() - started) / 1000 }, null, 1));
  log(`results: ${out}`);
  if (report.failures.length > 0) process.exitCode = 1;
}

async function interrupted(): Promise<void> {
  killChildren();
  await database?.stop();
  process.exit(130);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void interrupted());

main().then(
  () => process.exit(),
  (error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  },
);
