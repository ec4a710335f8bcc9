import { expect } from 'chai';
import type { Chat } from '../../src/domain/chat.ts';
import { Events, type DomainEvents } from '../../src/domain/events.ts';
import type { Bus, BusEvent, RosterEntry } from '../../src/domain/ports.ts';
import { Roster, type RosterOptions } from '../../src/domain/roster/roster.ts';
import { Problems } from './fakes.ts';

/** A bus that may lose what it is given. */
class LossyBus implements Bus {
  readonly #handlers: ((event: BusEvent) => void)[] = [];
  loses: (event: BusEvent) => boolean = () => false;
  said = 0;
  publish(event: BusEvent): void {
    this.said++;
    if (!this.loses(event)) for (const handler of this.#handlers) handler(structuredClone(event));
  }
  subscribe(handler: (event: BusEvent) => void): void {
    this.#handlers.push(handler);
  }
}

const NEVER = { beat: 3_600_000, lease: 3_600_000 };
const entry = (id: string, room = 'yard'): RosterEntry => ({
  id,
  room,
  name: `name ${id}`,
  userId: null,
  kind: null,
  isOff: false,
});

describe('the roster', () => {
  let bus: LossyBus;
  let rosters: Roster[];
  beforeEach(() => {
    bus = new LossyBus();
    rosters = [];
  });
  afterEach(() => rosters.forEach(roster => roster.stop()));

  function node(options: Partial<RosterOptions> = {}) {
    const events = new Events(new Problems());
    const told: DomainEvents['roster.changed'][] = [];
    events.on('roster.changed', event => told.push(event));
    const said: DomainEvents['roster.said'][] = [];
    events.on('roster.said', event => said.push(event));
    const roster = new Roster({ bus, events } as unknown as Chat, { name: 'test', pace: NEVER, ...options });
    rosters.push(roster);
    return { roster, told, said, events, ids: (room = 'yard') => roster.of(room).map(({ id }) => id) };
  }

  it('is the same on every node, also on one that comes later; each change is told once', () => {
    const [one, two] = [node(), node()];
    one.roster.put(entry('a'));
    two.roster.put(entry('b'));
    one.roster.put(entry('c', 'other'));
    const three = node();
    for (const { ids } of [one, two, three])
      expect([ids().sort(), ids('other')]).to.deep.equal([['a', 'b'], ['c']]);
    expect(two.told.map(({ was, now }) => [was, now?.id])).to.deep.equal([
      [null, 'a'],
      [null, 'b'],
      [null, 'c'],
    ]);
    one.roster.drop('a');
    expect(two.told.at(-1)).to.deep.equal({ roster: 'test', was: entry('a'), now: null });
    expect(three.ids()).to.deep.equal(['b']);
  });

  it('somebody who changes rooms, or goes off, is told so; the same again is told to nobody', () => {
    const [one, two] = [node(), node()];
    one.roster.put(entry('a'));
    one.roster.put(entry('a'));
    one.roster.put({ ...entry('a'), isOff: true });
    one.roster.put(entry('a', 'other'));
    const shape = two.told.map(({ was, now }) => [
      was && `${was.room} ${was.isOff}`,
      now && `${now.room} ${now.isOff}`,
    ]);
    expect(shape).to.deep.equal([
      [null, 'yard false'],
      ['yard false', 'yard true'],
      ['yard true', null],
      [null, 'other false'],
    ]);
  });

  it('only the node that has a connection can drop it', () => {
    const [one, two] = [node(), node()];
    one.roster.put(entry('a'));
    two.roster.drop('a');
    two.roster.drop('unknown');
    expect([one.ids(), two.ids()]).to.deep.equal([['a'], ['a']]);
  });

  it('what the bus lost is noticed at the next change', () => {
    const [one, two] = [node(), node()];
    one.roster.put(entry('a'));
    bus.loses = event => event.type === 'roster' && ['put', 'drop'].includes(event.act.do);
    one.roster.put(entry('b'));
    one.roster.drop('a');
    expect(two.ids()).to.deep.equal(['a']);
    bus.loses = () => false;
    one.roster.put(entry('c'));
    expect(two.ids()).to.deep.equal(['b', 'c']);
  });

  it('what the bus lost is noticed at the next beat, and quiet nodes have nothing to ask', async () => {
    const [one, two] = [node({ pace: { beat: 5, lease: 60_000 } }), node()];
    bus.loses = () => true;
    one.roster.put(entry('a'));
    bus.loses = () => false;
    await new Promise<void>(resolve => two.events.on('roster.changed', () => resolve()));
    expect(two.ids()).to.deep.equal(['a']);
  });

  it('a node that is not heard any more is gone with everybody on it', async () => {
    const [one, two] = [node(), node({ pace: { beat: 5, lease: 20 } })];
    one.roster.put(entry('a'));
    two.roster.put(entry('b'));
    expect(two.ids()).to.deep.equal(['a', 'b']);
    await new Promise<void>(resolve =>
      two.events.on('roster.changed', ({ now }) => now === null && resolve()),
    );
    expect(two.ids()).to.deep.equal(['b']);
    one.roster.put(entry('c'));
    expect(two.ids().sort(), 'heard of again').to.deep.equal(['a', 'b', 'c']);
  });

  it('what is said is told on every node, and other rosters hear nothing', () => {
    const [one, two, other] = [node(), node(), node({ name: 'other' })];
    one.roster.put(entry('a'));
    one.roster.say(entry('a'), 'hello');
    for (const { said } of [one, two]) expect(said.map(({ text }) => text)).to.deep.equal(['hello']);
    expect([other.said, other.told, other.ids()]).to.deep.equal([[], [], []]);
  });

  it('asks the node of a connection whether it lives; one that is ousted is gone everywhere', async () => {
    const ousted: string[] = [];
    const options = { isAlive: async (id: string) => id === 'a', oust: (id: string) => void ousted.push(id) };
    const [one, two] = [node(options), node()];
    for (const id of ['a', 'b']) one.roster.put(entry(id));
    expect(await two.roster.isAlive('a')).to.equal(true);
    expect(await one.roster.isAlive('b')).to.equal(false);
    expect(await two.roster.isAlive('unknown')).to.equal(false);
    two.roster.oust('b');
    expect([ousted, one.ids(), two.ids()]).to.deep.equal([['b'], ['a'], ['a']]);
    one.roster.oust('a');
    expect([ousted, one.ids(), two.ids()]).to.deep.equal([['b', 'a'], [], []]);
  });
});
