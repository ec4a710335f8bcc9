import type { Chat } from '../chat.ts';
import type { Message } from '../model.ts';
import type { BusEvent, StreamDraft } from '../ports.ts';
import { Completer, type Note } from './complete.ts';
import { changedDraft, createdDrafts, reportedDraft, roomDraft } from './drafts.ts';
import { Recovery } from './recover.ts';

const DAY = 86_400_000;

/** Milliseconds. */
export const STREAM_TIMES = {
  /** In which what happened is gathered. */
  gather: 200,
  /** How often it is asked whether somebody wants the stream. */
  ask: 2_000,
  /** How often the stream is compared with the log, by whatever node. */
  compare: 120_000,
  /** How often it is stored that somebody still wants it. */
  want: 3_600_000,
};
/** Notes that wait; beyond this they are let go, and found again in the log. */
const MAX_WAITING = 20_000;
const BATCH = 500;

/**
 * The stream of what happened, for platforms: webhooks and `GET /chat/events` read it. It is written behind the log:
 * what this node stored is noted when it is published, gathered, and appended with the next numbers; what a crash or
 * a fault takes away is found again by comparing the stream with the log. While nobody wants events nothing is noted.
 * See etc/decisions/011-webhooks.md.
 */
export class Stream {
  readonly #chat: Chat;
  readonly #days: number;
  readonly #completer: Completer;
  readonly #recovery: Recovery;
  readonly #listeners: (() => void)[] = [];
  #notes: Note[] = [];
  #since: Date | null = null;
  #last: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #asking: NodeJS.Timeout | null = null;
  #work: Promise<unknown> = Promise.resolve();
  #asked: Promise<void> = Promise.resolve();
  #isAsking = false;
  #wantedAt = 0;
  #isLossy = false;
  #isRunning = false;

  /** `days`: how long events are kept. */
  constructor(chat: Chat, days: number) {
    this.#chat = chat;
    this.#days = days;
    this.#completer = new Completer(chat.stores);
    this.#recovery = new Recovery(chat);
    // Told on the acting node alone; after a crash the list of reports has it.
    chat.events.on('message.reported', ({ report }) => this.note(reportedDraft(report)));
  }

  get isOn(): boolean {
    return this.#since !== null && this.#isRunning;
  }

  /** Until when an event of now is kept. */
  get keptUntil(): Date {
    return new Date(this.#chat.clock.now() + this.#days * DAY);
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.ask();
    this.#asking = setInterval(() => {
      if (!this.#isAsking) void this.ask();
    }, STREAM_TIMES.ask);
    this.#asking.unref();
  }

  /** Writes what was gathered. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#asking) clearInterval(this.#asking);
    await this.#asked;
    await this.flush();
  }

  onAppended(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Somebody wants events from now on, for as long as they are kept. */
  async want(): Promise<void> {
    const now = this.#chat.clock.now();
    if (this.#since && now - this.#wantedAt < STREAM_TIMES.want) return;
    await this.#chat.stores.events.want(new Date(now), this.keptUntil);
    await this.ask();
    this.#wantedAt = now;
  }

  /** Looks whether somebody wants events; when that begins, or from time to time, compares stream and log. */
  ask(): Promise<void> {
    this.#isAsking = true;
    this.#asked = this.#asked.then(() => this.#ask()).finally(() => (this.#isAsking = false));
    return this.#asked;
  }

  async #ask(): Promise<void> {
    const now = this.#chat.clock.now();
    try {
      const since = await this.#chat.stores.events.wantedSince(new Date(now));
      const isNew = since !== null && since.getTime() !== this.#since?.getTime();
      this.#since = since;
      if (!since) return;
      const isDue = isNew || this.#isLossy || (await this.#recovery.isDue(STREAM_TIMES.compare));
      if (isDue) await this.compare();
    } catch (error) {
      this.#chat.reporter.problem('asking whether events are wanted', error);
    }
  }

