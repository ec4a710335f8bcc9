import { RecentChanges } from '../messages/recent.ts';
import type { Announcement, Member, Message, Room } from '../model.ts';
import type { RoomSettings, Uncounted } from '../ports.ts';
import { asHidden } from '../messages/hidden.ts';
import { Readers } from '../reads/readers.ts';
import { Counting, type Known } from './counting.ts';

/** A member as others may see them: one whose joining is not in the log yet is none. */
export const isPresent = (member: Member): boolean => member.pending?.act !== 'join';

/** Keeps the room in memory while something is done with it. */
export async function holding<T>(live: LiveRoom, work: () => Promise<T>): Promise<T> {
  live.holds++;
  try {
    return await work();
  } finally {
    live.holds--;
  }
}

/** The oldest member, where there is no master among them. */
export function heirOf(members: Iterable<Member>): Member | null {
  const present = [...members].filter(isPresent);
  return present.some(member => member.master) ? null : (present[0] ?? null);
}

/** Each message as those see it who hid it: for many receivers it is one object. */
const hiddenLast = new WeakMap<Message, Message>();

/** The last message of a room as this member may see it: none from before they joined, nothing of what they hid. */
export function lastMessageOf({ rules, lastMessage }: Room, member: Member): Message | null {
  if (!lastMessage || (!rules.canSeeHistory && lastMessage.seq <= member.joinedSeq)) return null;
  if (member.lastHiddenSeq < lastMessage.seq) return lastMessage;
  let hidden = hiddenLast.get(lastMessage);
  if (!hidden) hiddenLast.set(lastMessage, (hidden = asHidden(lastMessage)));
  return hidden;
}

/** The newest announcement for somebody from whom messages up to `floor` are hidden; a text of its own is for all. */
export const seenAnnouncement = ({ lastAnnouncement }: Room, floor: number): Announcement | null =>
  lastAnnouncement && isSeen(lastAnnouncement, floor) ? lastAnnouncement : null;

export const isSeen = ({ messageId, seq }: Announcement, floor: number): boolean =>
  messageId === null || seq > floor;

/**
 * A room that this node has in its hands: the room, all its members, who views it here, and what unread counts
 * need. It is the state *as told*: it changes when an event is applied, never before.
 */
export class LiveRoom {
  readonly room: Room;
  readonly members = new Map<string, Member>();
  /** User id -> ids of the connections of this node that view the room. */
  readonly viewers = new Map<string, Set<string>>();
  /** The highest `seq` known to be in the log; runs ahead of `room.lastSeq` while messages are being told. */
  headSeq: number;
  /** False until the log was asked once for messages beyond the stored head. */
  headKnown = false;
  /** Grows with every change of the room or its members that clients see (not with messages). */
  version = 0;
  /** Members whose read position is ahead of the stored one. */
  readonly unsavedReads = new Set<string>();
  /** Those of them who said expressly that they have read, without moving. */
  readonly confirmedReads = new Set<string>();
  /** Members whose mark ended because they sent something; the stored one is still there. */
  readonly unsavedMarks = new Set<string>();
  /** Who has read up to where, as it was told. */
  readers: Readers;
  /** Unread and mention counts. */
  counts: Counting;
  unsavedHead = false;
  /** This node sent all pushes up to here; goes with the head into the store. */
  pushedSeq = 0;
  /** Operations that hold the room: it is not dropped from memory meanwhile. */
  holds = 0;
  removed = false;
  /** People who are being added: they count for the size of the room already. */
  coming = 0;
  /** SyncKeys of joinings and leavings that are under way here. */
  readonly acts = new Set<string>();
  /** Who is setting or ending a private mark: the end of the last such act. */
  readonly marking = new Map<string, Promise<void>>();
  /** Strangers who are becoming members, by user id. */
  readonly arriving = new Map<string, Promise<unknown>>();
  /** Which states of changed messages were told. */
  readonly changes = new RecentChanges();

  /** `known`: what counts need beside `uncounted`; nothing is below and nobody is mentioned unless it says so. */
  constructor(
    room: Room,
    members: Iterable<Member>,
    uncounted: Iterable<Uncounted>,
    known: { uncountedFloor?: number; mentions?: Known['mentions']; keep?: number } = {},
  ) {
    this.room = room;
    this.headSeq = room.lastSeq;
    for (const member of [...members].sort((a, b) => a.no - b.no)) this.members.set(member.userId, member);
    this.counts = new Counting({
      uncounted: { floor: known.uncountedFloor ?? 0, entries: uncounted },
      mentions: known.mentions ?? { floor: 0, entries: [] },
      ...(known.keep === undefined ? {} : { keep: known.keep }),
    });
    this.readers = new Readers(this.members.values());
  }

  get id(): string {
    return this.room.id;
  }

  /** True when nothing would be lost by forgetting this room. */
  get idle(): boolean {
    return this.viewers.size === 0 && this.holds === 0 && !this.unsavedHead && this.unsavedReads.size === 0;
  }

