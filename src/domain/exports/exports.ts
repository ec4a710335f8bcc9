import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import type { Signature } from '../files/signing.ts';
import type { ExportFormats, ExportJob, ExportOutcome, Mailer } from '../ports.ts';
import { LeftAlone, makeExport } from './make.ts';
import { mailExport } from './mail.ts';
import { exportKeys } from './names.ts';

export interface ExportParts {
  formats: ExportFormats;
  /** Null: this server sends no mail. */
  mailer: Mailer | null;
  /** The address of an export with its signature, from outside; null where that is not known. */
  linkOf: (id: string, signature: Signature) => string | null;
  /** In which the day of a file's name is. */
  timeZone: string;
  /** Exports that a user may ask for in a day; 0 is no limit. */
  perDay: number;
}

/** How often it is looked for work of other nodes, and how long one that is at work is believed, in milliseconds. */
const LOOK_EVERY = 10_000;
const LEASE = 30_000;
/** How often a node at work says how far it is: in the store, and to the one who waits. */
const KEEP_EVERY = 2_000;
const TELL_EVERY = 250;
/** Exports that a node makes at the same time. */
const AT_ONCE = 2;
const SWEPT_AT_ONCE = 100;
const MAX_UNTOLD = 10_000;

/** Makes the exports that were asked for, here or on any node; they outlive a restart and a killed node. */
export class Exports implements ExportParts {
  readonly formats: ExportFormats;
  readonly mailer: Mailer | null;
  readonly linkOf: ExportParts['linkOf'];
  readonly timeZone: string;
  readonly perDay: number;
  readonly #chat: Chat;
  readonly #node = randomUUID();
  readonly #running = new Map<string, { done: Promise<void>; breakOff: AbortController }>();
  /** What connected users do not know yet, by user: they are told when they come back. */
  readonly #untold = new Map<string, Map<string, ExportOutcome>>();
  readonly #noting = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #isStopped = true;
  #isWanted = false;
  #filling: Promise<void> | null = null;

  constructor(chat: Chat, parts: ExportParts) {
    this.#chat = chat;
    this.formats = parts.formats;
    this.mailer = parts.mailer;
    this.linkOf = parts.linkOf;
    this.timeZone = parts.timeZone;
    this.perDay = parts.perDay;
  }

