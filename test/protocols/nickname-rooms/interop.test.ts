import { expect } from 'chai';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';
import { newKey } from '../../helpers/client.ts';
import { someone } from '../../helpers/people.ts';
import { closeWires } from '../../helpers/wire.ts';
import { alertOf, enter, historyOf, party, texts, user } from './guests.ts';

describe('nickname rooms and the chat catalogue in one room', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  afterEach(closeWires);

  it('a message of each is seen through the other, in the order of the log', async () => {
    const { ids, room, ann, bob } = await party(engine);
    const chat = await engine.connect(ids.bob, 'Bobby');
    await chat.do('joinRoom', room._id);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2
          ? chat.send(room._id, `chat ${i}`)
          : ann.ask('chatMessage', { type: 'text', text: `room ${i}` }),
      ),
    );
    await chat.settled();
    const log = (await engine.platform.messages(room._id)).slice(-20);
    const wanted = log.map(({ data }) => data.content.text);
    expect(texts(ann).slice(-20)).to.deep.equal(wanted);
    expect(texts(bob).slice(-20)).to.deep.equal(wanted);
    const live = chat.of(`listenMessage_${room._id}`);
    expect(live.map(({ seq }) => seq)).to.deep.equal(log.map(({ seq }) => seq));
    expect(live.map(({ data }) => data.content.text)).to.deep.equal(wanted);
    const ofBob = ann.of('message').find(line => line.text === 'chat 1');
    expect([ofBob.id, ofBob.nickname], 'the nickname that he has in this room').to.deep.equal([
      ids.bob,
      'Bob',
    ]);
  });

  it('who is not in by this protocol has the nick of the directory', async () => {
    const { ids, room, ann, bob } = await party(engine);
    bob.close();
    const chat = await engine.connect(ids.bob, 'Bobby');
    await chat.send(room._id, 'hi');
    expect((await ann.frame('message', line => line.text === 'hi')).nickname).to.equal('Bobby');
  });

  it('being in the room reads it; leaving does not read on', async () => {
    const { ids, room, ann } = await party(engine);
    const chat = await engine.connect(ids.ann);
    const other = await engine.connect(ids.bob);
    await other.send(room._id, 'one');
    await ann.frame('message', line => line.text === 'one');
    expect((await chat.room(room._id)).unReadMsgCount).to.equal(0);
    await alertOf(ann, 'leaveRoom');
    await other.send(room._id, 'two');
    expect((await chat.room(room._id)).unReadMsgCount).to.equal(1);
  });

  it('joining an OPEN room, inviting and leaving are system lines here and ADMIN messages there', async () => {
    const host = someone('host');
    const room = await engine.platform.room([host], { roomType: 'OPEN' });
    const inside = await enter(await user(engine, host, 'Host'), room);
    const chat = await engine.connect(host);
    const [guest, invited] = [someone('guest'), someone('invited')];
    await engine.platform.people(invited);
    await enter(await user(engine, guest, 'Guest'), room);
    expect((await chat.frame('listenRoom')).joinUsers).to.have.length(2);
    await chat.do('inviteRoom', { roomId: room._id, targetUserIds: [invited] });
    const phone = await engine.connect(guest);
    await phone.do('leaveOutRoom', room._id);
    await inside.settled();
    const stored = (await engine.platform.messages(room._id))
      .filter(({ data }) => data.type === 'ADMIN')
      .slice(1);
    const lines = texts(inside).filter(text => !/[입퇴]장했습니다/.test(text));
    expect(lines).to.deep.equal(stored.map(({ data }) => data.content.text));
    expect(stored.map(({ meta }) => meta!['event'])).to.deep.equal([
      'member.joined',
      'member.invited',
      'member.left',
    ]);
  });

  it('a kick through the chat puts out here at once, and nothing comes after it', async () => {
    const { ids, room, ann, bob } = await party(engine);
    const chat = await engine.connect(ids.ann);
    await chat.do('kickOutUsers', { roomId: room._id, targetUserIds: [ids.bob] });
    expect(await bob.frame('alert')).to.include({ type: 'E18' });
    await ann.frame('roomUsers', ({ users }) => users.length === 1);
    await bob.settled();
    bob.forget();
    await ann.ask('chatMessage', { type: 'text', text: 'secret' });
    expect(await alertOf(bob, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E17');
    expect(await alertOf(bob, 'joinRoom', { room: String(room.no) })).to.equal('E12');
    expect(await alertOf(bob, 'history')).to.equal('E17');
    expect(bob.of('message')).to.deep.equal([]);
  });

  it('a master freezes through the chat: no line is taken here, and thawing takes them again', async () => {
    const { ids, room, bob } = await party(engine);
    const chat = await engine.connect(ids.ann);
    const freeze = (isFreezed: boolean) =>
      chat.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { isFreezed } } });
    await freeze(true);
    expect(await alertOf(bob, 'chatMessage', { type: 'text', text: 'x' })).to.equal('E18');
    await freeze(false);
    expect(await alertOf(bob, 'chatMessage', { type: 'text', text: 'x' })).to.equal(null);
  });

  it('who joined later sees in the history what came since, here as there', async () => {
    const { ids, room, ann } = await party(engine);
    const chat = await engine.connect(ids.ann);
    const late = someone('late');
    await engine.platform.people(late);
    await ann.ask('chatMessage', { type: 'text', text: 'early' });
    await chat.do('inviteRoom', { roomId: room._id, targetUserIds: [late] });
    await ann.ask('chatMessage', { type: 'text', text: 'since' });
    const client = await enter(await user(engine, late), room);
    expect(historyOf(client).map(({ type, text }) => (type === 'text' ? text : type))).to.deep.equal([
      'system',
      'since',
    ]);
  });

  it('a card shows its text; an edit shows at the next reading', async () => {
    const { ids, room, ann } = await party(engine);
    const chat = await engine.connect(ids.ann);
    const rawData = { cardType: 'LINK_INVITATION', text: 'come in', link: { sid: 's', name: 'n' } };
    await chat.do('sendMessage', {
      syncKey: newKey(),
      roomId: room._id,
      data: { type: 'CARD', content: { rawData } },
    });
    expect(await ann.frame('message')).to.deep.include({ type: 'text', text: 'come in' });
    const { _id } = await chat.send(room._id, 'typo');
    await engine.platform.do('PATCH', `/chat/messages/${_id}`, {
      data: { type: 'TEXT', content: { text: 'type' } },
    });
    await ann.ask('history');
    expect(historyOf(ann).at(-1)!.text).to.equal('type');
  });
});
