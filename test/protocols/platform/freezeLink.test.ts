import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { errorOf } from '../../helpers/party.ts';
import { newKey } from '../../helpers/client.ts';
import { someone } from '../../helpers/people.ts';

describe('POST /chat/links/:sid/freeze', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const freeze = (sid: string, body: object = {}, platform = engine.platform) =>
    platform.do<{ frozen: number; thawed: number }>('POST', `/chat/links/${sid}/freeze`, body);
  const roomsOf = (sid: string, count: number, owner = someone('owner')) =>
    Promise.all(
      Array.from({ length: count }, () =>
        engine.platform.room([owner, someone()], { link: { sid, name: 'shop' } }),
      ),
    );
  const stateOf = async (id: string) => {
    const { rules, freezingReasonCode } = await engine.platform.do('GET', `/chat/rooms/${id}`);
    return [rules.isFreezed, freezingReasonCode];
  };

  it('freezes all rooms of the link, and no other; live, and only once', async () => {
    const [sid, owner] = [someone('link'), someone('owner')];
    const rooms = await roomsOf(sid, 3, owner);
    const [other] = await roomsOf(someone('link'), 1, owner);
    const client = await engine.connect(owner);
    await client.rooms();
    expect(await freeze(sid, { reasonCode: 'SHOP_CLOSED' })).to.deep.equal({ frozen: 3, thawed: 0 });
    for (const { _id } of rooms) {
      const frame = await client.frame('listenRoom', ({ _id: id }) => id === _id);
      expect([frame.rules.isFreezed, frame.freezingReasonCode]).to.deep.equal([true, 'SHOP_CLOSED']);
      const send = { syncKey: newKey(), roomId: _id, data: { content: 'x' } };
      expect(await errorOf(client, 'sendMessage', send)).to.equal('ROOM_IS_FREEZED');
      expect(await stateOf(_id)).to.deep.equal([true, 'SHOP_CLOSED']);
    }
    expect(await stateOf(other!._id)).to.deep.equal([false, null]);
    expect(await freeze(sid, { reasonCode: 'AGAIN' })).to.deep.equal({ frozen: 0, thawed: 0 });
  });

  it('goes through more rooms than fit in a page', async function () {
    this.timeout(60_000);
    const sid = someone('link');
    const [first] = await roomsOf(sid, 1);
    const { _id: _, ...doc } = (await engine.database.rooms.findOne({ no: first!.no }))!;
    const copies = Array.from({ length: 450 }, (_, i) => ({ ...doc, no: 2_000_000_000 + i }));
    await engine.database.rooms.insertMany(copies as never[]);
    expect(await freeze(sid)).to.deep.equal({ frozen: 451, thawed: 0 });
    expect(
      await engine.database.rooms.countDocuments({ 'link.sid': sid, 'rules.isFreezed': false }),
    ).to.equal(0);
    await engine.database.rooms.deleteMany({ 'link.sid': sid, no: { $gte: 2_000_000_000 } });
  });

  it('thaws those that it froze, and leaves those that are frozen for another reason', async () => {
    const sid = someone('link');
    const [one, two] = await roomsOf(sid, 2);
    await engine.platform.do('PATCH', `/chat/rooms/${two!._id}`, { rules: { isFreezed: true } });
    expect(await freeze(sid)).to.deep.equal({ frozen: 1, thawed: 0 });
    expect(await stateOf(one!._id)).to.deep.equal([true, 'LINK_FROZEN']);
    expect(await freeze(sid, { unfreeze: true, reasonCode: 'OTHER' })).to.deep.equal({
      frozen: 0,
      thawed: 0,
    });
    expect(await freeze(sid, { unfreeze: true })).to.deep.equal({ frozen: 0, thawed: 1 });
    expect([await stateOf(one!._id), await stateOf(two!._id)]).to.deep.equal([
      [false, null],
      [true, null],
    ]);
  });

  it('a key of another link is refused, an unknown link has no rooms, EXPIRED is no reason', async () => {
    const sid = someone('link');
    await roomsOf(sid, 1);
    const { platform: foreign } = await newKeyFor(engine, { links: ['another'] });
    const call = (platform: typeof foreign, body: object = {}) =>
      platform.call('POST', `/chat/links/${sid}/freeze`, body);
    expect((await call(foreign)).status).to.equal(404);
    const { platform: without } = await newKeyFor(engine, { without: ['rooms:write'] });
    expect((await call(without)).status).to.equal(403);
    expect((await call(engine.platform, { reasonCode: 'EXPIRED' })).status).to.equal(400);
    const { platform: own } = await newKeyFor(engine, { links: [sid] });
    expect(await freeze(sid, {}, own)).to.deep.equal({ frozen: 1, thawed: 0 });
    expect(await freeze(someone('link'))).to.deep.equal({ frozen: 0, thawed: 0 });
  });
});
