import type { Chat } from '../chat.ts';
import { EXPIRED, isAlarm, type Room } from '../model.ts';
import type { RoomSettings } from '../ports.ts';
import type { LiveRoom } from './live.ts';

/** Ends that are nearer than this get a timer; later ones are found by the next look. Milliseconds. */
const HORIZON = 60_000;
/** After a fault of the store it is asked again in this time. */
const RETRY = 1_000;
const AT_ONCE = 200;

/** The end of the room has come and was acted upon. */
export const isExpired = (room: Room): boolean => room.freezingReasonCode === EXPIRED && room.rules.isFreezed;

/** The end is taken away, or put off beyond `at`; false also when nothing was said of it. */
export const isLater = (expiresAt: Date | null | undefined, at: Date): boolean =>
  expiresAt === null || (expiresAt !== undefined && expiresAt > at);

/**
 * A room whose end was put off lives again, if it was its end that froze it; what has to be told of that is added
 * to `settings`. Called after the later end is stored, so that no node can close the room again meanwhile.
 */
export async function reopen(
  chat: Chat,
  { id, room }: LiveRoom,
  settings: RoomSettings,
  at: Date,
): Promise<void> {
  if (isAlarm(room.roomType)) return;
  const thawed: RoomSettings = {
    rules: { isFreezed: settings.rules?.isFreezed ?? false },
    freezingReasonCode: settings.freezingReasonCode ?? null,
  };
  if (await chat.stores.rooms.reopen(id, thawed, at)) {
    Object.assign(settings, thawed, { rules: { ...settings.rules, ...thawed.rules } });
  }
}

/**
 * Closes rooms when their `expiresAt` passes: frozen, with the reason EXPIRED, and `room.expired` told on every node
 * that has the room in its hands. One timer for the nearest end, and a look into the store every minute, which also
 * finds what other nodes were told and what passed while nobody ran. The store lets one node win.
 */
export class Expiry {
  readonly #chat: Chat;
  #timer: NodeJS.Timeout | null = null;
  #wakeAt = Infinity;
  #isRunning = false;
  #looking: Promise<void> | null = null;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  start(): void {
    this.#isRunning = true;
    this.#wake(this.#chat.clock.now());
  }

  /** Resolves when a look that is under way has ended. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking;
  }

  /** A room was made or changed: its end may be the nearest now. */
  noticed({ expiresAt }: Room): void {
    if (expiresAt && expiresAt.getTime() < this.#wakeAt) this.#wake(expiresAt.getTime());
  }

  /** Closes whatever is due, now. Resolves when that is done. */
  async sweep(): Promise<void> {
    await (this.#looking ??= this.#look().finally(() => (this.#looking = null)));
  }

  #wake(at: number): void {
    if (!this.#isRunning) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#wakeAt = at;
    const wait = Math.min(HORIZON, Math.max(1, at - this.#chat.clock.now()));
    this.#timer = setTimeout(() => void this.sweep(), wait);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { clock, stores, reporter } = this.#chat;
    this.#wakeAt = Infinity;
    let next = clock.now() + HORIZON;
    try {
      const near = await stores.rooms.expiring(new Date(next), AT_ONCE);
      const now = clock.now();
      for (const { roomId, expiresAt } of near) {
        if (expiresAt.getTime() <= now) await this.#close(roomId, new Date(now));
        else next = Math.min(next, expiresAt.getTime());
      }
      if (near.length === AT_ONCE) next = now;
    } catch (error) {
      reporter.problem('closing rooms that expired', error);
      next = clock.now() + RETRY;
    }
    // A room that was noticed meanwhile may be nearer still.
    this.#wake(Math.min(next, this.#wakeAt));
  }

  async #close(roomId: string, at: Date): Promise<void> {
    const settings: RoomSettings = { rules: { isFreezed: true }, freezingReasonCode: EXPIRED };
    // It has to be in this node's hands, as it was before, for `room.expired` to be told somewhere.
    await this.#chat.registry.get(roomId);
    if (!(await this.#chat.stores.rooms.expire(roomId, settings, at))) return;
    this.#chat.bus.publish({ type: 'room.changed', roomId, settings, at });
  }
}
