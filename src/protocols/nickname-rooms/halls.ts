import type { Chat } from '../../domain/chat.ts';
import { maySeeMember } from '../../domain/access.ts';
import type { Member, Message } from '../../domain/model.ts';
import type { RosterEntry } from '../../domain/ports.ts';
import { stopViewing } from '../../domain/reads/reads.ts';
import { PATIENCE, Roster } from '../../domain/roster/roster.ts';
import { isExpired } from '../../domain/rooms/expiry.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import { isAnonymous } from '../../domain/rooms/visit.ts';
import { answersPing, cutOff } from '../kit/alive.ts';
import { Broadcast } from '../kit/broadcast.ts';
import { Coalescer } from '../kit/coalescer.ts';
import type { FileLink } from '../kit/files.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { ALERTS, LINES, refused, type AlertType } from './catalogue.ts';
import { presentLine, presentUsers, systemLine, type Clock12, type MessageView } from './present.ts';
import type { Session } from './session.ts';

/** A connection's stay in a room. */
export interface Visit {
  readonly live: LiveRoom;
  /** The number as the client sent it. */
  readonly room: string;
  /** Messages at or below this `seq` are hidden. */
  readonly floor: number;
  /** The end that the client was told. */
  expiresAt: Date | null;
  /** Messages that wait until the history was sent; null: none have to. */
  held: Message[] | null;
}

const NAME = 'nickname-rooms';
/** Lists of rooms above this size come at most once in this time, in milliseconds. */
const LARGE = 100;
const CALM = 500;

export interface HallOptions {
  clock: Clock12;
  linkOf: FileLink;
}

/** Who of this node is in which room, and what they are told there. */
export class Halls {
  readonly roster: Roster;
  readonly #chat: Chat;
  readonly #options: HallOptions;
  readonly #inside = new Map<string, Set<Session>>();
  readonly #broadcast: Broadcast;
  readonly #calm: Coalescer<LiveRoom>;

