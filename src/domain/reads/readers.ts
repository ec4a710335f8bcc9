import { ADMIN_ID, type Member, type Message } from '../model.ts';
import { upTo } from '../rooms/tally.ts';

type Place = Pick<Message, 'seq' | 'author' | 'uncountedFor'>;

/** Whose message it is: nobody waits for its author to read it, nor for whoever did what an ADMIN message tells. */
export const writerOf = ({ author, uncountedFor }: Place): string | null =>
  author.authorId === ADMIN_ID ? uncountedFor : author.authorId;

/**
 * Who has read up to where, as receipts told it: positions that are stored. Counts of readers are two binary
 * searches, however many members there are; what they search is sorted anew when somebody's position has moved.
 */
export class Readers {
  /** Read position and joining of each member. */
  readonly #members = new Map<string, { read: number; joined: number }>();
  #sorted: { read: Float64Array; joined: Float64Array } | null = null;

  constructor(members: Iterable<Member>) {
    for (const member of members) this.add(member);
  }

  add({ userId, lastReadSeq, joinedSeq }: Member): void {
    this.#members.set(userId, { read: Math.max(lastReadSeq, joinedSeq), joined: joinedSeq });
    this.#sorted = null;
  }

  drop(userId: string): void {
    if (this.#members.delete(userId)) this.#sorted = null;
  }

  /** A position is stored; false when that, or a later one, was told before. */
  tell(userId: string, seq: number): boolean {
    const member = this.#members.get(userId);
    if (!member || member.read >= seq) return false;
    member.read = seq;
    this.#sorted = null;
    return true;
  }

  /** Whether this member counts as a reader of the message: true, false, or null for one who is not asked. */
  hasRead(userId: string, message: Place): boolean | null {
    const member = this.#members.get(userId);
    if (!member || member.joined >= message.seq || userId === writerOf(message)) return null;
    return member.read >= message.seq;
  }

  /** Members who could see the message when it was written, without its author: who has read it and who has not. */
  count(message: Place): { read: number; unread: number } {
    const { seq } = message;
    this.#sorted ??= this.#sort();
    // Nobody's position lies before their joining: whoever stands before `seq` was there before it.
    let unread = upTo(this.#sorted.read, seq - 1);
    let read = upTo(this.#sorted.joined, seq - 1) - unread;
    const writer = this.#members.get(writerOf(message) ?? '');
    if (writer && writer.joined < seq) {
      if (writer.read < seq) unread--;
      else read--;
    }
    return { read, unread };
  }

  #sort(): { read: Float64Array; joined: Float64Array } {
    const all = [...this.#members.values()];
    return {
      read: Float64Array.from(all, ({ read }) => read).sort(),
      joined: Float64Array.from(all, ({ joined }) => joined).sort(),
    };
  }
}
