import { newId } from '../ids.ts';
import type { Actor, Room } from '../model.ts';
import type { AuditEntry, AuditStore, Clock, Reporter } from '../ports.ts';

const DAY = 86_400_000;
/** Entries that wait for the store; more are lost, which is reported. */
const MAX_WAITING = 10_000;
const AT_ONCE = 500;
/** Milliseconds in which entries are gathered into one write. */
const GATHER = 200;
/** Milliseconds after which a store that failed is tried again; doubled each time. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** User ids in one entry; more are counted. */
const MAX_TARGETS = 1_000;

export interface AuditFacts {
  room?: Pick<Room, 'id' | 'link'> | null;
  targets?: readonly string[];
  details?: Record<string, unknown>;
}

/**
 * What masters and the platform did, written after the act and never in its way: what the store does not take waits
 * in a bounded queue.
 */
export class Audit {
  readonly #store: AuditStore;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #keep: number;
  #waiting: (AuditEntry & { expiresAt: Date })[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pause = FIRST_PAUSE;

  /** `days`: how long entries are kept. */
  constructor(store: AuditStore, clock: Clock, reporter: Reporter, days: number) {
    this.#store = store;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#keep = days * DAY;
  }

  note(actor: Actor, act: string, { room, targets = [], details = {} }: AuditFacts = {}): void {
    const now = this.#clock.now();
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting.shift();
      this.#reporter.problem('an entry of the audit log was lost', new Error('too many wait for the store'));
    }
    this.#waiting.push({
      id: newId(now),
      at: new Date(now),
      actor: { kind: actor.kind, id: actor.kind === 'user' ? actor.userId : actor.keyId },
      act,
      roomId: room?.id ?? null,
      linkSid: room?.link?.sid ?? null,
      targets: targets.slice(0, MAX_TARGETS),
      details: targets.length > MAX_TARGETS ? { ...details, targetCount: targets.length } : details,
      expiresAt: new Date(now + this.#keep),
    });
    if (!this.#timer) this.#later(GATHER);
  }

  /** Resolves when all that was noted is stored, or the store did not take it. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#waiting.length > 0) await this.#write();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.flush();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #later(milliseconds: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#write();
    }, milliseconds).unref();
  }

  #write(): Promise<void> {
    return (this.#writing ??= this.#writeAll().finally(() => (this.#writing = null)));
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.slice(0, AT_ONCE);
      try {
        await this.#store.add(some);
      } catch (error) {
        this.#reporter.problem('writing the audit log', error);
        this.#later(this.#pause);
        this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
        return;
      }
      const stored = new Set(some);
      this.#waiting = this.#waiting.filter(entry => !stored.has(entry));
      this.#pause = FIRST_PAUSE;
    }
  }
}
