import { spawn } from 'node:child_process';

/** `npm test`: everything. What only reads the code runs beside what runs it. */

interface Outcome {
  code: number;
  output: string;
}

function run(title: string, command: string, args: readonly string[], isShown: boolean): Promise<Outcome> {
  const started = Date.now();
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (isShown) process.stdout.write(chunk);
      });
    }
    child.once('error', error => resolve({ code: 1, output: String(error) }));
    child.once('close', code => {
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      if (!isShown && code !== 0) process.stdout.write(output);
      process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}: ${title} (${seconds} s)\n`);
      resolve({ code: code ?? 1, output });
    });
  });
}

const bin = (name: string) => `node_modules/.bin/${name}`;

async function reading(): Promise<Outcome[]> {
  return [
    await run('types', bin('tsc'), [], false),
    await run('lint', bin('oxlint'), ['--type-aware'], false),
    await run('format', bin('oxfmt'), ['--check', '.'], false),
  ];
}

const CLIENTS = 'test/protocols/**/*.test.ts';
const PLATFORM = 'test/protocols/platform/**/*.test.ts';
const FAULTS = 'test/{faults,limits,ops}/**/*.test.ts';

const mocha = (title: string, ...args: string[]): Promise<Outcome> =>
  run(title, bin('mocha'), [...args, '--ignore', 'test/long/**'], true);

// Processes with a database of their own: each waits for it half of the time. About equally long.
const [checks, ...tests] = await Promise.all([
  reading(),
  mocha('tests of what clients see', CLIENTS, '--ignore', PLATFORM),
  mocha('tests of the platform and of faults', PLATFORM, FAULTS),
  mocha('all other tests', 'test/**/*.test.ts', '--ignore', CLIENTS, '--ignore', FAULTS),
]);
const failedChecks = checks.filter(({ code }) => code !== 0).length;
const counts = tests.map(({ output }) =>
  (/^(\d+) passed, (\d+) failed$/m.exec(output) ?? ['', '0', '1']).slice(1).map(Number),
);
const passed = counts.reduce((sum, [some = 0]) => sum + some, checks.length - failedChecks);
const failed = counts.reduce((sum, [, some = 0]) => sum + some, failedChecks);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && tests.every(({ code }) => code === 0) ? 0 : 1);
