import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { calm, errorOf, guests, roomOf } from '../../helpers/party.ts';

describe('roomAlarmTurnOnOff', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob] = await guests(engine, 'ann', 'bob');
  });
  const alarmOf = async (client: ChatClient, roomId: string) =>
    (await client.room(roomId)).joinUsers.find(user => user._id === client.userId)!.alarmOn;

  it('toggles, as the seed’s client uses it, or goes to what is asked for', async () => {
    const room = await roomOf([ann, bob]);
    const switched = (more: object) => bob.do('roomAlarmTurnOnOff', { roomId: room._id, ...more });
    expect(await switched({ messageId: 'as in the seed' })).to.deep.equal({ result: true, alarmOn: false });
    expect(await alarmOf(bob, room._id)).to.equal(false);
    expect(await switched({ turnOn: null })).to.deep.equal({ result: true, alarmOn: true });
    for (const turnOn of [false, false, true, true])
      expect((await switched({ turnOn })).alarmOn).to.equal(turnOn);
    expect(await alarmOf(bob, room._id)).to.equal(true);
    expect(await alarmOf(ann, room._id), 'everybody’s own').to.equal(true);
  });

  it('tells the user’s other devices', async () => {
    const room = await roomOf([ann, bob]);
    const phone = await engine.connect(bob.userId, 'bob');
    await calm(bob, phone, ann);
    await bob.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false });
    const told = await phone.frame('updateRoomLastMessage');
    expect(told.joinUsers.find((user: any) => user._id === bob.userId).alarmOn).to.equal(false);
    await ann.settled();
    expect(ann.frames).to.deep.equal([]);
  });

  it('is kept over a new connection', async () => {
    const room = await roomOf([ann, bob]);
    await bob.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false });
    expect(await alarmOf(await engine.connect(bob.userId, 'bob'), room._id)).to.equal(false);
  });

  it('is refused to who is not in the room, and for a wrong shape', async () => {
    const [closed, open] = [await roomOf([ann]), await roomOf([ann], { roomType: 'OPEN' })];
    expect(await errorOf(bob, 'roomAlarmTurnOnOff', { roomId: closed._id })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(bob, 'roomAlarmTurnOnOff', { roomId: 'nowhere' })).to.equal('ROOM_NO_EXISTS');
    expect(await errorOf(bob, 'roomAlarmTurnOnOff', { roomId: open._id })).to.equal('YOU_ARE_NO_JOINED_ROOM');
    for (const payload of [undefined, {}, closed._id, { roomId: closed._id, turnOn: 'no' }]) {
      expect(await errorOf(ann, 'roomAlarmTurnOnOff', payload), JSON.stringify(payload)).to.equal(
        'INVALID_PAYLOAD',
      );
    }
  });
});
