import { expect } from 'chai';
import fc from 'fast-check';
import type { Member, Message, Room } from '../../src/domain/model.ts';
import type { Hide, Stores } from '../../src/domain/ports.ts';
import { coldCounts, countsReady } from '../../src/domain/rooms/counts.ts';
import type { LiveRoom } from '../../src/domain/rooms/live.ts';
import { loadRooms } from '../../src/domain/rooms/load.ts';
import { aMember, aMessage, aRoom, at, MemoryLog } from '../domain/fakes.ts';

const PEOPLE = ['ann', 'bob', 'eve', 'joe'];
/** A place in the log; doubles would nearly all be next to 0. */
const part = fc.nat({ max: 1_000 }).map(thousandths => thousandths / 1_000);
const who = fc.constantFrom(...PEOPLE);
/** Some write often, others hardly: these have much that they have not read. */
const writer = fc.constantFrom('ann', 'ann', 'ann', 'ann', 'ann', 'ann', 'bob', 'bob', 'eve', 'joe');

/** What can happen to the counts of a room. */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      who: writer,
      how: fc.constantFrom('self', 'self', 'inName', 'act'),
      mentions: fc.subarray(PEOPLE),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), who, part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), who, part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hide' as const), who, part }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mark' as const), who, part }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rejoin' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
);
export type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;
export const happenings = (maxLength: number) => fc.array(happening, { maxLength, size: 'max' });

/**
 * A room in memory above a log and memberships that are stored at once, and what its counts have to be by walking the
 * whole log. So few places are kept in memory (`keep`) that the store is asked all the time.
 */
export class CountedRoom {
  readonly #keep: number;
  readonly #log = new MemoryLog();
  readonly #room: Room = aRoom();
  readonly #hides: Hide[] = [];
  readonly #members = new Map<string, Member>();
  #live!: LiveRoom;

  private constructor(keep: number) {
    this.#keep = keep;
    for (const id of PEOPLE) this.#members.set(id, aMember(this.#room.id, id));
  }

  static async make(keep: number): Promise<CountedRoom> {
    const made = new CountedRoom(keep);
    await made.#load();
    return made;
  }

