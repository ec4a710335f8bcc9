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
    await run('lint', bin('eslint'), ['.'], false),
    await run('format', bin('prettier'), ['--check', '.'], false),
  ];
}

const [checks, tests] = await Promise.all([
  reading(),
  run('tests', bin('mocha'), ['test/**/*.test.ts', '--ignore', 'test/long/**'], true),
]);
const failedChecks = checks.filter(({ code }) => code !== 0).length;
const [passed = 0, failed = 0] = (/^(\d+) passed, (\d+) failed$/m.exec(tests.output) ?? [])
  .slice(1)
  .map(Number);
const ok = failedChecks === 0 && tests.code === 0 && passed > 0;
console.log(`\n${passed + checks.length - failedChecks} passed, ${failed + failedChecks} failed`);
process.exit(ok ? 0 : 1);
