import type { Member } from '../model.ts';
import type { Mention, Uncounted } from '../ports.ts';
import { KEPT, Tally } from './tally.ts';

/** The `seq` from which on messages count as unread for this member. */
export const unreadFrom = (member: Pick<Member, 'unreadFromSeq' | 'lastReadSeq'>): number =>
  member.unreadFromSeq ?? member.lastReadSeq;

/** What a room is loaded with: the places above each floor, all of them. */
export interface Known {
  uncounted: { floor: number; entries: Iterable<Uncounted> };
  mentions: { floor: number; entries: Iterable<Mention> };
  /** Places of each kind that are kept at least. */
  keep?: number;
}

/** What the store has to say before the counts of a member are exact; `upTo` of 0: nothing of the kind. */
export interface Question {
  after: number;
  uncountedUpTo: number;
  mentionsUpTo: number;
  /** Where the member's own messages, which a mark shows as if they were unread, end. */
  ownUpTo: number;
  /** Whether the member hid something there. */
  hides: boolean;
  /** What else is true as the question is asked; an answer to another state is none. */
  stamp: string;
}

/** Messages after the member's position, on which the counts in memory say nothing. */
export interface Account {
  /** At or below the floors: left out of the unread count; mentions. */
  uncounted: number;
  mentions: number;
  /** Own ones, and hidden ones that would count. */
  aside: number;
  asideMentions: number;
}

interface Kept extends Account {
  after: number;
  mark: number | null;
}

const NOTHING: Account = { uncounted: 0, mentions: 0, aside: 0, asideMentions: 0 };

/**
 * Unread and mention counts of one room: subtraction, and binary searches in the rare places that make it inexact.
 * The newest of these are in memory. For members who are behind them, who marked something as unread or who hid
 * something unread, the store is asked once (`counts.ts`); from then on their account is kept up to date here.
 */
export class Counting {
  readonly #uncounted: Tally;
  readonly #mentions: Tally;
  readonly #accounts = new Map<string, Kept>();
  /** Grows with whatever can make an answer of the store obsolete. */
  #changes = 0;

  constructor({ uncounted, mentions, keep = KEPT }: Known) {
    this.#uncounted = new Tally(uncounted.floor, keep);
    this.#mentions = new Tally(mentions.floor, keep);
    for (const entry of uncounted.entries) this.#uncounted.add(entry.seq, usersOf(entry));
    for (const { seq, userIds } of mentions.entries) this.#mentions.add(seq, userIds);
  }

  /** Messages after the member's position that count as unread for them. Exact when `isExact`. */
  unread(member: Member, lastSeq: number): number {
    const after = unreadFrom(member);
    if (after >= lastSeq) return 0;
    const account = this.#accountOf(member) ?? NOTHING;
    const known = this.#uncounted.count(member.userId, Math.max(after, this.#uncounted.floor), lastSeq);
    return Math.max(0, lastSeq - after - known - account.uncounted - account.aside);
  }

  /** Those of them that mention the member. Exact when `isExact`. */
  mentioned(member: Member, lastSeq: number): number {
    const after = unreadFrom(member);
    if (after >= lastSeq) return 0;
    const account = this.#accountOf(member) ?? NOTHING;
    const known = this.#mentions.count(member.userId, Math.max(after, this.#mentions.floor), lastSeq);
    return Math.max(0, known + account.mentions - account.asideMentions);
  }

  isExact(member: Member, lastSeq: number): boolean {
    return unreadFrom(member) >= lastSeq || !this.#isSpecial(member) || this.#accountOf(member) !== null;
  }

  /** What has to be asked of the store for this member; null: nothing. */
  open(member: Member, lastSeq: number): Question | null {
    if (this.isExact(member, lastSeq)) return null;
    const after = unreadFrom(member);
    const below = (floor: number) => (floor > after ? floor : 0);
    return {
      after,
      uncountedUpTo: below(this.#uncounted.floor),
      mentionsUpTo: below(this.#mentions.floor),
      ownUpTo: member.unreadFromSeq === null ? 0 : member.lastReadSeq,
      hides: member.lastHiddenSeq > after,
      stamp: this.#stampOf(member),
    };
  }

  /** Takes the answer; false when something changed meanwhile and it has to be asked again. */
  settle(member: Member, question: Question, answer: Account): boolean {
    if (this.#stampOf(member) !== question.stamp) return false;
    this.#accounts.set(member.userId, { ...answer, after: question.after, mark: member.unreadFromSeq });
    return true;
  }

  /** The member's position or mark changed, or the member is gone. */
  forget(userId: string): void {
    this.#accounts.delete(userId);
  }

  /** The member hid a message. */
  hid(userId: string): void {
    this.#accounts.delete(userId);
    this.#changes++;
  }

  addUncounted(entry: Uncounted, members: Iterable<Member>): void {
    this.#uncounted.add(entry.seq, usersOf(entry));
    if (entry.for === null) this.#leftOut(entry.seq);
    this.#trim(this.#uncounted, 'uncounted', members);
  }

  addMention({ seq, userIds }: Mention, members: Iterable<Member>): void {
    this.#mentions.add(seq, userIds);
    this.#trim(this.#mentions, 'mentions', members);
  }

  /** A deleted message mentions nobody. */
  dropMention(seq: number): void {
    this.#mentions.remove(seq);
  }

  /** A message was deleted for all: accounts that may have counted it are asked for anew. */
  #leftOut(seq: number): void {
    this.#changes++;
    const isBelow = seq <= this.#uncounted.floor || seq <= this.#mentions.floor;
    for (const [userId, { after, aside, asideMentions }] of this.#accounts)
      if (after < seq && (isBelow || aside > 0 || asideMentions > 0)) this.#accounts.delete(userId);
  }

  #isSpecial(member: Member): boolean {
    const after = unreadFrom(member);
    return (
      after < this.#uncounted.floor ||
      after < this.#mentions.floor ||
      member.unreadFromSeq !== null ||
      member.lastHiddenSeq > after
    );
  }

  #accountOf(member: Member): Kept | null {
    const account = this.#accounts.get(member.userId);
    return account && account.after === unreadFrom(member) && account.mark === member.unreadFromSeq
      ? account
      : null;
  }

  #stampOf(member: Member): string {
    const { unreadFromSeq, lastReadSeq, lastHiddenSeq } = member;
    return [this.#changes, unreadFromSeq, lastReadSeq, lastHiddenSeq].join(' ');
  }

  /** Lets the oldest places go; whoever is behind them keeps their number. */
  #trim(tally: Tally, kind: 'uncounted' | 'mentions', members: Iterable<Member>): void {
    const floor = tally.surplus();
    if (floor === null) return;
    this.#changes++;
    for (const member of members) {
      const after = unreadFrom(member);
      if (after >= floor) continue;
      let account = this.#accountOf(member);
      if (!account) {
        if (this.#isSpecial(member)) continue;
        account = { ...NOTHING, after, mark: null };
        this.#accounts.set(member.userId, account);
      }
      account[kind] += tally.count(member.userId, Math.max(after, tally.floor), floor);
    }
    tally.raise(floor);
  }
}

const usersOf = (entry: Uncounted): readonly string[] | null => (entry.for === null ? null : [entry.for]);
