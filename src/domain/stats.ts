import type { Chat } from './chat.ts';
import { ROOM_TYPES, type RoomType } from './model.ts';

export interface Stats {
  rooms: Record<RoomType, number>;
  users: number;
  messages: number;
  /** The last 30 days (UTC), oldest first; null where counting would take too long. */
  messagesPerDay: { day: string; count: number | null }[];
}

const DAY = 86_400_000;
const DAYS = 30;
/** Figures are as old as this at most, in milliseconds. */
const FRESH = 60_000;
/** All days together may be counted for so long, in milliseconds. */
const PATIENCE = 2_000;

/** Figures of the whole store, from cheap sources, counted once a minute at most. */
export class StatsDesk {
  readonly #chat: Chat;
  /** Days that are over keep their number. */
  readonly #days = new Map<string, number>();
  #kept: { at: number; stats: Promise<Stats> } | null = null;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  async read(): Promise<Stats> {
    const now = this.#chat.clock.now();
    if (!this.#kept || now - this.#kept.at > FRESH) this.#kept = { at: now, stats: this.#count(now) };
    try {
      return await this.#kept.stats;
    } catch (error) {
      this.#kept = null;
      throw error;
    }
  }

  async #count(now: number): Promise<Stats> {
    const { stats } = this.#chat.stores;
    const [byType, users, messages, messagesPerDay] = await Promise.all([
      stats.roomsByType(),
      stats.users(),
      stats.messages(),
      this.#perDay(now),
    ]);
    const rooms = Object.fromEntries(ROOM_TYPES.map(type => [type, byType[type] ?? 0])) as Stats['rooms'];
    return { rooms, users, messages, messagesPerDay };
  }

  async #perDay(now: number): Promise<Stats['messagesPerDay']> {
    const today = Math.floor(now / DAY) * DAY;
    const until = Date.now() + PATIENCE;
    const days: Stats['messagesPerDay'] = [];
    for (let at = today; at > today - DAYS * DAY; at -= DAY) {
      const day = new Date(at).toISOString().slice(0, 10);
      const left = until - Date.now();
      const count =
        this.#days.get(day) ??
        (left > 0
          ? await this.#chat.stores.stats.messagesBetween(new Date(at), new Date(at + DAY), left)
          : null);
      if (count !== null && at < today) this.#days.set(day, count);
      days.unshift({ day, count });
    }
    for (const day of this.#days.keys()) if (day < days[0]!.day) this.#days.delete(day);
    return days;
  }
}
