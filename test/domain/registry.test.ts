import { expect } from 'chai';
import { LiveRoom } from '../../src/domain/rooms/live.ts';
import { RoomRegistry } from '../../src/domain/rooms/registry.ts';
import { aMember, aRoom, turns } from './fakes.ts';

/** A registry above a store that has every room but those called `nowhere…`. */
function setUp(maxMembers?: number) {
  const loads: string[][] = [];
  let isDown = false;
  const registry = new RoomRegistry(async ids => {
    loads.push([...ids]);
    await turns(2);
    if (isDown) throw new Error('down');
    const known = ids.filter(id => !id.startsWith('nowhere'));
    return known.map(id => new LiveRoom(aRoom({ id }), [aMember(id, 'ann')], []));
  }, maxMembers);
  return { registry, loads, setDown: (down: boolean) => (isDown = down) };
}

const ids = (count: number, name = 'room') => Array.from({ length: count }, (_, i) => `${name}-${i}`);

describe('the registry of rooms', () => {
  it('loads a room once, however many ask for it at the same time', async () => {
    const { registry, loads } = setUp();
    const found = await Promise.all(Array.from({ length: 50 }, () => registry.get('room')));
    expect(new Set(found).size).to.equal(1);
    expect(loads).to.deep.equal([['room']]);
  });

  it('loads what is missing of many with one load, and gives them in the order asked for', async () => {
    const { registry, loads } = setUp();
    await registry.get('room-1');
    const asked = registry.many(['room-3', 'nowhere', 'room-1', 'room-2']);
    const overlapping = registry.many(['room-2', 'room-4']);
    expect((await asked).map(live => live.id)).to.deep.equal(['room-3', 'room-1', 'room-2']);
    expect((await overlapping).map(live => live.id)).to.deep.equal(['room-2', 'room-4']);
    expect(loads).to.deep.equal([['room-1'], ['room-3', 'nowhere', 'room-2'], ['room-4']]);
  });

  it('tries again after a load that failed', async () => {
    const { registry, setDown } = setUp();
    setDown(true);
    expect(await registry.get('room').catch((error: Error) => error.message)).to.equal('down');
    setDown(false);
    expect((await registry.get('room'))?.id).to.equal('room');
  });

  it('forgets the idle rooms that came first when there are too many, and never a busy one', async () => {
    const { registry } = setUp(200);
    const [first, ...others] = await registry.many(ids(20, 'busy'));
    const busy = [first!, ...others];
    busy.forEach((live, i) => {
      if (i % 4 === 0) live.view('ann', 'connection');
      else if (i % 4 === 1) live.holds = 1;
      else if (i % 4 === 2) live.unsavedHead = true;
      else live.unsavedReads.add('ann');
    });
    for (const id of ids(500)) await registry.get(id);
    expect(registry.size * 2).to.be.at.most(200);
    for (const live of busy) expect(registry.peek(live.id), live.id).to.equal(live);
    expect(registry.peek('room-499')?.id).to.equal('room-499');
    expect(registry.peek('room-0')).to.equal(undefined);
  });

  it('keeps the first of two rooms with one id, and forgets what it is told to', async () => {
    const { registry } = setUp();
    const made = new LiveRoom(aRoom({ id: 'made' }), [], []);
    registry.add(made);
    registry.add(new LiveRoom(aRoom({ id: 'made' }), [], []));
    expect(await registry.get('made')).to.equal(made);
    registry.forget('made');
    registry.forget('made');
    expect([registry.peek('made'), registry.size]).to.deep.equal([undefined, 0]);
  });
});