  constructor(parts: ProtocolParts, sessionOf: (id: string) => Session | undefined, options: HallOptions) {
    const { chat } = parts;
    this.#chat = chat;
    this.#options = options;
    this.#broadcast = new Broadcast(parts.outbox, parts.metrics);
    this.#calm = new Coalescer(CALM, live => this.#tellUsers(live));
    this.roster = new Roster(chat, {
      name: NAME,
      isAlive: async id => {
        const session = sessionOf(id);
        return session !== undefined && answersPing(session.socket, PATIENCE);
      },
      oust: id => {
        const session = sessionOf(id);
        if (!session) return;
        this.#out(session);
        cutOff(session.socket);
      },
    });
    const { events } = chat;
    events.on('messages.created', ({ live, messages, left }) => this.#created(live, messages, left));
    events.on('room.changed', ({ live }) => this.#changed(live));
    events.on('room.expired', ({ live }) => this.#expired(live));
    events.on('room.removed', ({ live }) => this.#evict(this.#in(live), 'E12'));
    events.on('roster.changed', ({ roster, was, now }) => {
      if (roster === NAME) this.#moved(was, now);
    });
  }

  stop(): void {
    this.#calm.stop();
    this.roster.stop();
  }

  /** The socket is in the room from this moment on; what is said meanwhile waits for `open`. */
  enter(session: Session, live: LiveRoom, room: string, floor: number): Visit {
    const visit: Visit = { live, room, floor, expiresAt: live.room.expiresAt, held: [] };
    session.visit = visit;
    // A guest is no viewer, and nothing but the visit keeps their room in memory.
    live.holds++;
    const inside = this.#inside.get(live.id) ?? new Set();
    this.#inside.set(live.id, inside.add(session));
    return visit;
  }

  /** The history was sent: the list, the news of the coming and what was said since follow. */
  open(session: Session, visit: Visit): void {
    this.#tellTimeout(session, visit);
    const { socket, actor, nickname, kind } = session;
    const entry = {
      id: socket.id,
      room: visit.live.id,
      name: nickname,
      userId: actor.userId,
      kind,
      isOff: false,
    };
    const held = visit.held ?? [];
    visit.held = null;
    this.roster.put(entry);
    for (const message of held)
      this.tell([session], 'message', presentLine(message, this.viewOf(visit.live)));
  }

  /** Once more, for one who is in the room and joins it again. */
  welcome(session: Session, visit: Visit): void {
    this.#tellTimeout(session, visit);
    this.#tellUsers(visit.live);
  }

  /** Leaves the room; `off`: stays on its list. False when the socket was in none. */
  leave(session: Session, off = false): boolean {
    const entry = this.roster.get(session.socket.id);
    const wasIn = this.#out(session);
    if (off && wasIn && entry) this.roster.put({ ...entry, isOff: true });
    else this.roster.drop(session.socket.id);
    return wasIn || (!off && entry !== null);
  }

  /** Nobody else of this person is in the room who answers; who does not gives way. Errors: E15. */
  async requireAlone(session: Session, live: LiveRoom): Promise<void> {
    for (const other of this.#others(session, live)) {
      if (await this.roster.isAlive(other)) throw refused('E15');
      this.roster.oust(other);
    }
  }

  /** All may have changed while we waited: who came meanwhile is surely there, and who was put out is no member. */
  requireStillWelcome(session: Session, live: LiveRoom): void {
    if (!session.socket.connected) throw refused('E19');
    if (!isAnonymous(session.actor) && !live.members.has(session.actor.userId)) throw refused('E12');
    if (this.#others(session, live).length > 0) throw refused('E15');
  }

  viewOf(live: LiveRoom): MessageView {
    const names = new Map<string, string>();
    for (const { userId, name, isOff } of this.roster.of(live.id))
      if (userId && !isOff) names.set(userId, name);
    return { ...this.#options, nicknameOf: userId => names.get(userId) };
  }

  tell(sessions: readonly Session[], event: string, data: unknown): void {
    this.#broadcast.send(
      sessions.map(({ socket }) => socket),
      event,
      data,
    );
  }

  alert(session: Session, type: AlertType): void {
    for (const event of ['alert', 'chat_error']) this.tell([session], event, { type, text: ALERTS[type] });
  }

  #in(live: LiveRoom): Session[] {
    return [...(this.#inside.get(live.id) ?? [])];
  }

  /** Other connections of this person in the room, on any node; the anonymous ones are not one person. */
  #others({ actor, socket }: Session, live: LiveRoom): string[] {
    if (isAnonymous(actor)) return [];
    const { userId } = actor;
    const listed = this.roster.of(live.id).filter(entry => entry.userId === userId && !entry.isOff);
    const coming = this.#in(live).filter(other => other.actor.userId === userId);
    const ids = new Set([...listed.map(({ id }) => id), ...coming.map(other => other.socket.id)]);
    ids.delete(socket.id);
    return [...ids];
  }

  #out(session: Session): boolean {
    const { visit, actor, socket } = session;
    if (!visit) return false;
    session.visit = null;
    visit.live.holds--;
    const inside = this.#inside.get(visit.live.id);
    inside?.delete(session);
    if (inside?.size === 0) this.#inside.delete(visit.live.id);
    stopViewing(this.#chat, actor.userId, visit.live.id, socket.id);
    return true;
  }

  /** Sends people out; they are told why, and each other's going they are not. */
  #evict(sessions: readonly Session[], type: AlertType | null): void {
    for (const session of sessions) this.#out(session);
    for (const session of sessions) {
      if (type) this.alert(session, type);
      this.roster.drop(session.socket.id);
    }
  }

  #created(live: LiveRoom, messages: readonly Message[], left: readonly Member[]): void {
    const gone = new Set(left.map(({ userId }) => userId));
    if (gone.size > 0)
      this.#evict(
        this.#in(live).filter(({ actor }) => gone.has(actor.userId)),
        'E18',
      );
    const sessions = this.#in(live);
    if (sessions.length === 0) return;
    const ready: Session[] = [];
    for (const session of sessions) {
      const held = session.visit?.held;
      if (held) held.push(...messages);
      else ready.push(session);
    }
    const view = this.viewOf(live);
    for (const message of messages) this.tell(ready, 'message', presentLine(message, view));
  }

  #changed(live: LiveRoom): void {
    if (isExpired(live.room)) return;
    for (const session of this.#in(live)) {
      const { visit } = session;
      if (visit && visit.expiresAt?.getTime() !== live.room.expiresAt?.getTime())
        this.#tellTimeout(session, visit);
    }
  }

  #tellTimeout(session: Session, visit: Visit): void {
    visit.expiresAt = visit.live.room.expiresAt;
    if (!visit.expiresAt) return;
    this.tell([session], 'timeout', Math.max(0, visit.expiresAt.getTime() - this.#chat.clock.now()));
  }

  #expired(live: LiveRoom): void {
    const sessions = this.#in(live);
    for (const session of sessions) this.tell([session], 'expired', { room: session.visit!.room });
    this.#tellLine(sessions, LINES.expired);
    this.#evict(sessions, null);
  }

  #moved(was: RosterEntry | null, now: RosterEntry | null): void {
    const { room, userId, name } = (now ?? was)!;
    const sessions = [...(this.#inside.get(room) ?? [])];
    const live = sessions[0]?.visit?.live;
    if (!live) return;
    if (this.roster.sizeOf(room) > LARGE) this.#calm.call(live);
    else this.#tellUsers(live);
    const [wasIn, isIn] = [was, now].map(entry => entry !== null && !entry.isOff);
    if (wasIn === isIn) return;
    const witnesses = sessions.filter(session => maySee(live, session, userId!));
    this.#tellLine(witnesses, isIn ? LINES.came(name) : LINES.went(name));
  }

  #tellLine(sessions: readonly Session[], text: string): void {
    this.tell(sessions, 'message', systemLine(text, this.#chat.clock.now(), this.#options.clock));
  }

  #tellUsers(live: LiveRoom): void {
    const entries = this.roster.of(live.id);
    const { canShowMemberList } = live.room.rules;
    const groups = new Map<string, Session[]>();
    for (const session of this.#in(live)) {
      if (session.visit!.held) continue;
      const isFull = canShowMemberList || live.members.get(session.actor.userId)?.master === true;
      const key = JSON.stringify([session.visit!.room, isFull ? null : session.socket.id]);
      groups.set(key, [...(groups.get(key) ?? []), session]);
    }
    for (const group of groups.values()) {
      const [first] = group as [Session];
      const shown = entries.filter(({ userId }) => maySee(live, first, userId!));
      this.tell(group, 'roomUsers', presentUsers(first.visit!.room, shown));
    }
  }
}

/** Where the list of members is closed, others than masters see themselves and the masters. */
function maySee(live: LiveRoom, { actor }: Session, userId: string): boolean {
  if (live.room.rules.canShowMemberList || actor.userId === userId) return true;
  const viewer = live.members.get(actor.userId) ?? null;
  const member = live.members.get(userId);
  return member ? maySeeMember(live.room, viewer, member) : viewer?.master === true;
}
