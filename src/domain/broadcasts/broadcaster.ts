import { randomUUID } from 'node:crypto';
import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { PlatformActor } from '../model.ts';
import type { Broadcast } from '../ports.ts';
import { writeManaged } from '../rooms/managed.ts';

/** Milliseconds. */
const LOOK_EVERY = 5_000;
const LEASE = 30_000;
/** Rooms that are written to at once; then the next ones, after a pause: 500 rooms in a second at most. */
const AT_ONCE = 50;
const PAUSE = 100;

/**
 * Does what broadcasts are to do, one at a time on each node. How far it got is stored after each handful of rooms,
 * and the syncKey follows from the broadcast, so that what is done twice after a crash is one message.
 */
export class Broadcaster {
  readonly #chat: Chat;
  readonly #holder = randomUUID();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;
  #isRunning = false;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  start(): void {
    this.#isRunning = true;
    this.#timer = setInterval(() => this.wake(), LOOK_EVERY);
    this.#timer.unref();
    this.wake();
  }

  /** Resolves when the handful of rooms under way is done; another node, or the next start, goes on. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#timer) clearInterval(this.#timer);
    await this.#working;
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isRunning) this.#working ??= this.#work().finally(() => (this.#working = null));
  }

  async #work(): Promise<void> {
    const { broadcasts } = this.#chat.stores;
    try {
      while (this.#isRunning) {
        const broadcast = await broadcasts.take(this.#holder, this.#now(), this.#until());
        if (!broadcast) return;
        await this.#write(broadcast);
      }
      await broadcasts.release(this.#holder);
    } catch (error) {
      this.#chat.reporter.problem('writing a broadcast', error);
      await broadcasts.release(this.#holder).catch((failure: unknown) => {
        this.#chat.reporter.problem('giving a broadcast back', failure);
      });
    }
  }

  async #write(broadcast: Broadcast): Promise<void> {
    const { broadcasts } = this.#chat.stores;
    let state = broadcast;
    while (this.#isRunning && state.status === 'running') {
      const { target, links, cursor } = state;
      const ids = await broadcasts.roomIds(target, links, cursor!, AT_ONCE);
      const codes = await Promise.all(ids.map(id => this.#one(state, id)));
      const failed = { ...state.failed };
      for (const code of codes) if (code) failed[code] = (failed[code] ?? 0) + 1;
      const isDone = ids.length < AT_ONCE;
      state = {
        ...state,
        failed,
        cursor: ids.at(-1) ?? cursor,
        written: state.written + codes.filter(code => code === null).length,
        status: isDone ? 'done' : 'running',
        finishedAt: isDone ? this.#now() : null,
      };
      const { id, written, status, finishedAt } = state;
      const progress = { id, cursor: state.cursor, written, failed, status, finishedAt };
      if (!(await broadcasts.progress(progress, this.#holder, this.#until()))) return;
      if (!isDone) await new Promise(resolve => setTimeout(resolve, PAUSE));
    }
  }

  /** Null when the room has it; otherwise why not. A store that does not answer stops the whole, to be tried again. */
  async #one({ id, keyId, links, message }: Broadcast, roomId: string): Promise<string | null> {
    const actor: PlatformActor = { kind: 'platform', keyId, links };
    try {
      await writeManaged(this.#chat, actor, roomId, { ...message, syncKey: `broadcast-${id}` });
      return null;
    } catch (error) {
      if (error instanceof ChatError && error.code !== 'TEMPORARILY_UNAVAILABLE') return error.code;
      throw error;
    }
  }

  #now(): Date {
    return new Date(this.#chat.clock.now());
  }

  #until(): Date {
    return new Date(this.#chat.clock.now() + LEASE);
  }
}
