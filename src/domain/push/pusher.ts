import type { Chat } from '../chat.ts';
import { idFrom, type IdMaker } from '../ids.ts';
import type { Message } from '../model.ts';
import type { PushSender } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';
import { isPushed, newestFor } from './audience.ts';
import { Courier, type BlockersOf, type Task } from './courier.ts';
import { Progress } from './progress.ts';
import { Retractions } from './retractions.ts';
import { Retries } from './retries.ts';
import { positionsOf } from './positions.ts';
import { pushTexts } from './texts.ts';
import { Waiting, type Job } from './waiting.ts';

export interface PusherOptions {
  sender: PushSender;
  /** Which ids of messages were made on this node. */
  ids: IdMaker;
  /** Whom an author writes to in vain; absent: nobody blocks anybody. */
  blockersOf?: BlockersOf;
  /** Milliseconds between tries of what a provider may take later. */
  pauses?: readonly number[];
}

/** Messages that come within this time go together, in milliseconds. */
const GATHER = 20;
/** Read positions of other nodes are in the store after this time, in milliseconds. */
const SETTLED = 1_500;
/** Rooms that are worked on together, and how many such groups there are at once. */
const ROOMS_AT_ONCE = 100;
const GROUPS = 4;
const TASKS_AT_ONCE = 500;
/** A store that failed is asked again after this time, in milliseconds. */
const TRY_AGAIN = 2_000;
/** What is older is no news any more, in milliseconds. */
const MAX_AGE = 600_000;
/** Other nodes have told by then what they had under way when this one started, in milliseconds. */
const RECOVER_AFTER = 3_000;
/** Messages at the end of a room among which the newest that is pushed is looked for. */
const LOOK_BACK = 20;
const ROOMS_RECOVERED = 200;
/** When draining, what is under way gets this long, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Pushes: behind the sends, never in their way. The node that stored a message pushes it, to the members that do not
 * view the room anywhere; what a crash or a drain leaves is found by the mark that goes with the room's head.
 * See etc/decisions/010-push.md.
 */
