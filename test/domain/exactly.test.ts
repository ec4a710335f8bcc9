import { expect } from 'chai';
import fc from 'fast-check';
import type { Chat } from '../../src/domain/chat.ts';
import { membersKeyOf, newId } from '../../src/domain/ids.ts';
import type { ClaimStore } from '../../src/domain/ports.ts';
import { roomOfExactly } from '../../src/domain/rooms/exactly.ts';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { RoomRegistry } from '../../src/domain/rooms/registry.ts';
import { aMember, aRoom, QuickTime, turns } from './fakes.ts';

/** Several nodes above one store of rooms and claims. */
class World {
  readonly rooms = new Map<string, { roomType: 'GROUP'; members: string[]; isFrozen: boolean }>();
  readonly #claims = new Map<string, string>();
  readonly time = new QuickTime();
  made = 0;

  readonly claims: ClaimStore = {
    claim: async (key, id) => {
      await turns(1);
      if (!this.#claims.has(key)) this.#claims.set(key, id);
      return this.#claims.get(key)!;
    },
    replace: async (key, from, to) => {
      await turns(1);
      if (this.#claims.get(key) !== from) return false;
      this.#claims.set(key, to);
      return true;
    },
    release: async id => {
      for (const [key, holder] of this.#claims) if (holder === id) this.#claims.delete(key);
    },
  };

  node(): Chat {
    const live = (id: string) => {
      const { members } = this.rooms.get(id)!;
      return new LiveRoom(
        aRoom({ id }),
        members.map(userId => aMember(id, userId)),
        [],
      );
    };
    const registry = new RoomRegistry(async ids => {
      await turns(1);
      return ids.filter(id => this.rooms.has(id)).map(live);
    });
    const withMembers = async (key: string) => {
      await turns(1);
      return [...this.rooms].filter(([, room]) => membersKeyOf(room.members) === key).map(([id]) => ({ id }));
    };
    return {
      registry,
      clock: this.time,
      stores: { claims: this.claims, rooms: { withMembers } },
    } as unknown as Chat;
  }

  /** Asks a node for the room of these people; making one takes a few turns and may fail. */
  ask(chat: Chat, members: readonly string[], fails = false): Promise<string> {
    const make = async (id: string): Promise<LiveRoom> => {
      await turns(3);
      if (fails) throw new Error('the maker died');
      this.made++;
      this.rooms.set(id, { roomType: 'GROUP', members: [...members], isFrozen: false });
      return (await chat.registry.get(id))!;
    };
    const fits = (live: LiveRoom) => !this.rooms.get(live.id)!.isFrozen;
    return roomOfExactly(chat, { members, roomType: 'GROUP', scope: '', fits }, make).then(
      ({ live }) => live.id,
    );
  }
}

describe('the room of exactly these members', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.time.install();
  });
  afterEach(() => world.time.restore());

  it('is made once, however many ask on however many nodes at the same time', async () => {
    const nodes = [world.node(), world.node(), world.node()];
    const asked = Array.from({ length: 30 }, (_, i) =>
      world.ask(nodes[i % 3]!, i % 2 ? ['ann', 'bob'] : ['bob', 'ann']),
    );
    expect(new Set(await Promise.all(asked)).size).to.equal(1);
    expect(world.made).to.equal(1);
  });

  it('is another one for other people', async () => {
    const node = world.node();
    const found = await Promise.all([
      world.ask(node, ['ann', 'bob']),
      world.ask(node, ['ann', 'eve']),
      world.ask(node, ['ann']),
    ]);
    expect(new Set(found).size).to.equal(3);
  });

  it('is found when an invitation made it so, and not any more when it became another', async () => {
    const id = newId();
    world.rooms.set(id, { roomType: 'GROUP', members: ['ann', 'bob'], isFrozen: false });
    expect(await world.ask(world.node(), ['bob', 'ann'])).to.equal(id);
    const made = await world.ask(world.node(), ['ann', 'eve']);
    world.rooms.get(made)!.members.push('bob');
    const again = await Promise.all([
      world.ask(world.node(), ['ann', 'eve']),
      world.ask(world.node(), ['ann', 'eve']),
    ]);
    expect(new Set(again).size).to.equal(1);
    expect(again[0]).to.not.equal(made);
  });

  it('is made anew, once, when the old one does not fit any more', async () => {
    const old = await world.ask(world.node(), ['ann', 'bob']);
    world.rooms.get(old)!.isFrozen = true;
    const fresh = await Promise.all([1, 2, 3, 4].map(() => world.ask(world.node(), ['ann', 'bob'])));
    expect(new Set(fresh).size).to.equal(1);
    expect(fresh[0]).to.not.equal(old);
    expect(world.made).to.equal(2);
  });

  it('is made by another one when its maker died, and still once', async () => {
    const dead = world.ask(world.node(), ['ann', 'bob'], true).catch((error: Error) => error.message);
    await turns(2);
    const others = await Promise.all([1, 2, 3].map(() => world.ask(world.node(), ['ann', 'bob'])));
    expect(await dead).to.equal('the maker died');
    expect([new Set(others).size, world.made]).to.deep.equal([1, 1]);
  });

  it('is one for each set of people in any mixture of askers, nodes and moments', async () => {
    const ask = fc.record({
      node: fc.nat({ max: 2 }),
      people: fc.subarray(['ann', 'bob', 'eve'], { minLength: 1 }),
      wait: fc.nat({ max: 4 }),
    });
    const property = fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 20 }), async asks => {
      const own = new World();
      const nodes = [own.node(), own.node(), own.node()];
      const answers = new Map<string, Promise<string>[]>();
      for (const { node, people, wait } of asks) {
        const key = membersKeyOf(people);
        answers.set(key, [...(answers.get(key) ?? []), own.ask(nodes[node]!, people)]);
        await turns(wait);
      }
      for (const some of answers.values()) expect(new Set(await Promise.all(some)).size).to.equal(1);
      expect(own.made).to.equal(answers.size);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
