import { expect } from 'chai';
import fc from 'fast-check';
import { Events } from '../../src/domain/events.ts';
import { isDeparture, type Member, type Message } from '../../src/domain/model.ts';
import { Delivery } from '../../src/domain/messages/delivery.ts';
import type { MemberStore } from '../../src/domain/ports.ts';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { MemoryLog, Problems, aMember, aMessage, aRoom, anAct, turns } from './fakes.ts';

const PEOPLE = ['ann', 'bob', 'eve', 'joe'];

/** Who is in after these messages, and the `seq` of the message that let them in (0: from the beginning). */
function membersAfter(messages: readonly Message[], first: readonly string[]): Map<string, number> {
  const present = new Map(first.map(id => [id, 0]));
  for (const { act, seq } of messages) {
    for (const id of act?.userIds ?? []) {
      if (isDeparture(act!)) present.delete(id);
      else if (!present.has(id)) present.set(id, seq);
    }
  }
  return present;
}

/** A log of texts, joinings and departures that fits together: only strangers join, only members go. */
const history = (first: readonly string[]) =>
  fc
    .array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: PEOPLE.length - 1 })), { minLength: 1, maxLength: 25 })
    .map(picks => {
      const roomId = aRoom().id;
      const messages: Message[] = [];
      for (const [kind, pick] of picks) {
        const seq = messages.length + 1;
        const who = PEOPLE[pick]!;
        const isIn = membersAfter(messages, first).has(who);
        if (kind === 0) messages.push(anAct(roomId, seq, isIn ? 'member.kicked' : 'member.invited', [who]));
        else if (isIn)
          messages.push(aMessage(roomId, seq, { author: { authorId: who, nickName: '', profileUrl: null } }));
        else messages.push(aMessage(roomId, seq));
      }
      return { roomId, messages };
    });

const goesAfter = (messages: readonly Message[], seq: number, id: string): boolean =>
  messages.slice(seq).some(({ act }) => act && isDeparture(act) && act.userIds.includes(id));

interface Told {
  messages: Message[];
  members: string[];
}

/** A room that knows the log up to `lastSeq`; its store is as far as the whole log is. */
function setUp(roomId: string, messages: readonly Message[], first: readonly string[], lastSeq = 0) {
  const log = new MemoryLog();
  log.of(roomId).push(...messages);
  const problems = new Problems();
  const events = new Events(problems);
  const stored = (all: readonly Message[]): Member[] =>
    [...membersAfter(all, first)].map(([id, seq]) =>
      aMember(roomId, id, { joinedSeq: Math.max(0, seq - 1), lastReadSeq: seq }),
    );
  const members = { ofRooms: async () => (await turns(1), stored(messages)) } as unknown as MemberStore;
  const dirty: LiveRoom[] = [];
  const delivery = new Delivery({
    log,
    members,
    events,
    reporter: problems,
    onDirty: live => dirty.push(live),
    onDoubt: live => (live.headKnown = false),
  });
  const told: Told[] = [];
  const room = aRoom({ id: roomId, lastSeq, lastMessage: messages[lastSeq - 1] ?? null });
  const live = (people: Member[]) => {
    const made = new LiveRoom(room, people, []);
    events.on('messages.created', ({ messages: some }) =>
      told.push({ messages: some, members: [...made.members.keys()].sort() }),
    );
    return made;
  };
  return { log, delivery, problems, told, live, stored, dirty };
}

const toldIds = (told: readonly Told[]) =>
  told.flatMap(({ messages }) => messages.map(message => message.id));

