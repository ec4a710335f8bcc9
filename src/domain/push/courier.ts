import { LRUCache } from 'lru-cache';
import type { Chat } from '../chat.ts';
import type {
  PushLogEntry,
  PushMessage,
  PushOutcome,
  PushResult,
  PushSender,
  PushToken,
  Shown,
} from '../ports.ts';
import { badgesOf } from './badge.ts';
import { isQuiet } from './quiet.ts';
import { Retries } from './retries.ts';

/** One push for one person, to all of their devices or, when it is tried again, to some. */
export interface Task {
  type: PushMessage['type'];
  userId: string;
  roomId: string;
  messageId: string;
  seq: number;
  /** Of a MESSAGE. */
  title: string;
  body: string;
  /** Whose message it is; null: of a RETRACT. */
  authorId: string | null;
  /** How often it was tried. */
  attempt: number;
  /** Devices that did not take it yet; null: all. */
  tokenIds: Set<string> | null;
}

/** Those of `among` who blocked this author. */
export type BlockersOf = (authorId: string, among: readonly string[]) => Promise<ReadonlySet<string>>;

/** People without devices are not looked up again for this long, in milliseconds. */
const NO_DEVICE = 10_000;

interface Answered {
  task: Task;
  token: PushToken;
  outcome: PushOutcome;
}

/** Brings pushes to devices: looks for the devices, counts the badge, sends in batches, and acts on the answers. */
export class Courier {
  readonly retries: Retries;
  readonly #chat: Chat;
  readonly #sender: PushSender;
  readonly #blockersOf: BlockersOf;
  readonly #withoutDevice = new LRUCache<string, true>({ max: 50_000, ttl: NO_DEVICE });

  constructor(chat: Chat, parts: { sender: PushSender; blockersOf: BlockersOf; retries: Retries }) {
    this.#chat = chat;
    this.#sender = parts.sender;
    this.#blockersOf = parts.blockersOf;
    this.retries = parts.retries;
  }

  /** Known to have no device at all. */
  hasNone(userId: string): boolean {
    return this.#withoutDevice.has(userId);
  }

  tokenRegistered(userId: string): void {
    this.#withoutDevice.delete(userId);
  }

  /** Resolves when each was sent, given up or put off. Throws when the store does not answer. */
  async deliver(tasks: readonly Task[]): Promise<void> {
    const devices = await this.#devicesOf(tasks);
    const reached = tasks.filter(task => devices.has(task.userId));
    if (reached.length === 0) return;
    const { due, results } = await this.#dueNow(reached);
    const { push } = this.#chat.stores;
    const firsts = due.filter(task => task.type === 'MESSAGE' && task.attempt === 0);
    await push.show(firsts.map(shownOf), this.#now());
    const answers = await this.#send(due, devices);
    await this.#settle(due, answers);
    for (const { task, token, outcome } of answers) {
      const { kind, reason = null } = outcome;
      const { id: tokenId, platform } = token;
      results.push([task, { userId: task.userId, tokenId, platform, outcome: kind, reason }]);
    }
    await push.log(logOf(results, this.#now()));
  }

  #now(): Date {
    return new Date(this.#chat.clock.now());
  }

  async #devicesOf(tasks: readonly Task[]): Promise<Map<string, PushToken[]>> {
    const userIds = [...new Set(tasks.map(({ userId }) => userId))];
    const devices = new Map<string, PushToken[]>();
    for (const token of await this.#chat.stores.push.tokensOf(userIds)) {
      const own = devices.get(token.userId);
      if (own) own.push(token);
      else devices.set(token.userId, [token]);
    }
    for (const userId of userIds) if (!devices.has(userId)) this.#withoutDevice.set(userId, true);
    return devices;
  }

  /** Without whoever wants no pushes now, and without retries of what is shown no more. */
  async #dueNow(tasks: readonly Task[]): Promise<{ due: Task[]; results: [Task, PushResult][] }> {
    const messages = tasks.filter(({ type }) => type === 'MESSAGE');
    const retried = messages.filter(({ attempt }) => attempt > 0);
    const [quiet, blocks, shown] = await Promise.all([
      messages.length > 0 ? this.#chat.stores.push.quietOf(usersOf(messages)) : null,
      this.#blocksOf(messages),
      retried.length > 0 ? this.#stillShown(retried) : null,
    ]);
    const now = this.#chat.clock.now();
    const why = (task: Task): PushResult['outcome'] | null => {
      if (task.type === 'RETRACT') return null;
      if (task.attempt > 0 && !shown!.has(keyOf(task))) return 'SUPERSEDED';
      if (blocks.get(task.authorId!)?.has(task.userId)) return 'BLOCKED';
      const hours = quiet!.get(task.userId);
      return hours && isQuiet(hours, now) ? 'DO_NOT_DISTURB' : null;
    };
    const due: Task[] = [];
    const results: [Task, PushResult][] = [];
    for (const task of tasks) {
      const outcome = why(task);
      if (outcome === null) due.push(task);
      else
        results.push([task, { userId: task.userId, tokenId: null, platform: null, outcome, reason: null }]);
    }
    return { due, results };
  }

  /** Author -> those of their receivers who blocked them. */
  async #blocksOf(tasks: readonly Task[]): Promise<Map<string, ReadonlySet<string>>> {
    const receivers = new Map<string, string[]>();
    for (const { authorId, userId } of tasks) {
      const known = receivers.get(authorId!);
      if (known) known.push(userId);
      else receivers.set(authorId!, [userId]);
    }
    const blocks = new Map<string, ReadonlySet<string>>();
    for (const [authorId, among] of receivers) blocks.set(authorId, await this.#blockersOf(authorId, among));
    return blocks;
  }

  async #stillShown(tasks: readonly Task[]): Promise<Set<string>> {
    const roomIds = [...new Set(tasks.map(({ roomId }) => roomId))];
    const shown = await this.#chat.stores.push.shown({ roomIds, userIds: usersOf(tasks) });
    return new Set(shown.map(keyOf));
  }