  masters(): Member[] {
    return [...this.members.values()].filter(member => member.master);
  }

  /** Messages at or below this `seq` are hidden from the member, who joined later. */
  hiddenUpTo(member: Member): number {
    return this.room.rules.canSeeHistory ? 0 : member.joinedSeq;
  }

  /** The last message as this member may see it. */
  lastMessageFor(member: Member): Message | null {
    return lastMessageOf(this.room, member);
  }

  /** The newest announcement, if this member may see it: one of a message is seen by those who see the message. */
  announcementFor(member: Member): Announcement | null {
    return seenAnnouncement(this.room, this.hiddenUpTo(member));
  }

  /**
   * Number of messages after the member's position that count as unread for them. Exact for whoever `countsReady`
   * was waited for, and for all who are not far behind.
   */
  unreadOf(member: Member): number {
    return this.counts.unread(member, this.room.lastSeq);
  }

  /** How many of them mention the member; exact where `unreadOf` is. */
  mentionsOf(member: Member): number {
    return this.counts.mentioned(member, this.room.lastSeq);
  }

  /** A message stops counting as unread: for one person, or (deleted) for all. */
  addUncounted(entry: Uncounted): void {
    this.counts.addUncounted(entry, this.members.values());
    this.room.lastUncountedSeq = Math.max(this.room.lastUncountedSeq, entry.seq);
  }

  /** A message was stored: what of it is not counted, and whom it mentions. */
  count(message: Message): void {
    const { seq, uncountedFor, deleted, mentions } = message;
    if (uncountedFor !== null) this.addUncounted({ seq, for: uncountedFor });
    if (deleted) this.addUncounted({ seq, for: null });
    else if (mentions.length > 0) {
      this.counts.addMention({ seq, userIds: mentions }, this.members.values());
      this.room.lastMentionSeq = Math.max(this.room.lastMentionSeq, seq);
    }
  }

  /** Moves a read position forward, in memory; true when it moved. */
  read(member: Member, seq: number, messageId: string | null, at: Date): boolean {
    if (seq <= member.lastReadSeq) return false;
    member.lastReadSeq = seq;
    member.lastReadMessageId = messageId;
    member.lastReadAt = at;
    this.unsavedReads.add(member.userId);
    if (member.unreadFromSeq === null) this.counts.forget(member.userId);
    return true;
  }

  /** A position that stays is confirmed: only its time moves. */
  readAgain(member: Member, at: Date): void {
    member.lastReadAt = at;
    this.unsavedReads.add(member.userId);
    this.confirmedReads.add(member.userId);
  }

  /** A private mark, or its end: the unread count starts there; the read position stays. */
  mark(member: Member, unreadFromSeq: number | null): void {
    member.unreadFromSeq = unreadFromSeq;
    this.unsavedMarks.delete(member.userId);
    this.counts.forget(member.userId);
  }

  /** The member is out: nothing of theirs is to be written or counted any more. */
  drop(userId: string): void {
    this.members.delete(userId);
    this.viewers.delete(userId);
    this.unsavedReads.delete(userId);
    this.unsavedMarks.delete(userId);
    this.confirmedReads.delete(userId);
    this.readers.drop(userId);
    this.counts.forget(userId);
  }

  /**
   * Takes over what the store has, where much was written past this node: room, members with their read positions,
   * and what does not count. Messages that were told here meanwhile stay told.
   */
  adopt(stored: LiveRoom): void {
    const { lastSeq, lastMessage, updatedAt } = this.room;
    Object.assign(
      this.room,
      stored.room,
      lastSeq > stored.room.lastSeq ? { lastSeq, lastMessage, updatedAt } : {},
    );
    for (const [userId, member] of stored.members) {
      const mine = this.members.get(userId);
      const { lastReadSeq, lastReadMessageId, lastReadAt } = mine ?? member;
      const isAhead = lastReadSeq > member.lastReadSeq;
      const read = isAhead ? { lastReadSeq, lastReadMessageId, lastReadAt } : {};
      if (mine) Object.assign(mine, member, read);
    }
    this.counts = stored.counts;
    this.readers = new Readers(this.members.values());
    this.headSeq = Math.max(this.headSeq, stored.headSeq);
    this.headKnown = false;
    this.version++;
  }

  applySettings(settings: RoomSettings, at: Date): void {
    Object.assign(this.room, settings, { rules: { ...this.room.rules, ...settings.rules } });
    this.room.updatedAt = at;
    this.version++;
  }

  view(userId: string, connectionId: string): void {
    const connections = this.viewers.get(userId);
    if (connections) connections.add(connectionId);
    else this.viewers.set(userId, new Set([connectionId]));
  }

  /** Returns false when that connection did not view the room. */
  unview(userId: string, connectionId: string): boolean {
    const connections = this.viewers.get(userId);
    if (!connections?.delete(connectionId)) return false;
    if (connections.size === 0) this.viewers.delete(userId);
    return true;
  }
}
