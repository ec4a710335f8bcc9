import type { Chat } from '../chat.ts';
import { ChatError, type ErrorCode } from '../errors.ts';
import type { ExportJob } from '../ports.ts';
import { exportKey, exportKeys } from './names.ts';
import { writeExport } from './write.ts';

/** How long a finished export is kept, in milliseconds. */
export const KEPT_FOR = 86_400_000;
/** How often one is begun that a worker died of or that the stores broke. */
const MAX_ATTEMPTS = 3;
const RETRY_AFTER = 5_000;

/** Why an export that is being made is left alone: the server stops, or another node has it. */
export class LeftAlone extends Error {
  readonly why: 'stop' | 'lost';

  constructor(why: 'stop' | 'lost') {
    super(why === 'stop' ? 'the server stops' : 'another node has this export');
    this.name = 'LeftAlone';
    this.why = why;
  }
}

export interface Turn {
  node: string;
  signal: AbortSignal;
  onProgress: (progress: number) => void;
}

/** Makes an export that this node has taken, from its beginning. Settles it, or puts it back for another try. */
export async function makeExport(chat: Chat, taken: ExportJob, turn: Turn): Promise<void> {
  const { exports } = chat.stores;
  const job: ExportJob = { ...taken, attempts: taken.attempts + 1 };
  // Three workers did not come back from it, or the stores broke it three times.
  if (taken.attempts >= MAX_ATTEMPTS) return fail(chat, taken, turn, 'INTERNAL_ERROR');
  const begun = { state: 'running', attempts: job.attempts, progress: 0 } as const;
  if (!(await exports.change(job.id, turn.node, begun))) return;
  await chat.files.objects.remove(exportKeys(taken));
  try {
    turn.onProgress(0);
    const file = await writeExport(chat, job, turn.signal, turn.onProgress);
    const now = chat.clock.now();
    const isSettled = await exports.settle(job.id, turn.node, {
      state: 'done',
      progress: 1,
      file,
      node: null,
      dueAt: job.email === null ? null : new Date(now),
      expiresAt: new Date(now + KEPT_FOR),
      told: job.by.kind === 'platform',
    });
    if (!isSettled) throw new LeftAlone('lost');
    turn.onProgress(1);
    chat.exports.tell(job, { error: null, mailed: null });
  } catch (error) {
    await leave(chat, job, turn, turn.signal.aborted ? turn.signal.reason : error);
  }
}

async function leave(chat: Chat, job: ExportJob, turn: Turn, error: unknown): Promise<void> {
  await chat.files.objects.remove([exportKey(job.id, job.attempts)]);
  if (error instanceof LeftAlone && error.why === 'lost') return;
  if (error instanceof ChatError && error.code !== 'TEMPORARILY_UNAVAILABLE')
    return fail(chat, job, turn, error.code);
  const isStop = error instanceof LeftAlone;
  if (!isStop) {
    chat.reporter.problem('making an export', error);
    if (job.attempts >= MAX_ATTEMPTS) return fail(chat, job, turn, 'INTERNAL_ERROR');
  }
  // A stop is nobody's fault: the next one at work begins at once, and it does not count.
  await chat.stores.exports.change(job.id, turn.node, {
    state: 'waiting',
    node: null,
    attempts: isStop ? job.attempts - 1 : job.attempts,
    dueAt: new Date(chat.clock.now() + (isStop ? 0 : RETRY_AFTER)),
  });
}

async function fail(chat: Chat, job: ExportJob, { node }: Turn, error: ErrorCode): Promise<void> {
  const isSettled = await chat.stores.exports.settle(job.id, node, {
    state: 'failed',
    error,
    node: null,
    dueAt: null,
    mail: 'none',
    told: job.by.kind === 'platform',
  });
  if (isSettled) chat.exports.tell(job, { error, mailed: null });
}
