import { expect } from 'chai';
import { sharedEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import { oid } from '../../src/storage/convert.ts';

describe('edits made in a Mongo shell', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });

  it('reach connected clients: a room is frozen and renamed by hand', async () => {
    const ann = someone();
    const room = await engine.platform.room([ann]);
    const client = await engine.connect(ann);
    await engine.database.rooms.updateOne(
      { _id: oid(room._id) },
      { $set: { 'rules.isFreezed': true, name: 'by hand', freezingReasonCode: 'BY_HAND' } },
    );
    const shown = await client.frame('listenRoom', frame => frame.name === 'by hand');
    expect(shown.freezingReasonCode).to.equal('BY_HAND');
    const refused = await client.ask('sendMessage', {
      syncKey: 'k',
      roomId: room._id,
      data: { type: 'TEXT', content: 'x' },
    });
    expect(refused.error).to.equal('ROOM_IS_FREEZED');
  });

  it('reach connected clients: somebody becomes master by hand', async () => {
    const [ann, bob] = [someone(), someone()];
    const room = await engine.platform.room([ann, bob]);
    const client = await engine.connect(bob);
    await engine.database.memberships.updateOne(
      { roomId: oid(room._id), userId: bob },
      { $set: { master: true } },
    );
    await client.frame('listenRoom', frame =>
      frame.joinUsers.every((user: { master: boolean }) => user.master),
    );
    await client.do('updateRoomSetting', { roomId: room._id, updateData: { name: 'mine now' } });
  });
});