describe('delivery', () => {
  it('tells the same from hints in any order, repeated, with holes or alone', async () => {
    const hint = fc.record({
      from: fc.nat(),
      length: fc.integer({ min: 1, max: 4 }),
      wait: fc.nat({ max: 3 }),
      knows: fc.boolean(),
    });
    const property = fc.asyncProperty(
      history(['ann', 'bob']),
      fc.array(hint, { maxLength: 20 }),
      async ({ roomId, messages }, hints) => {
        const first = ['ann', 'bob'];
        const { delivery, told, live: make, problems } = setUp(roomId, messages, first);
        const live = make(first.map(id => aMember(roomId, id)));
        const joinedIn = (some: readonly Message[]) =>
          some.flatMap(({ act }) =>
            act && !isDeparture(act) ? act.userIds.map(id => aMember(roomId, id, { pending: null })) : [],
          );
        for (const { from, length, wait, knows } of hints) {
          const some = messages.slice(from % messages.length, (from % messages.length) + length);
          delivery.accept(live, { messages: some, joined: knows ? joinedIn(some) : [] });
          await turns(wait);
        }
        delivery.accept(live, { messages: messages.slice(-1), joined: [] });
        await turns(8 * (hints.length + 2));
        expect(problems.list).to.deep.equal([]);
        expect(toldIds(told)).to.deep.equal(messages.map(message => message.id));
        for (const { messages: some, members } of told) {
          const upTo = some.at(-1)!.seq;
          const oracle = [...membersAfter(messages.slice(0, upTo), first).keys()];
          expect(oracle, `told after ${upTo}`).to.include.members(members);
          // Of who has gone again meanwhile the store knows no membership any more.
          const missing = oracle.filter(id => !members.includes(id));
          for (const id of missing)
            expect(goesAfter(messages, upTo, id), `${id} after ${upTo}`).to.equal(true);
        }
        expect([...live.members.keys()].sort()).to.deep.equal(
          [...membersAfter(messages, first).keys()].sort(),
        );
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('keeps who is a member when a room is loaded from a store that is ahead of its head', async () => {
    const property = fc.asyncProperty(
      history(['ann', 'bob']),
      fc.nat(),
      async ({ roomId, messages }, known) => {
        const lastSeq = known % messages.length;
        const { delivery, live: make, stored } = setUp(roomId, messages, ['ann', 'bob'], lastSeq);
        const live = make(stored(messages));
        delivery.accept(live, { messages: messages.slice(lastSeq), joined: [] });
        await turns(8);
        const places = [...live.members.values()].map(({ userId, joinedSeq }) => [userId, joinedSeq]).sort();
        const oracle = [...membersAfter(messages, ['ann', 'bob'])]
          .map(([id, seq]) => [id, Math.max(0, seq - 1)])
          .sort();
        expect(places).to.deep.equal(oracle);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('tells what continues the room at once, in the same turn', () => {
    const roomId = aRoom().id;
    const messages = [aMessage(roomId, 1), aMessage(roomId, 2)];
    const { delivery, told, live: make, dirty } = setUp(roomId, messages, ['ann']);
    const live = make([aMember(roomId, 'ann')]);
    delivery.accept(live, { messages, joined: [] });
    expect(toldIds(told)).to.have.length(2);
    expect(dirty).to.deep.equal([live]);
  });

  it('gives each joining its place: nothing before it is seen, nothing before it is unread', () => {
    const roomId = aRoom().id;
    const messages = [aMessage(roomId, 1), anAct(roomId, 2, 'member.invited', ['eve']), aMessage(roomId, 3)];
    const { delivery, live: make } = setUp(roomId, messages, ['ann']);
    const live = make([aMember(roomId, 'ann')]);
    delivery.accept(live, {
      messages,
      joined: [aMember(roomId, 'eve', { pending: { act: 'join', syncKey: 'k' } })],
    });
    const eve = live.members.get('eve')!;
    expect(eve).to.deep.include({
      joinedSeq: 1,
      lastReadSeq: 2,
      lastReadMessageId: messages[1]!.id,
      pending: null,
    });
    expect(live.unreadOf(eve)).to.equal(1);
    expect(live.unreadOf(live.members.get('ann')!)).to.equal(3);
  });

  it('reads for authors and for viewers, but not for those in whose name the platform wrote', () => {
    const roomId = aRoom().id;
    const by = (seq: number, authorId: string, uncountedFor: string | null = null) =>
      aMessage(roomId, seq, { author: { authorId, nickName: '', profileUrl: null }, uncountedFor });
    const messages = [by(1, 'ann'), by(2, 'bob', 'bob'), by(3, 'ann')];
    const { delivery, live: make } = setUp(roomId, messages, []);
    const live = make(['ann', 'bob', 'eve'].map(id => aMember(roomId, id)));
    live.view('eve', 'a connection');
    delivery.accept(live, { messages, joined: [] });
    const unread = ['ann', 'bob', 'eve'].map(id => live.unreadOf(live.members.get(id)!));
    expect(unread).to.deep.equal([0, 2, 0]);
  });

  it('tells what it could not look up with the next hint, when the log was away', async () => {
    const roomId = aRoom().id;
    const messages = [1, 2, 3, 4].map(seq => aMessage(roomId, seq));
    const { delivery, log, told, live: make, problems } = setUp(roomId, messages, ['ann']);
    const live = make([aMember(roomId, 'ann')]);
    log.down = true;
    delivery.accept(live, { messages: messages.slice(2, 3), joined: [] });
    await turns(5);
    expect([problems.list.length, toldIds(told).length, live.headKnown]).to.deep.equal([1, 0, false]);
    log.down = false;
    delivery.accept(live, { messages: messages.slice(3), joined: [] });
    await turns(5);
    expect(toldIds(told)).to.deep.equal(messages.map(message => message.id));
  });

  it('forgets the view and the unsaved read position of whoever goes', () => {
    const roomId = aRoom().id;
    const messages = [anAct(roomId, 1, 'member.kicked', ['eve'])];
    const { delivery, live: make } = setUp(roomId, messages, []);
    const live = make([aMember(roomId, 'ann'), aMember(roomId, 'eve')]);
    live.view('eve', 'a connection');
    live.unsavedReads.add('eve');
    delivery.accept(live, { messages, joined: [] });
    expect([live.viewers.size, live.unsavedReads.has('eve'), live.members.has('eve')]).to.deep.equal([
      0,
      false,
      false,
    ]);
    expect(live.room.memberCount).to.equal(1);
  });

  it('makes the oldest member a master when the last master goes', () => {
    const roomId = aRoom().id;
    const act = anAct(roomId, 1, 'member.left', ['ann']);
    const message = { ...act, act: { ...act.act!, inherits: true } };
    const { delivery, live: make } = setUp(roomId, [message], []);
    const live = make([
      aMember(roomId, 'ann', { master: true }),
      aMember(roomId, 'bob'),
      aMember(roomId, 'eve'),
    ]);
    delivery.accept(live, { messages: [message], joined: [] });
    expect(live.masters().map(member => member.userId)).to.deep.equal(['bob']);
  });
});
