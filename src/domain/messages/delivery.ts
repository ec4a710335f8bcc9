import { isDeparture, type Member, type Message } from '../model.ts';
import type { MemberStore, MessageLog, Reporter } from '../ports.ts';
import type { Events } from '../events.ts';
import { heirOf, type LiveRoom } from '../rooms/live.ts';

interface Hint {
  messages: Message[];
  joined: Member[];
}

/** People who join: those that the hint told of, and those that the store has now. */
interface Newcomers {
  given: readonly Member[];
  stored: readonly Member[];
}

export interface DeliveryParts {
  log: MessageLog;
  members: MemberStore;
  events: Events;
  reporter: Reporter;
  /** What was said of the room could not be told: the log has to be asked again. */
  onDoubt: (live: LiveRoom) => void;
  /** Something of the room has to be written behind. */
  onDirty: (live: LiveRoom) => void;
}

/**
 * Applies stored messages to the rooms of this node and tells them, in `seq` order: repeats are dropped, and a hole
 * in what the bus said is filled from the log before anything behind it is told.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  /** Hints that wait for a hole to be filled. */
  readonly #waiting = new Map<LiveRoom, Hint[]>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Takes a hint from the bus. What continues the room is told at once, in this same turn. */
  accept(live: LiveRoom, hint: Hint): void {
    const queue = this.#waiting.get(live);
    if (queue) {
      queue.push(hint);
      return;
    }
    const messages = hint.messages.filter(message => message.seq > live.room.lastSeq);
    if (messages.length === 0) return;
    if (isContinuation(live, messages) && !this.#lacksMembers(live, messages, hint.joined)) {
      this.#apply(live, messages, { given: hint.joined, stored: [] });
      return;
    }
    this.#waiting.set(live, [hint]);
    void this.#fill(live);
  }

  async #fill(live: LiveRoom): Promise<void> {
    const queue = this.#waiting.get(live)!;
    try {
      while (queue.length > 0) {
        const hint = queue[0]!;
        const upTo = Math.max(...hint.messages.map(message => message.seq));
        const messages = await this.#complete(live, hint, upTo);
        const newcomers = await this.#newcomers(live, messages, hint.joined);
        if (messages.length > 0) this.#apply(live, messages, newcomers);
        queue.shift();
      }
    } catch (error) {
      this.#parts.reporter.problem('filling a hole from the log', error);
      live.headSeq = live.room.lastSeq;
      this.#parts.onDoubt(live);
    } finally {
      this.#waiting.delete(live);
    }
  }

  async #complete(live: LiveRoom, hint: Hint, upTo: number): Promise<Message[]> {
    const known = hint.messages.filter(message => message.seq > live.room.lastSeq);
    if (known.length === 0 || isContinuation(live, known)) return known;
    return this.#parts.log.range(live.id, live.room.lastSeq, upTo);
  }

  /** Whether somebody joins of whom neither the room nor the hint knows more than the id. */
  #lacksMembers(live: LiveRoom, messages: Message[], joined: Member[]): boolean {
    if (!messages.some(message => message.act)) return false;
    const known = new Set(live.members.keys());
    const given = new Set(joined.map(member => member.userId));
    for (const { act, seq } of messages) {
      for (const userId of act?.userIds ?? []) {
        if (!isDeparture(act!)) {
          if (!known.has(userId) && !given.has(userId)) return true;
          known.add(userId);
        } else if (!isLaterMembership(live.members.get(userId), seq)) known.delete(userId);
      }
    }
    return false;
  }

  async #newcomers(live: LiveRoom, messages: Message[], given: Member[]): Promise<Newcomers> {
    if (!this.#lacksMembers(live, messages, given)) return { given, stored: [] };
    return { given, stored: await this.#parts.members.ofRooms([live.id]) };
  }

  /** Each act is told with what follows it: what came before goes to the members of before. */
  #apply(live: LiveRoom, messages: Message[], newcomers: Newcomers): void {
    let from = 0;
    for (let to = 1; to <= messages.length; to++) {
      if (to < messages.length && !messages[to]!.act) continue;
      this.#applyRun(live, messages.slice(from, to), newcomers);
      from = to;
    }
  }

  #applyRun(live: LiveRoom, run: Message[], newcomers: Newcomers): void {
    const messages = run.map(message => live.changes.newest(message));
    const joined: Member[] = [];
    const left: Member[] = [];
    for (const message of messages) {
      if (message.act) applyAct(live, message, newcomers, joined, left);
      live.room.lastSeq = message.seq;
      live.room.lastMessage = message;
      live.room.updatedAt = message.createdAt;
      live.count(message);
      const author = live.members.get(message.author.authorId);
      // Sending reads up to it, unless the platform sent in someone's name.
      if (author && message.uncountedFor !== author.userId) {
        readByWriting(live, author, message);
      }
    }
    const last = messages.at(-1)!;
    live.headSeq = Math.max(live.headSeq, last.seq);
    for (const userId of live.viewers.keys()) {
      const viewer = live.members.get(userId);
      if (viewer) live.read(viewer, last.seq, last.id, last.createdAt);
    }
    this.#parts.onDirty(live);
    this.#parts.events.emit('messages.created', { live, messages, joined, left });
  }
}

const isContinuation = (live: LiveRoom, messages: readonly Message[]): boolean =>
  messages.every((message, i) => message.seq === live.room.lastSeq + 1 + i);

/**
 * A room that was loaded from a store that is ahead of its head has members who left and came back since: what the
 * log tells of their earlier membership is not about the one they have now.
 */
const isLaterMembership = (member: Member | undefined, seq: number): boolean =>
  member !== undefined && seq <= member.joinedSeq;

/** Whether this membership is the one that begins with the message `seq`. */
const begins = (member: Member, seq: number): boolean =>
  member.pending?.act === 'join' || member.joinedSeq === seq - 1;

/** Whoever writes has the whole room before them: a mark of theirs ends. One made since stays. */
function readByWriting(live: LiveRoom, author: Member, { seq, id, createdAt }: Message): void {
  if (!live.read(author, seq, id, createdAt) || author.unreadFromSeq === null) return;
  live.mark(author, null);
  live.unsavedMarks.add(author.userId);
}

/** The ADMIN message of a joining, leaving or kick IS the event: members change here and nowhere else. */
function applyAct(
  live: LiveRoom,
  message: Message,
  newcomers: Newcomers,
  joined: Member[],
  left: Member[],
): void {
  const act = message.act!;
  for (const userId of act.userIds) {
    const present = live.members.get(userId);
    if (isDeparture(act)) {
      if (!present || isLaterMembership(present, message.seq)) continue;
      live.drop(userId);
      left.push(present);
    } else if (!present) {
      const isIt = (member: Member) => member.userId === userId;
      const newcomer =
        newcomers.given.find(isIt) ??
        newcomers.stored.find(member => isIt(member) && begins(member, message.seq));
      if (!newcomer) continue;
      const member: Member = {
        ...newcomer,
        pending: null,
        joinedSeq: message.seq - 1,
        lastReadSeq: message.seq,
        lastReadMessageId: message.id,
        lastReadAt: null,
        unreadFromSeq: null,
        lastHiddenSeq: 0,
      };
      live.members.set(userId, member);
      live.readers.add(member);
      joined.push(member);
    }
  }
  const heir = act.inherits && left.some(member => member.master) ? heirOf(live.members.values()) : null;
  if (heir) heir.master = true;
  live.room.memberCount = live.members.size;
  live.version++;
}
