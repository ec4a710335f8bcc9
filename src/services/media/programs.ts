import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface ProgramOptions {
  /** Folders in which programs are looked for, as in PATH. */
  searchPath: string;
  /** Address space of a program, in bytes. */
  memory: number;
  /** Is told once of everything that is not there. */
  onProblem: (what: string) => void;
}

/** How a program ended: by itself and well, by itself with an error (the file is bad), or because we stopped it. */
export type Ending =
  | { how: 'done'; output: Buffer }
  | { how: 'refused'; reason: string }
  | { how: 'stopped'; reason: string };

export interface RunLimits {
  /** Ends the program and all that it started. */
  signal: AbortSignal;
  /** Processor time, in seconds: the end also of a program whose engine was killed. */
  seconds: number;
  /** Bytes of output; more is an error. */
  output: number;
}

/**
 * Endings before the program itself began: it cannot be loaded (or not within its memory), or the engine itself has
 * less than prlimit shall grant.
 */
const NOT_STARTED = /^12[67]:|prlimit: failed to set/;

/** Enough for the last words of a program. */
const LAST_WORDS = 4_096;

/** Different problems that are told of. */
const MAX_REPORTS = 100;

/** What a program writes into files: a decoded picture. */
const FILE_SIZE = 128 * 1024 * 1024;

/**
 * Runs programs on files of strangers: without a shell, with an environment that holds nothing of ours, in a process
 * group of their own that is killed as a whole, with limits of time, memory and output.
 */
export class Programs {
  readonly #options: ProgramOptions;
  readonly #found = new Map<string, Promise<string | null>>();
  readonly #reported = new Set<string>();

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Where a program is (a name, or a path); null when it is not there, and then `loss` is reported once. */
  async find(program: string, loss: string): Promise<string | null> {
    const looking = this.#found.get(program) ?? this.#look(program);
    this.#found.set(program, looking);
    const path = await looking;
    if (path === null) this.report(`${program} is not there: ${loss}`);
    return path;
  }

  /** Tells of something that is wrong here and not with a file; once. */
  report(problem: string): void {
    if (this.#reported.has(problem) || this.#reported.size >= MAX_REPORTS) return;
    this.#reported.add(problem);
    this.#options.onProblem(problem);
  }

  async run(path: string, args: readonly string[], limits: RunLimits): Promise<Ending> {
    const prlimit = await this.find('prlimit', 'programs that look into files have no limit of memory');
    const bounds = [
      `--as=${this.#options.memory}`,
      `--cpu=${Math.ceil(limits.seconds)}`,
      `--fsize=${FILE_SIZE}`,
      '--core=0',
      '--nofile=64',
    ];
    if (limits.signal.aborted) return { how: 'stopped', reason: 'too late' };
    const [command, all] = prlimit ? [prlimit, [...bounds, '--', path, ...args]] : [path, [...args]];
    const child = spawn(command, all, {
      detached: true,
      env: { PATH: this.#options.searchPath, LANG: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const ending = await endingOf(child, limits);
    if (ending.how === 'done' || limits.signal.aborted) return ending;
    if (ending.how === 'refused' && !NOT_STARTED.test(ending.reason)) return ending;
    this.report(`${path} cannot be started: ${ending.reason}`);
    return { how: 'stopped', reason: ending.reason };
  }

  async #look(program: string): Promise<string | null> {
    const folders = this.#options.searchPath.split(delimiter).filter(folder => folder !== '');
    const places = program.includes('/') ? [program] : folders.map(folder => join(folder, program));
    for (const place of places) {
      const there = await access(place, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (there) return place;
    }
    return null;
  }
}

/** Kills the whole group, for a child may have children. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already (some systems say ESRCH then, some EPERM); it is ours, so that nothing else can be wrong.
  }
}

function endingOf(child: ChildProcess, limits: RunLimits): Promise<Ending> {
  const chunks: Buffer[] = [];
  let size = 0;
  let words = '';
  let cut: Ending | null = null;
  const end = (ending: Ending) => {
    cut ??= ending;
    killGroup(child);
  };
  const stop = () => end({ how: 'stopped', reason: 'it took too long' });
  child.stdout!.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limits.output) end({ how: 'refused', reason: 'it says too much' });
    else chunks.push(chunk);
  });
  child.stderr!.on(
    'data',
    (chunk: Buffer) => (words = (words + chunk.toString('latin1')).slice(-LAST_WORDS)),
  );
  limits.signal.addEventListener('abort', stop, { once: true });
  return new Promise<Ending>(resolve => {
    child.once('error', error => resolve({ how: 'stopped', reason: error.message }));
    child.once('close', (code, signal) => {
      if (cut) resolve(cut);
      else if (code === 0) resolve({ how: 'done', output: Buffer.concat(chunks) });
      else resolve({ how: 'refused', reason: `${signal ?? code}: ${words.trim().split('\n').at(-1) ?? ''}` });
    });
  }).finally(() => limits.signal.removeEventListener('abort', stop));
}
