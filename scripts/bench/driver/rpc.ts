import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keepTrack, stopChild } from '../children.ts';

/** Functions that a client process offers to the bench, by name; each takes one object. */
export type Methods = Record<string, (params: never) => unknown>;

interface Question {
  id: number;
  method: string;
  params: unknown;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** Child side: answers calls until the parent is gone, and then ends. */
export function serveCalls(methods: Methods): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (question: Question) => {
    const method = methods[question.method];
    Promise.resolve()
      .then(() => method?.(question.params as never))
      .then(
        result => process.send?.({ id: question.id, result } satisfies Answer),
        (error: Error) =>
          process.send?.({ id: question.id, error: error.stack ?? String(error) } satisfies Answer),
      );
  });
}

/** Parent side of one client process. */
export class Remote<M extends Methods> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private lastId = 0;

  constructor(script: URL) {
    this.child = fork(fileURLToPath(script), {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced', // JSON would turn "not measured" (NaN) into 0
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    keepTrack(this.child);
    this.child.on('message', (answer: Answer) => {
      const call = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if (answer.error === undefined) call?.resolve(answer.result);
      else call?.reject(new Error(answer.error));
    });
    this.child.on('exit', code => this.failAll(new Error(`client process ended (${code})`)));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Calls a method of the child; rejects when it throws, ends, or takes longer than `withinMs`. */
  call<K extends keyof M & string>(
    method: K,
    params: Parameters<M[K]>[0],
    withinMs = 120_000,
  ): Promise<Awaited<ReturnType<M[K]>>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`clients: ${method} took longer than ${withinMs / 1000} s`));
      }, withinMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.waiting.set(id, { resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
      this.child.send({ id, method, params } satisfies Question, error => {
        if (error) this.waiting.get(id)?.reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    await stopChild(this.child, 1_000);
  }

  private failAll(error: Error): void {
    for (const call of this.waiting.values()) call.reject(error);
    this.waiting.clear();
  }
}
