import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { startEngine, type Engine } from '../../helpers/engine.ts';
import { errorOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';
import { closeWires } from '../../helpers/wire.ts';
import { inProcessBus } from '../../../src/services/bus.ts';
import { alertOf, enter, user } from './guests.ts';

const MINUTE = 60_000;

describe('nickname rooms: the end of a room', () => {
  let engine: Engine;
  /** The clock of this server is ahead by this much. */
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const soon = (milliseconds: number) => new Date(clock.now() + milliseconds).toISOString();
  const patch = (room: Room, body: object) =>
    engine.platform.do<Room>('PATCH', `/chat/rooms/${room._id}`, body);
  before(async () => {
    engine = await startEngine({ clock });
  });
  after(() => engine.close());
  afterEach(closeWires);

  async function withChat(
    more: Record<string, unknown>,
  ): Promise<{ room: Room; id: string; chat: ChatClient }> {
    const id = someone();
    const room = await engine.platform.room([id, someone()], more);
    return { room, id, chat: await engine.connect(id) };
  }
  const send = (chat: ChatClient, room: Room) =>
    errorOf(chat, 'sendMessage', {
      syncKey: someone('k'),
      roomId: room._id,
      data: { type: 'TEXT', content: 'x' },
    });
  const pass = async (milliseconds: number) => {
    ahead += milliseconds;
    await engine.app.chat.expiry.sweep();
  };

  it('comes by itself: timeout on entering, then expired, a system line, everybody out', async () => {
    const { room, id } = await withChat({ expiresAt: soon(400) });
    const client = await enter(await user(engine, id), room);
    expect(await client.frame('timeout')).to.be.within(0, 400);
    expect(await client.frame('expired')).to.deep.equal({ room: String(room.no) });
    expect(await client.frame('message', line => line.text === 'expired')).to.include({ type: 'system' });
    expect(await alertOf(client, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E17');
    expect(await alertOf(client, 'joinRoom', { room: String(room.no) })).to.equal('E14');
    expect(await engine.platform.do('GET', `/chat/rooms/${room._id}`)).to.deep.include({
      freezingReasonCode: 'EXPIRED',
    });
  });

  it('in the other protocols the room is frozen from then on, with members and history', async () => {
    const { room, chat } = await withChat({ expiresAt: soon(5 * MINUTE) });
    expect(await send(chat, room)).to.equal(null);
    chat.forget();
    await pass(6 * MINUTE);
    const frame = await chat.frame('listenRoom');
    expect([frame.rules.isFreezed, frame.freezingReasonCode, frame.joinUsers.length]).to.deep.equal([
      true,
      'EXPIRED',
      2,
    ]);
    expect(await send(chat, room)).to.equal('ROOM_IS_FREEZED');
    expect(await chat.history(room._id)).to.have.length(2);
    expect(
      await errorOf(chat, 'updateRoomSetting', {
        roomId: room._id,
        updateData: { rules: { isFreezed: false } },
      }),
    ).to.equal('ROOM_IS_FREEZED');
    expect(
      await errorOf(chat, 'updateRoomSetting', { roomId: room._id, updateData: { name: 'an end' } }),
    ).to.equal(null);
  });

  it('happens once, and not again whatever is changed later', async () => {
    const { room, chat } = await withChat({ expiresAt: soon(MINUTE) });
    let told = 0;
    engine.app.chat.events.on('room.expired', ({ live }) => void (live.id === room._id && told++));
    await Promise.all([pass(2 * MINUTE), engine.app.chat.expiry.sweep()]);
    await patch(room, { freezingReasonCode: 'CLOSED' });
    await pass(2 * MINUTE);
    await chat.settled();
    expect(told).to.equal(1);
    expect((await chat.room(room._id)).freezingReasonCode).to.equal('CLOSED');
  });

  it('a PATCH moves it: earlier, later, away; and is told to who is in', async () => {
    const { room, id, chat } = await withChat({ expiresAt: soon(10 * MINUTE) });
    const client = await enter(await user(engine, id), room);
    client.forget();
    await patch(room, { expiresAt: soon(30 * MINUTE) });
    expect(await client.frame('timeout')).to.be.within(29 * MINUTE, 30 * MINUTE);
    await pass(11 * MINUTE);
    expect(await send(chat, room), 'later').to.equal(null);
    await patch(room, { expiresAt: null });
    await pass(30 * MINUTE);
    expect(await send(chat, room), 'away').to.equal(null);
    await patch(room, { expiresAt: soon(100) });
    await client.frame('expired');
    expect(await send(chat, room), 'soon').to.equal('ROOM_IS_FREEZED');
    await patch(room, { expiresAt: soon(MINUTE) });
    expect(await send(chat, room), 'a later end opens it again').to.equal(null);
    expect((await chat.room(room._id)).freezingReasonCode).to.equal(null);
    await enter(client, room);
  });

  it('a room that its master froze stays frozen when its end is put off before it came', async () => {
    const { room, chat } = await withChat({ expiresAt: soon(MINUTE), rules: { isFreezed: true } });
    await patch(room, { expiresAt: soon(5 * MINUTE) });
    expect(await send(chat, room)).to.equal('ROOM_IS_FREEZED');
  });

  it('before it opens nobody writes; then they do', async () => {
    const { room, id, chat } = await withChat({ opensAt: soon(MINUTE) });
    expect(await send(chat, room)).to.equal('ROOM_IS_FREEZED');
    const client = await user(engine, id);
    expect(await alertOf(client, 'joinRoom', { room: String(room.no) })).to.equal('E13');
    await pass(2 * MINUTE);
    expect(await send(chat, room)).to.equal(null);
    expect(await alertOf(client, 'joinRoom', { room: String(room.no) })).to.equal(null);
  });

  it('what passed while no server ran is closed by the next one; of several nodes one does it', async () => {
    const bus = inProcessBus();
    const database = `end${process.pid}`;
    const first = await startEngine({ database });
    const room = await first.platform.room(['a', 'b'], {
      expiresAt: new Date(Date.now() + 50).toISOString(),
    });
    await first.close();
    const later = { now: () => Date.now() + MINUTE };
    const [one, two] = [
      await startEngine({ database, bus, clock: later }),
      await startEngine({ database, bus, clock: later }),
    ];
    try {
      await Promise.all([one, two].map(({ app }) => app.chat.expiry.sweep()));
      const shown = await one.platform.do<Room>('GET', `/chat/rooms/${room._id}`);
      expect([shown.rules.isFreezed, shown.freezingReasonCode]).to.deep.equal([true, 'EXPIRED']);
      expect(await one.database.rooms.countDocuments({ expiring: true })).to.equal(0);
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('a removed room sends everybody out', async () => {
    const { room, id } = await withChat({});
    const client = await enter(await user(engine, id), room);
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await client.frame('alert')).to.include({ type: 'E12' });
    expect(await alertOf(client, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E17');
  });
});
