import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('removeAnnouncement', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let room: Room;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  beforeEach(async () => {
    room = await roomOf([ann, bob]);
  });
  const announce = async (content: string): Promise<{ _id: string }> =>
    (await ann.do('addAnnouncement', { roomId: room._id, content })).announcement;
  const remove = (by: ChatClient, announcementId: string, roomId = room._id) =>
    errorOf(by, 'removeAnnouncement', { roomId, announcementId });
  const shown = async () => (await bob.room(room._id)).lastAnnouncement;

  it('makes the one before it the last, then none', async () => {
    const [one, two, three] = [await announce('1'), await announce('2'), await announce('3')];
    await calm(bob);
    expect(await remove(ann, two._id)).to.equal(null);
    expect(await shown()).to.deep.equal(three);
    expect(await remove(ann, three._id)).to.equal(null);
    expect(await shown()).to.deep.equal(one);
    expect(await remove(ann, one._id)).to.equal(null);
    expect(await shown()).to.equal(null);
    await bob.settled();
    expect(bob.of<Room>('listenRoom').at(-1)!.lastAnnouncement).to.equal(null);
  });

  it('of what is not there changes nothing, also when it is of another room', async () => {
    const one = await announce('1');
    const other = await roomOf([ann, bob]);
    await calm(bob);
    for (const id of ['f'.repeat(24), 'x']) expect(await remove(ann, id)).to.equal(null);
    expect(await remove(ann, one._id, other._id)).to.equal(null);
    await bob.settled();
    expect(bob.frames).to.deep.equal([]);
    expect(await shown()).to.deep.equal(one);
  });

  it('is for masters, and goes on in a frozen room', async () => {
    const one = await announce('1');
    expect(await remove(bob, one._id)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await remove(ann, one._id)).to.equal(null);
    expect(await shown()).to.equal(null);
  });
});
