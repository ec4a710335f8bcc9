import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import type { ErrorCode } from '../errors.ts';
import type { Import } from '../ports.ts';
import { finishRooms } from './finish.ts';
import type { ReadLine } from './lines.ts';
import { pagesOf } from './text.ts';
import { ImportWork } from './work.ts';

const LOOK_EVERY = 2_000;
/** A job whose holder says nothing for this long is taken by another node, in milliseconds. */
export const LEASE = 30_000;
const RENEW_EVERY = 10_000;
/** Attempts that do not get on before a job is given up, and the longest pause between them. */
const MAX_TRIES = 12;
const LONGEST_PAUSE = 60_000;

export const objectOf = (importId: string): string => `imports/${importId}`;

/**
 * Works on imports, one at a time on a node, in the background. A job is held by a lease and saved behind each page, so
 * another node goes on with it when this one dies; what a page had written already is recognised by its ids.
 */
export class Importer {
  readonly #chat: Chat;
  #read: ReadLine | null = null;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;
  #isStopping = false;
  #renewedAt = 0;
  /** Jobs in this node's hands, with the name under which it holds them. */
  readonly #held = new Map<string, string>();

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  /** How lines are read; a node that was not told works on no import. */
  serve(read: ReadLine): void {
    this.#read = read;
  }

  start(): void {
    this.#isStopping = false;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY);
    this.#timer.unref();
  }

  /** Gives the job in hand back after the page under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#working;
  }

  /** Holds a job from now on, until `letGo`; returns the holder's name and the end of the first lease. */
  hold(importId: string): { holder: string; until: Date } {
    const holder = randomUUID();
    this.#held.set(importId, holder);
    return { holder, until: this.#lease() };
  }

  letGo(importId: string): void {
    this.#held.delete(importId);
  }

  /** Looks for work, unless there is some in hand. Never throws. */
  look(): void {
    this.#renew();
    if (this.#isStopping || this.#working) return;
    this.#working = this.#workOff()
      .catch((error: unknown) => this.#chat.reporter.problem('looking for imports', error))
      .finally(() => (this.#working = null));
  }

  #lease(): Date {
    return new Date(this.#chat.clock.now() + LEASE);
  }

  #renew(): void {
    const now = this.#chat.clock.now();
    if (now - this.#renewedAt < RENEW_EVERY) return;
    this.#renewedAt = now;
    for (const [id, holder] of this.#held) {
      this.#chat.stores.imports
        .renew(id, holder, this.#lease())
        .catch((error: unknown) => this.#chat.reporter.problem('holding an import', error));
    }
  }

  async #workOff(): Promise<void> {
    const { imports } = this.#chat.stores;
    await this.#clearBroken();
    while (this.#read && !this.#isStopping) {
      const holder = randomUUID();
      const job = await imports.claim(holder, new Date(this.#chat.clock.now()), this.#lease());
      if (!job) return;
      this.#held.set(job.id, holder);
      await this.#attempt(job, holder, this.#read).finally(() => this.#held.delete(job.id));
    }
  }

  async #attempt(job: Import, holder: string, read: ReadLine): Promise<void> {
    const { imports } = this.#chat.stores;
    const now = () => this.#chat.clock.now();
    try {
      if (job.tries > MAX_TRIES) return await this.#end(job, holder, 'INTERNAL_ERROR');
      const end = await this.#run(job, holder, read);
      if (end === 'done') await this.#end(job, holder, null);
      else if (end === 'gone') await this.#end(job, holder, 'NOT_FOUND');
      else if (end === 'stopped') await imports.release(job.id, holder, new Date(0));
    } catch (error) {
      this.#chat.reporter.problem(`working on the import ${job.id}`, error);
      const pause = Math.min(LONGEST_PAUSE, 1_000 * 2 ** job.tries);
      await imports.release(job.id, holder, new Date(now() + pause));
    }
  }

  async #run(job: Import, holder: string, read: ReadLine): Promise<'done' | 'gone' | 'stopped' | 'lost'> {
    const { imports } = this.#chat.stores;
    const { objects } = this.#chat.files;
    const work = new ImportWork(this.#chat, job, read);
    const { progress } = work;
    if (progress.offset < job.size) {
      const range = { start: progress.offset, end: job.size - 1 };
      const body = await objects.read(objectOf(job.id), range);
      if (!body) return 'gone';
      try {
        for await (const page of pagesOf(body, progress)) {
          await work.page(page);
          if (!(await imports.save(job.id, holder, progress))) return 'lost';
          if (this.#isStopping) return 'stopped';
        }
      } finally {
        body.destroy();
      }
    }
    if (job.validate) return 'done';
    const isMine = () => imports.renew(job.id, holder, this.#lease());
    return (await finishRooms(this.#chat, job, isMine)) ? 'done' : 'lost';
  }

  async #end(job: Import, holder: string, failure: ErrorCode | null): Promise<void> {
    const at = new Date(this.#chat.clock.now());
    const end = { state: failure ? 'failed' : 'done', failure, at } as const;
    if (await this.#chat.stores.imports.finish(job.id, holder, end))
      await this.#chat.files.objects.remove([objectOf(job.id)]);
  }

  /** Bodies that died with the node that received them. */
  async #clearBroken(): Promise<void> {
    const { imports } = this.#chat.stores;
    for (const id of await imports.broken(new Date(this.#chat.clock.now()))) await this.giveUp(id);
  }

  /** A body that did not come to its end: nobody will work on it. */
  async giveUp(id: string): Promise<void> {
    const { imports } = this.#chat.stores;
    await imports.abandon(id, new Date(this.#chat.clock.now()));
    await this.#chat.files.objects.remove([objectOf(id)]);
  }
}