  async #send(tasks: readonly Task[], devices: Map<string, PushToken[]>): Promise<Answered[]> {
    const badges = await badgesOf(this.#chat, usersOf(tasks));
    const targets = tasks.flatMap(task =>
      devices
        .get(task.userId)!
        .filter(token => task.tokenIds?.has(token.id) ?? true)
        .map(token => ({ task, token })),
    );
    const answered: Answered[] = [];
    for (let i = 0; i < targets.length; i += this.#sender.maxBatch) {
      const some = targets.slice(i, i + this.#sender.maxBatch);
      const batch = some.map(({ task, token: { token, platform } }) => ({
        token,
        platform,
        message: messageOf(task, badges.get(task.userId) ?? 0),
      }));
      const outcomes = await this.#sender.send(batch).catch((error: unknown): PushOutcome[] => {
        this.#chat.reporter.problem('sending pushes', error);
        return some.map(() => ({ kind: 'retry', reason: reasonOf(error) }));
      });
      some.forEach((target, j) => answered.push({ ...target, outcome: outcomes[j]! }));
    }
    return answered;
  }

  /** Dead tokens go, what may work later is put off, and what was read while it was being sent is taken away. */
  async #settle(tasks: readonly Task[], answers: readonly Answered[]): Promise<void> {
    const { push } = this.#chat.stores;
    await push.dropTokens(answers.filter(({ outcome }) => outcome.kind === 'gone').map(({ token }) => token));
    const ok = new Set<Task>();
    const later = new Map<Task, Set<string>>();
    for (const { task, token, outcome } of answers) {
      if (outcome.kind === 'ok') ok.add(task);
      if (outcome.kind === 'retry') later.set(task, (later.get(task) ?? new Set()).add(token.id));
    }
    for (const [task, tokenIds] of later) {
      if (!this.retries.add({ ...task, attempt: task.attempt + 1, tokenIds })) later.delete(task);
    }
    const messages = tasks.filter(({ type }) => type === 'MESSAGE');
    const nowhere = messages.filter(task => task.attempt === 0 && !ok.has(task) && !later.has(task));
    if (nowhere.length > 0) await push.take(nowhere.map(shownOf));
    const arrived = messages.filter(task => ok.has(task));
    if (arrived.length === 0) return;
    const shown = await this.#stillShown(arrived);
    const read = arrived.filter(task => !shown.has(keyOf(task)));
    if (read.length > 0) await this.deliver(read.map(asRetraction));
  }
}

export const asRetraction = ({ userId, roomId, messageId, seq }: Shown): Task => ({
  type: 'RETRACT',
  userId,
  roomId,
  messageId,
  seq,
  title: '',
  body: '',
  authorId: null,
  attempt: 0,
  tokenIds: null,
});

const shownOf = ({ userId, roomId, messageId, seq }: Task): Shown => ({ userId, roomId, messageId, seq });
const keyOf = ({ userId, roomId, messageId }: Shown): string => `${roomId} ${messageId} ${userId}`;
const usersOf = (tasks: readonly Task[]): string[] => [...new Set(tasks.map(({ userId }) => userId))];

const messageOf = ({ type, roomId, messageId, title, body }: Task, badge: number): PushMessage =>
  type === 'MESSAGE' ? { type, roomId, messageId, badge, title, body } : { type, roomId, messageId, badge };

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code.slice(0, 100) : 'unknown';
}

function logOf(results: readonly [Task, PushResult][], at: Date): PushLogEntry[] {
  const entries = new Map<string, PushLogEntry>();
  for (const [{ type, roomId, messageId }, result] of results) {
    if (type !== 'MESSAGE') continue;
    const entry = entries.get(messageId) ?? { messageId, roomId, at, results: [] };
    entry.results.push(result);
    entries.set(messageId, entry);
  }
  return [...entries.values()];
}