  /** Exports that are being made or mailed here. */
  get busy(): number {
    return this.#running.size;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    for (const job of await this.#chat.stores.exports.untold(MAX_UNTOLD))
      this.remember(job.by.id, { exportId: job.id, error: job.error, mailed: mailedOf(job) });
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY);
    this.#timer.unref();
    this.wake();
  }

  /** What is under way is put back, for the next one who starts. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearInterval(this.#timer);
    for (const { breakOff } of this.#running.values()) breakOff.abort(new LeftAlone('stop'));
    await this.#filling;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await Promise.all(this.#noting);
    this.mailer?.close();
  }

  /** There may be work. */
  wake(): void {
    void this.work();
  }

  /** One round of the timer: takes what is due, and removes what is over. Never throws. */
  async look(): Promise<void> {
    await this.work();
    await this.#sweep();
  }

  /** Takes what is due, as much as is made at once. Never throws. */
  async work(): Promise<void> {
    this.#isWanted = true;
    await (this.#filling ??= this.#fill().finally(() => (this.#filling = null)));
  }

  /** All that was due is done (or put off). */
  async idle(): Promise<void> {
    do {
      await this.work();
      await Promise.all([...this.#running.values()].map(({ done }) => done));
    } while (this.#running.size > 0 || this.#filling);
  }

  /** How an export ended goes to the one who asked, on whatever node they are. */
  tell(job: ExportJob, outcome: Omit<ExportOutcome, 'exportId'>): void {
    if (job.by.kind !== 'user') return;
    const event = { exportId: job.id, ...outcome };
    this.#chat.bus.publish({ type: 'export.finished', userId: job.by.id, outcome: event });
  }

  /** Somebody may be told later. */
  remember(userId: string, outcome: ExportOutcome): void {
    const known = this.#untold.get(userId) ?? new Map<string, ExportOutcome>();
    this.#untold.set(userId, known.set(outcome.exportId, outcome));
    if (this.#untold.size > MAX_UNTOLD) this.#untold.delete(this.#untold.keys().next().value!);
  }

  /** They were told. */
  told(userId: string, exportId: string): void {
    const known = this.#untold.get(userId);
    known?.delete(exportId);
    if (known?.size === 0) this.#untold.delete(userId);
    const noted = this.#chat.stores.exports
      .tell(exportId)
      .catch((error: unknown) => this.#chat.reporter.problem('noting that an export was told', error))
      .finally(() => this.#noting.delete(noted));
    this.#noting.add(noted);
  }

  /** Somebody came (back): what they were not told, on any node, is told now. */
  async recall(userId: string): Promise<void> {
    const known = this.#untold.get(userId);
    if (!known) return;
    this.#untold.delete(userId);
    try {
      for (const outcome of known.values()) {
        const job = await this.#chat.stores.exports.byId(outcome.exportId);
        if (job && !job.told) this.#chat.events.emit('export.finished', { userId, outcome });
      }
    } catch (error) {
      this.#chat.reporter.problem('telling of an export', error);
    }
  }

  /** Exports of somebody who is erased. */
  async forgetUser(userId: string): Promise<void> {
    this.#untold.delete(userId);
    for (const job of await this.#chat.stores.exports.ofAsker({ kind: 'user', id: userId }))
      await this.#remove(job);
  }

  async #fill(): Promise<void> {
    const { stores, clock, reporter } = this.#chat;
    try {
      while (this.#isWanted && !this.#isStopped) {
        this.#isWanted = false;
        while (this.#running.size < AT_ONCE && !this.#isStopped) {
          const now = clock.now();
          const job = await stores.exports.claim(this.#node, new Date(now), new Date(now + LEASE));
          if (!job) break;
          this.#begin(job);
        }
      }
    } catch (error) {
      reporter.problem('looking for exports to make', error);
    }
  }

  #begin(job: ExportJob): void {
    const breakOff = new AbortController();
    const done = this.#run(job, breakOff).finally(() => {
      this.#running.delete(job.id);
      this.wake();
    });
    this.#running.set(job.id, { done, breakOff });
    if (this.#isStopped) breakOff.abort(new LeftAlone('stop'));
  }

  async #run(job: ExportJob, breakOff: AbortController): Promise<void> {
    let progress = job.progress;
    let toldAt = -Infinity;
    const onProgress = (now: number) => {
      progress = now;
      if (now < 1 && performance.now() - toldAt < TELL_EVERY) return;
      toldAt = performance.now();
      this.#tellProgress(job, now);
    };
    const lease = setInterval(() => void this.#keep(job, progress, breakOff), KEEP_EVERY);
    try {
      if (job.state === 'done') await mailExport(this.#chat, job, this.#node);
      else await makeExport(this.#chat, job, { node: this.#node, signal: breakOff.signal, onProgress });
    } catch (error) {
      // Not even its end could be stored: whoever looks after the lease takes it up.
      this.#chat.reporter.problem('an export', error);
    } finally {
      clearInterval(lease);
    }
  }

  async #keep({ id }: ExportJob, progress: number, breakOff: AbortController): Promise<void> {
    const dueAt = new Date(this.#chat.clock.now() + LEASE);
    const isOurs = await this.#chat.stores.exports
      .change(id, this.#node, { dueAt, progress })
      .catch(() => true);
    if (!isOurs) breakOff.abort(new LeftAlone('lost'));
  }

  #tellProgress({ id, by }: ExportJob, progress: number): void {
    if (by.kind === 'user') this.#chat.bus.publish({ type: 'export', userId: by.id, exportId: id, progress });
  }

  async #sweep(): Promise<void> {
    const { stores, clock, reporter } = this.#chat;
    try {
      for (const job of await stores.exports.expired(new Date(clock.now()), SWEPT_AT_ONCE))
        await this.#remove(job);
    } catch (error) {
      reporter.problem('removing exports that are over', error);
    }
  }

  /** The entry goes last: what a crash leaves is found again by it. */
  async #remove(job: ExportJob): Promise<void> {
    await this.#chat.files.objects.remove(exportKeys(job));
    await this.#chat.stores.exports.remove(job.id);
    this.#untold.get(job.by.id)?.delete(job.id);
  }
}

/** What the frame says of the mail. */
export const mailedOf = ({ mail }: ExportJob): boolean | null =>
  mail === 'sent' ? true : mail === 'failed' ? false : null;