export class Pusher {
  readonly #chat: Chat;
  readonly #options: PusherOptions;
  readonly #waiting: Waiting;
  readonly #courier: Courier;
  readonly #progress: Progress;
  readonly #retractions: Retractions;
  readonly #busy = new Set<string>();
  readonly #groups = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #recovery: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(chat: Chat, options: PusherOptions) {
    this.#chat = chat;
    this.#options = options;
    this.#progress = new Progress(chat);
    this.#waiting = new Waiting(job => {
      this.#progress.close(job.roomId);
      chat.reporter.problem(
        'a room waits in vain for its pushes',
        new Error('too many rooms wait for pushes'),
      );
    });
    const retries = new Retries({
      ...(options.pauses ? { pauses: options.pauses } : {}),
      onChange: ({ roomId, seq }, by) =>
        by > 0 ? this.#progress.open(roomId, seq) : this.#progress.close(roomId),
      work: tasks => this.#tryAgain(tasks),
    });
    const { sender, blockersOf = () => Promise.resolve(new Set<string>()) } = options;
    this.#courier = new Courier(chat, { sender, blockersOf, retries });
    this.#retractions = new Retractions(chat, tasks => this.#courier.deliver(tasks));
    chat.events.on('messages.created', event => {
      for (const message of event.messages) this.#created(event.live, message);
      const own = event.messages.filter(({ id }) => options.ids.made(id));
      this.#retractions.afterMessages(event.live, own, event.left);
    });
    chat.events.on('message.changed', ({ live, message }) => {
      this.#waiting.replace(message);
      if (message.deleted) this.#retractions.ofMessage(live.id, message.id);
    });
    chat.events.on('message.hidden', ({ live, userId, message }) => this.hidden(live.id, userId, message.id));
    chat.events.on('room.removed', ({ live }) => this.#retractions.ofRoom(live.id));
  }

  /** Rooms that wait, groups of them that are worked on, lookups of what is shown, and pushes to be tried again. */
  get waiting(): number {
    const { retries } = this.#courier;
    return this.#waiting.size + this.#groups.size + this.#retractions.waiting + retries.size;
  }

  start(): void {
    this.#recovery = setTimeout(() => {
      this.recover().catch((error: unknown) =>
        this.#chat.reporter.problem('looking for pushes that were left', error),
      );
    }, RECOVER_AFTER).unref();
  }

  /** What is under way is ended; what waits is left to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [this.#timer, this.#recovery]) if (timer) clearTimeout(timer);
    this.#courier.retries.stop();
    const ended = Promise.all([...this.#groups, this.#retractions.stop()]);
    await Promise.race([ended, new Promise(resolve => setTimeout(resolve, PATIENCE).unref())]);
  }

  tokenRegistered(userId: string): void {
    this.#courier.tokenRegistered(userId);
  }

  /** A user read up to here, on this node: what is shown of it is taken away. */
  read(roomId: string, userId: string, seq: number): void {
    this.#retractions.afterReading(roomId, userId, seq);
  }

  /** A user hid a message for themselves: what is shown of it is taken away. */
  hidden(roomId: string, userId: string, messageId: string): void {
    this.#retractions.ofMessage(roomId, messageId, userId);
  }

  /** These messages did not reach this user, who seemed to view the room. */
  missed(live: LiveRoom, userId: string, messages: readonly Message[]): void {
    const pushed = messages.filter(isPushed);
    if (pushed.length > 0) this.#wait(live.id, pushed, this.#chat.clock.now(), [userId]);
  }

  /** Pushes what the last minutes left. Resolves when it is known what that is. */
  async recover(): Promise<void> {
    const { log, push } = this.#chat.stores;
    const since = new Date(this.#chat.clock.now() - MAX_AGE);
    const heads = await log.headsSince(idFrom(since));
    for (let i = 0; i < heads.length && !this.#stopped; i += ROOMS_RECOVERED) {
      const some = heads.slice(i, i + ROOMS_RECOVERED);
      const pushed = await push.pushedSeqs(some.map(({ roomId }) => roomId));
      for (const { roomId, lastSeq } of some) {
        const from = pushed.get(roomId);
        if (from === undefined || from >= lastSeq || this.#progress.isOpen(roomId)) continue;
        const found = await log.range(roomId, Math.max(from, lastSeq - LOOK_BACK), lastSeq);
        const left = found.filter(message => isPushed(message) && message.createdAt >= since);
        if (left.length > 0) this.#wait(roomId, left, this.#chat.clock.now());
      }
    }
  }

  #created(live: LiveRoom, message: Message): void {
    if (!this.#options.ids.made(message.id)) return;
    const nobody = !isPushed(message) || live.viewers.size >= live.members.size;
    if (!nobody) this.#wait(live.id, [message], this.#chat.clock.now());
    else if (!this.#progress.isOpen(live.id)) live.pushedSeq = Math.max(live.pushedSeq, message.seq);
  }

  #wait(
    roomId: string,
    messages: readonly Message[],
    from: number,
    only: Iterable<string> | null = null,
  ): void {
    if (this.#stopped) return;
    const seq = Math.max(...messages.map(message => message.seq));
    if (this.#waiting.add(roomId, messages, from, only)) this.#progress.open(roomId, seq);
    else this.#progress.raise(roomId, seq);
    this.#wake();
  }

  #wake(): void {
    if (this.#timer || this.#stopped || this.#groups.size >= GROUPS) return;
    const at = this.#waiting.nextAt(roomId => this.#busy.has(roomId));
    if (at === Infinity) return;
    const wait = Math.max(GATHER, at - this.#chat.clock.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#begin();
      this.#wake();
    }, wait).unref();
  }

  /** Takes what is due and works on it beside what is under way already. */
  #begin(): void {
    const jobs = this.#waiting.take(this.#chat.clock.now(), ROOMS_AT_ONCE, roomId => this.#busy.has(roomId));
    if (jobs.length === 0) return;
    for (const { roomId } of jobs) this.#busy.add(roomId);
    const group = this.#work(jobs).finally(() => {
      this.#groups.delete(group);
      for (const { roomId } of jobs) this.#busy.delete(roomId);
      this.#wake();
    });
    this.#groups.add(group);
  }

  async #work(jobs: readonly Job[]): Promise<void> {
    try {
      let tasks: Task[] = [];
      for (const job of jobs) {
        for await (const task of this.#tasksOf(job)) {
          tasks.push(task);
          if (tasks.length < TASKS_AT_ONCE) continue;
          await this.#courier.deliver(tasks);
          tasks = [];
        }
      }
      if (tasks.length > 0) await this.#courier.deliver(tasks);
    } catch (error) {
      this.#chat.reporter.problem('pushing messages', error);
      // It stays open: the mark must not say that it was sent, and the next start finds it.
      if (this.#stopped) return;
      const again = this.#chat.clock.now() + TRY_AGAIN;
      for (const { roomId, messages, only } of jobs) this.#wait(roomId, messages, again, only);
    }
    for (const { roomId } of jobs) this.#progress.close(roomId);
  }

  /** Who gets what of a room. Whoever is connected to another node may be viewing there: they wait a little. */
  async *#tasksOf(job: Job): AsyncGenerator<Task> {
    const live = await this.#chat.registry.get(job.roomId);
    if (!live || live.removed) return;
    const positions = job.only && (await positionsOf(this.#chat, live.id, [...job.only]));
    const elsewhere: string[] = [];
    const members = job.only
      ? [...job.only].flatMap(id => live.members.get(id) ?? [])
      : [...live.members.values()];
    for (const member of members) {
      const { userId } = member;
      if (this.#courier.hasNone(userId)) continue;
      const stored = positions?.get(userId);
      const message = newestFor(live, stored ? { ...member, ...stored } : member, job.messages);
      if (!message) continue;
      if (!job.only && this.#chat.presence.isElsewhere(userId)) elsewhere.push(userId);
      // Somebody who has read the first of them is reading: the newest may be on its way into the store.
      else if (stored && stored.lastReadSeq >= job.first && this.#isYoung(message)) elsewhere.push(userId);
      else yield taskOf(live, userId, message);
    }
    if (elsewhere.length > 0) this.#wait(live.id, job.messages, this.#chat.clock.now() + SETTLED, elsewhere);
  }

  #isYoung({ createdAt }: Message): boolean {
    return this.#chat.clock.now() - createdAt.getTime() < SETTLED;
  }

  async #tryAgain(tasks: Task[]): Promise<void> {
    try {
      await this.#courier.deliver(tasks);
    } catch (error) {
      this.#chat.reporter.problem('pushing again', error);
      for (const task of tasks) this.#courier.retries.add({ ...task, attempt: task.attempt + 1 });
    }
  }
}

const taskOf = ({ id: roomId, room }: LiveRoom, userId: string, message: Message): Task => ({
  type: 'MESSAGE',
  userId,
  roomId,
  messageId: message.id,
  seq: message.seq,
  ...pushTexts(room, message),
  authorId: message.author.authorId,
  attempt: 0,
  tokenIds: null,
});
