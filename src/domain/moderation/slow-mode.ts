import type { Chat } from '../chat.ts';
import { ChatError } from '../errors.ts';
import type { Member, Message } from '../model.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** When somebody wrote last, and (until it is stored) with which syncKey. */
interface Turn {
  at: number;
  syncKey: string | null;
}

/** How far back the log is read for who wrote before this node had the room: messages at once, and in all. */
const PAGE = 500;
const MAX_PAGES = 10;

/**
 * In a room with `slowModeSeconds` members who are no masters write one message in so many seconds. What counts are
 * the messages that were delivered, on whatever node they were sent; what the platform writes in someone's name does
 * not. Rooms without the rule cost nothing.
 */
export class SlowMode {
  readonly #chat: Chat;
  readonly #turns = new WeakMap<LiveRoom, Map<string, Turn>>();
  /** Rooms of which the log is being read; what is delivered meanwhile is counted already. */
  readonly #learning = new WeakMap<LiveRoom, Promise<void>>();

  constructor(chat: Chat) {
    this.#chat = chat;
    chat.events.on('messages.created', ({ live, messages }) => {
      const turns = this.#turns.get(live);
      if (turns) for (const message of messages) count(turns, message);
    });
    chat.events.on('room.changed', ({ live }) => {
      if (live.room.rules.slowModeSeconds === 0) this.#turns.delete(live);
    });
  }

  /** Who wrote lately is known when this resolves; at once where it is, or need not be. */
  async learn(live: LiveRoom): Promise<void> {
    if (live.room.rules.slowModeSeconds === 0) return;
    if (this.#turns.has(live)) return this.#learning.get(live);
    const turns = new Map<string, Turn>();
    this.#turns.set(live, turns);
    const learning = this.#read(live, turns);
    this.#learning.set(live, learning);
    try {
      await learning;
    } catch (error) {
      this.#turns.delete(live);
      throw error;
    } finally {
      this.#learning.delete(live);
    }
  }

  /**
   * Takes the member's turn; the returned function gives it back when nothing was stored. The same syncKey again is
   * the same turn. Errors: RATE_LIMITED with `retryAfterMs`.
   */
  take(live: LiveRoom, member: Member, syncKey: string): () => void {
    const { slowModeSeconds } = live.room.rules;
    const turns = this.#turns.get(live);
    if (slowModeSeconds === 0 || !turns || member.master) return () => undefined;
    const now = this.#chat.clock.now();
    const last = turns.get(member.userId);
    const wait = last ? last.at + slowModeSeconds * 1_000 - now : 0;
    if (last?.syncKey === syncKey) return () => undefined;
    if (wait > 0) throw new ChatError('RATE_LIMITED', 'This room is in slow mode.', { retryAfterMs: wait });
    const turn: Turn = { at: now, syncKey };
    turns.set(member.userId, turn);
    return () => {
      if (turns.get(member.userId) !== turn) return;
      if (last) turns.set(member.userId, last);
      else turns.delete(member.userId);
    };
  }

  async #read(live: LiveRoom, turns: Map<string, Turn>): Promise<void> {
    const since = this.#chat.clock.now() - live.room.rules.slowModeSeconds * 1_000;
    for (let to = live.room.lastSeq, page = 0; to > 0 && page < MAX_PAGES; to -= PAGE, page++) {
      const messages = await this.#chat.stores.log.range(live.id, Math.max(0, to - PAGE), to);
      for (const message of messages) count(turns, message);
      if ((messages[0]?.createdAt.getTime() ?? 0) < since) break;
    }
  }
}

function count(turns: Map<string, Turn>, { author, createdAt, uncountedFor }: Message): void {
  if (uncountedFor === author.authorId) return;
  const last = turns.get(author.authorId);
  const at = createdAt.getTime();
  if (!last || last.at <= at) turns.set(author.authorId, { at, syncKey: last?.syncKey ?? null });
}