  get #stores(): Stores {
    return {
      log: this.#log,
      rooms: { byIds: async () => [{ ...this.#room }] },
      members: { ofRooms: async () => [...this.#members.values()].map(member => ({ ...member })) },
      hides: {
        among: async (userIds: string[], ids: string[]) =>
          this.#hides.filter(({ userId, messageId }) => userIds.includes(userId) && ids.includes(messageId)),
        inRanges: async (userId: string, [range]: [{ after: number; upTo: number }]) =>
          this.#hides.filter(
            hide => hide.userId === userId && hide.seq > range.after && hide.seq <= range.upTo,
          ),
      },
    } as unknown as Stores;
  }

  get #messages(): Message[] {
    return this.#log.of(this.#room.id);
  }

  async #load(): Promise<void> {
    [this.#live] = (await loadRooms(this.#stores, { now: () => 0 }, [this.#room.id], this.#keep)) as [
      LiveRoom,
    ];
  }

  /** Changes the store, then the room in memory, as the use-cases and the bus do. */
  async happen(step: Happening): Promise<void> {
    if (step.do === 'forget') return this.#load();
    const stored = this.#members.get(step.who)!;
    const member = this.#live.members.get(step.who)!;
    if (step.do === 'send') return this.#send(step, stored, member);
    if (step.do === 'rejoin') return this.#rejoin(stored);
    const seq = Math.round(step.part * this.#messages.length);
    const message = this.#messages[seq - 1];
    if (!message) return;
    if (step.do === 'read') {
      this.#live.read(member, seq, message.id, at());
      if (member.unreadFromSeq !== null && seq > member.unreadFromSeq) this.#live.mark(member, null);
      Object.assign(stored, { lastReadSeq: member.lastReadSeq, unreadFromSeq: member.unreadFromSeq });
    } else if (step.do === 'delete') {
      Object.assign(message, { deleted: true, mentions: [] });
      this.#room.lastUncountedSeq = Math.max(this.#room.lastUncountedSeq, seq);
      this.#live.addUncounted({ seq, for: null });
      this.#live.counts.dropMention(seq);
    } else if (step.do === 'mark' && seq <= member.lastReadSeq && seq > member.joinedSeq) {
      this.#live.mark(member, seq - 1);
      stored.unreadFromSeq = seq - 1;
    } else if (step.do === 'hide' && seq > member.joinedSeq) {
      const { id: messageId, roomId } = message;
      this.#hides.push({ userId: step.who, no: stored.no, roomId, messageId, seq, at: at() });
      stored.lastHiddenSeq = Math.max(stored.lastHiddenSeq, seq);
      member.lastHiddenSeq = Math.max(member.lastHiddenSeq, seq);
      this.#live.counts.hid(step.who);
    }
  }

  #send({ how, mentions, who: author }: Happening & { do: 'send' }, stored: Member, member: Member): void {
    const seq = this.#messages.length + 1;
    const isAct = how === 'act';
    const message = aMessage(this.#room.id, seq, {
      author: { authorId: isAct ? 'ADMIN' : author, nickName: '', profileUrl: null },
      uncountedFor: how === 'self' ? null : author,
      mentions: isAct ? [] : mentions.filter(id => id !== author),
    });
    this.#messages.push(message);
    for (const room of [this.#room, this.#live.room])
      Object.assign(room, { lastSeq: seq, lastMessage: message });
    this.#live.count(message);
    const { lastUncountedSeq, lastMentionSeq } = this.#live.room;
    Object.assign(this.#room, { lastUncountedSeq, lastMentionSeq });
    if (how !== 'self') return;
    this.#live.read(member, seq, message.id, at());
    this.#live.mark(member, null);
    Object.assign(stored, { lastReadSeq: seq, unreadFromSeq: null });
  }

  /** Out, and in again behind everything: with a new membership. */
  #rejoin(stored: Member): void {
    const { lastSeq } = this.#room;
    const fresh = aMember(this.#room.id, stored.userId, { joinedSeq: lastSeq, lastReadSeq: lastSeq });
    this.#members.set(stored.userId, fresh);
    this.#live.drop(stored.userId);
    this.#live.members.set(stored.userId, { ...fresh });
    this.#live.readers.add(fresh);
  }

  /** Counts in memory, and as a room that is not in memory has them, are what a walk through the log counts. */
  async check(): Promise<void> {
    await countsReady({ stores: this.#stores }, this.#live, this.#live.members.values());
    for (const member of this.#live.members.values()) {
      const wanted = this.#byHand(member);
      const counts = { unread: this.#live.unreadOf(member), mentions: this.#live.mentionsOf(member) };
      expect(counts, `${member.userId} in memory`).to.deep.equal(wanted);
      const stored = this.#members.get(member.userId)!;
      const cold = await coldCounts(this.#stores, [stored], () => this.#room);
      expect(cold.get(this.#room.id), `${member.userId} not in memory`).to.deep.equal(wanted);
    }
    for (const message of this.#messages) this.#checkReaders(message);
  }

  #byHand({ userId, no, unreadFromSeq, lastReadSeq }: Member): { unread: number; mentions: number } {
    const hidden = new Set(this.#hides.filter(hide => hide.no === no).map(({ seq }) => seq));
    const counting = this.#messages.filter(
      ({ seq, deleted }) => seq > (unreadFromSeq ?? lastReadSeq) && !deleted && !hidden.has(seq),
    );
    const isOwn = ({ author, uncountedFor }: Message) =>
      author.authorId === userId || uncountedFor === userId;
    return {
      unread: counting.filter(message => !isOwn(message)).length,
      mentions: counting.filter(({ mentions }) => mentions.includes(userId)).length,
    };
  }

  #checkReaders(message: Message): void {
    const { readers, members } = this.#live;
    // Told as they were loaded: what was read since is told once the ledger has written it.
    for (const { userId, lastReadSeq } of members.values()) readers.tell(userId, lastReadSeq);
    const { seq, author, uncountedFor } = message;
    const writer = author.authorId === 'ADMIN' ? uncountedFor : author.authorId;
    const asked = [...members.values()].filter(
      ({ userId, joinedSeq }) => joinedSeq < seq && userId !== writer,
    );
    const read = asked.filter(({ lastReadSeq }) => lastReadSeq >= seq).length;
    expect(readers.count(message), `readers of ${seq}`).to.deep.equal({ read, unread: asked.length - read });
    const named = PEOPLE.map(id => readers.hasRead(id, message));
    expect(named.filter(Boolean)).to.have.length(read);
    expect(named.filter(hasRead => hasRead !== null)).to.have.length(asked.length);
  }
}

/** Plays these and checks after each few. */
export async function playCounted(keep: number, steps: readonly Happening[], every: number): Promise<void> {
  const room = await CountedRoom.make(keep);
  for (const [i, step] of steps.entries()) {
    await room.happen(step);
    if (i % every === 0) await room.check();
  }
  await room.check();
}
