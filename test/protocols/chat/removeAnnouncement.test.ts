import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { calm, errorOf, partyOf, roomOf } from '../../helpers/party.ts';

describe('removeAnnouncement', () => {
  const party = partyOf(['ann', 'bob']);
  const announce = async (content: string): Promise<{ _id: string }> =>
    (await party.ann.do('addAnnouncement', { roomId: party.room._id, content })).announcement;
  const remove = (by: ChatClient, announcementId: string, roomId = party.room._id) =>
    errorOf(by, 'removeAnnouncement', { roomId, announcementId });
  const shown = async () => (await party.bob.room(party.room._id)).lastAnnouncement;

  it('makes the one before it the last, then none', async () => {
    const { ann, bob } = party;
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
    const { ann, bob } = party;
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
    const { ann, bob, room } = party;
    const one = await announce('1');
    expect(await remove(bob, one._id)).to.equal('YOU_HAVE_NO_AUTHORIZATION');
    await ann.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed: true } } });
    expect(await remove(ann, one._id)).to.equal(null);
    expect(await shown()).to.equal(null);
  });
});