  /** Finds in the log what was never noted. */
  async compare(): Promise<void> {
    if (!this.#since || !this.#isRunning) return;
    this.#isLossy = false;
    try {
      await this.#recovery.find(this.#floor(), async notes => {
        if (!(await this.#append(notes))) throw new Error('events that were found could not be appended');
      });
    } catch (error) {
      this.#isLossy = true;
      this.#chat.reporter.problem('comparing events with the log', error);
    }
  }

  /** What this node has stored and is telling. */
  noticed(event: BusEvent): void {
    if (this.isOn) this.note(...this.#draftsOf(event));
  }

  /** For what no bus event tells: once it is stored, on the node that stored it. */
  note(...notes: Note[]): void {
    if (!this.isOn || notes.length === 0) return;
    if (this.#notes.length >= MAX_WAITING) {
      // The log has them all.
      this.#notes = [];
      this.#isLossy = true;
    }
    this.#notes.push(...notes);
    this.#timer ??= setTimeout(() => void this.flush(), STREAM_TIMES.gather).unref();
  }

  /** A room is about to be removed, with its log: what waits is written, and the removal is remembered. */
  async beforeRemoval(roomId: string): Promise<void> {
    if (!this.isOn) return;
    const live = await this.#chat.registry.get(roomId);
    if (!live) return;
    const at = new Date(this.#chat.clock.now());
    await this.#chat.stores.events.announceRemoval(roomDraft('room.deleted', live.room, at));
    await this.flush();
  }

  /** Appends all that is gathered. What fails stays gathered and is tried again. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#append([]);
  }

  /** One at a time, in the order of noting; false when the store did not take them. */
  #append(first: readonly Note[]): Promise<boolean> {
    const run = this.#work.then(async () => {
      const waiting = [...first, ...this.#notes];
      this.#notes = [];
      for (let i = 0; i < waiting.length; i += BATCH) {
        try {
          await this.#write(waiting.slice(i, i + BATCH));
        } catch (error) {
          this.#notes = [...waiting.slice(i), ...this.#notes];
          this.#timer ??= setTimeout(() => void this.flush(), STREAM_TIMES.ask).unref();
          this.#chat.reporter.problem('appending events', error);
          return false;
        }
      }
      return true;
    });
    this.#work = run;
    return run;
  }

  async #write(notes: readonly Note[]): Promise<void> {
    const { events } = this.#chat.stores;
    let drafts = await this.#completer.complete(notes, this.#floor());
    const all = drafts;
    while (drafts.length > 0) {
      this.#last ??= await events.lastNo();
      const { stored, stopped } = await events
        .append(drafts, this.#last, this.keptUntil)
        .catch((error: unknown) => {
          this.#last = null;
          throw error;
        });
      this.#last = stopped ? null : this.#last + stored;
      drafts = drafts.slice(stopped === 'known' ? stored + 1 : stored);
    }
    this.#completer.remember(all);
    for (const { event, roomId, facts } of all) {
      if (event === 'message.deleted') await events.emptyMessage(facts.message!);
      if (event === 'room.deleted') await events.dropRemoval(roomId);
    }
    if (all.length > 0) for (const listener of this.#listeners) listener();
  }

  /** What is older is not told: nobody wanted it then, or it is not kept so long. */
  #floor(): Date {
    const kept = this.#chat.clock.now() - this.#days * DAY;
    return new Date(Math.max(kept, this.#since?.getTime() ?? 0));
  }

  #draftsOf(event: BusEvent): StreamDraft[] {
    if (!('roomId' in event)) return [];
    const room = this.#chat.registry.peek(event.roomId)?.room;
    const linkSid = room?.link?.sid ?? null;
    switch (event.type) {
      case 'messages':
        return event.messages.flatMap(message => createdDrafts(copyOf(message), linkSid));
      case 'message.changed':
        return [changedDraft(copyOf(event.message), linkSid) ?? []].flat();
      case 'room.created':
        return room ? [roomDraft('room.created', room, room.createdAt)] : [];
      case 'room.changed': {
        if (!room || Object.keys(event.settings).length === 0) return [];
        const { settings, at } = event;
        const after = { ...room, ...settings, rules: { ...room.rules, ...settings.rules } };
        return [roomDraft('room.updated', after, at)];
      }
      case 'room.removed':
        return room ? [roomDraft('room.deleted', room, new Date(this.#chat.clock.now()))] : [];
      // What was imported is old: no message of it is told.
      case 'room.imported':
      case 'read.now':
      case 'reads':
      case 'marked':
      case 'hidden':
      case 'alarm':
      case 'typing':
      case 'muted':
        return [];
    }
  }
}

/** What is noted is what was told then, whatever becomes of the message in memory. */
const copyOf = (message: Message): Message => ({ ...message });
