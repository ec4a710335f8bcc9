import type { Chat } from '../chat.ts';
import type { Member, Room } from '../model.ts';
import type { RoomSettings } from '../ports.ts';
import type { LiveRoom } from './live.ts';

/** How often people's edits in a Mongo shell are looked for, in milliseconds, and in how many rooms at once. */
const INTERVAL = 3_000;
const ROOMS_AT_ONCE = 500;
/** Memberships that are compared at once; larger rooms show such edits when they are loaded again. */
const MEMBERS_AT_ONCE = 5_000;

const SETTINGS = [
  'name',
  'profileUrl',
  'link',
  'rules',
  'access',
  'meta',
  'freezingReasonCode',
  'opensAt',
  'expiresAt',
  'lastAnnouncement',
] as const;
const MEMBER_FIELDS = ['nickName', 'profileUrl', 'master', 'alarmOn', 'meta', 'mutedUntil'] as const;

/**
 * Compares the rooms in memory with the store, some at a time, and tells what somebody changed there by hand.
 * One query for rooms and one for memberships per interval, none when no room is in memory.
 */
export class Refresher {
  readonly #chat: Chat;
  #timer: NodeJS.Timeout | null = null;
  #next = 0;
  #busy = false;

  constructor(chat: Chat) {
    this.#chat = chat;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), INTERVAL);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.refresh(this.#some());
    } catch (error) {
      this.#chat.reporter.problem('looking for edits made by hand', error);
    } finally {
      this.#busy = false;
    }
  }

  /** The next rooms in turn. */
  #some(): LiveRoom[] {
    const all = [...this.#chat.registry.all()];
    if (this.#next >= all.length) this.#next = 0;
    const some = all.slice(this.#next, this.#next + ROOMS_AT_ONCE);
    this.#next += some.length;
    return some;
  }

  /** Compares these rooms with the store, now. A room that changes here meanwhile is left for the next time. */
  async refresh(lives: readonly LiveRoom[]): Promise<void> {
    if (lives.length === 0) return;
    const { rooms, members } = this.#chat.stores;
    const versions = new Map(lives.map(live => [live, live.version]));
    let budget = MEMBERS_AT_ONCE;
    const small = lives.filter(live => (budget -= live.members.size) >= 0);
    const [stored, memberships] = await Promise.all([
      rooms.byIds(lives.map(live => live.id)),
      small.length > 0 ? members.ofRooms(small.map(live => live.id)) : [],
    ]);
    const byId = new Map(stored.map(room => [room.id, room]));
    const inRoom = new Map<string, Member[]>();
    for (const member of memberships)
      inRoom.set(member.roomId, [...(inRoom.get(member.roomId) ?? []), member]);
    for (const [live, version] of versions) {
      if (live.removed || live.version !== version) continue;
      const room = byId.get(live.id);
      const settings = room && changedSettings(live.room, room);
      const people = applyMembers(live, inRoom.get(live.id) ?? []);
      if (settings || people) this.#tell(live, settings ?? {});
    }
  }

  #tell(live: LiveRoom, settings: RoomSettings): void {
    const at = new Date(this.#chat.clock.now());
    this.#chat.bus.publish({ type: 'room.changed', roomId: live.id, settings, at });
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function changedSettings(live: Room, stored: Room): RoomSettings | null {
  const keys = SETTINGS.filter(key => !same(live[key], stored[key]));
  return keys.length === 0 ? null : Object.fromEntries(keys.map(key => [key, stored[key]]));
}

function applyMembers(live: LiveRoom, stored: readonly Member[]): boolean {
  let changed = false;
  for (const member of stored) {
    const present = live.members.get(member.userId);
    if (!present || MEMBER_FIELDS.every(key => same(present[key], member[key]))) continue;
    Object.assign(present, Object.fromEntries(MEMBER_FIELDS.map(key => [key, member[key]])));
    changed = true;
  }
  return changed;
}
