import { expect } from 'chai';
import type { ChatClient } from '../../helpers/client.ts';
import { API_KEY, sharedEngine, type Engine } from '../../helpers/engine.ts';
import { Rest } from '../../helpers/feed.ts';
import { newKeyFor } from '../../helpers/keys.ts';
import { guests, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

interface Act {
  _id: string;
  at: string;
  act: string;
  actor: { kind: string; id: string };
  targets: string[];
  details: Record<string, unknown>;
}

describe('GET /chat/audit', () => {
  let engine: Engine;
  let ann: ChatClient;
  let bob: ChatClient;
  let eve: ChatClient;
  before(async () => {
    engine = await sharedEngine();
    [ann, bob, eve] = await guests(engine, 'ann', 'bob', 'eve');
  });
  const auditOf = async (query: string, platform = engine.platform) =>
    platform.do<{ list: Act[]; nextCursor: string | null }>('GET', `/chat/audit?${query}`);
  const actsOf = async (query: string) => (await auditOf(query)).list.map(({ act }) => act).reverse();

  it('tells what masters did, to whom, in order', async () => {
    const room = await roomOf([ann, bob, eve]);
    const roomId = room._id;
    const targetUserIds = [eve.userId];
    await ann.do('muteUsers', { roomId, targetUserIds, minutes: 5 });
    await ann.do('unmuteUsers', { roomId, targetUserIds });
    await ann.do('banUsers', { roomId, targetUserIds });
    await ann.do('unbanUsers', { roomId, targetUserIds });
    await ann.do('kickOutUsers', { roomId, targetUserIds: [bob.userId] });
    for (const rules of [{ isFreezed: true }, { isFreezed: false }, { slowModeSeconds: 3 }])
      await ann.do('updateRoomSetting', { roomId, updateData: { rules } });
    await ann.do('updateRoomSetting', { roomId, updateData: { name: 'a secret name' } });
    expect(await actsOf(`roomId=${roomId}`)).to.deep.equal([
      'member.mute',
      'member.unmute',
      'member.ban',
      'member.unban',
      'member.kick',
      'room.freeze',
      'room.unfreeze',
      'room.settings',
      'room.settings',
    ]);
    const { list } = await auditOf(`roomId=${roomId}`);
    for (const { actor } of list) expect(actor).to.deep.equal({ kind: 'user', id: ann.userId });
    expect(list.at(-1)).to.deep.include({ act: 'member.mute', targets: [eve.userId] });
    expect(JSON.stringify(list)).to.not.include('secret');
  });

  it('tells what the platform wrote: routes, rooms and people, never a text', async () => {
    const [owner, guest] = [someone('owner'), someone('guest')];
    const room = await engine.platform.room([owner, guest], {
      message: { author: { authorId: owner }, data: { type: 'TEXT', content: 'a secret text' } },
    });
    const message = await engine.platform.write(room._id, 'another secret');
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { name: 'x' });
    await engine.platform.do('PATCH', `/chat/messages/${message._id}`, {
      data: { type: 'TEXT', content: 'a third secret' },
    });
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${guest}`);
    const rest = new Rest(engine, { 'chat-api-key': API_KEY });
    await rest.do('POST', `/rooms/${room.no}/members`, { user_id: guest });
    await engine.platform.do('DELETE', `/chat/rooms/${room._id}`);
    expect(await actsOf(`roomId=${room._id}`)).to.deep.equal([
      'POST /chat/room',
      'PATCH /chat/rooms/:id',
      'PATCH /chat/messages/:id',
      'DELETE /chat/rooms/:id/members/:userId',
      'member.add',
      'DELETE /chat/rooms/:id',
    ]);
    const { list } = await auditOf(`roomId=${room._id}`);
    expect(JSON.stringify(list)).to.not.include('secret');
    expect(list[2]!.targets).to.deep.equal([guest]);
    for (const { actor } of list) expect(actor.kind).to.equal('platform');
  });

  it('a write that was refused is no act', async () => {
    const room = await roomOf([ann, bob]);
    await engine.platform.call('PATCH', `/chat/rooms/${room._id}`, { rules: { isFreezed: 'nonsense' } });
    await bob.ask('muteUsers', { roomId: room._id, targetUserIds: [ann.userId] });
    await ann.ask('kickOutUsers', { roomId: room._id, targetUserIds: [someone()] });
    expect(await actsOf(`roomId=${room._id}`)).to.deep.equal([]);
  });

  it('filters by actor, act and time, and pages', async () => {
    const [master] = await guests(engine, 'master');
    const room = await roomOf([master, bob]);
    for (let i = 0; i < 3; i++)
      await master.do('muteUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    await master.do('unmuteUsers', { roomId: room._id, targetUserIds: [bob.userId] });
    const actor = `actorId=${master.userId}`;
    expect(await actsOf(`${actor}&act=member.mute`)).to.have.length(3);
    const { list } = await auditOf(actor);
    expect(list).to.have.length(4);
    const ids: string[] = [];
    let cursor: string | null = '';
    for (; cursor !== null;) {
      const page: { list: Act[]; nextCursor: string | null } = await auditOf(
        `${actor}&limit=3${cursor ? `&cursor=${cursor}` : ''}`,
      );
      ids.push(...page.list.map(({ _id }) => _id));
      cursor = page.nextCursor;
    }
    expect(ids).to.deep.equal(list.map(({ _id }) => _id));
    expect(await actsOf(`${actor}&from=${list[0]!.at}`)).to.include('member.unmute');
    expect(await actsOf(`${actor}&from=2999-01-01T00:00:00.000Z`)).to.deep.equal([]);
    expect(await actsOf(`${actor}&to=2001-01-01T00:00:00.000Z`)).to.deep.equal([]);
    expect((await engine.platform.call('GET', '/chat/audit?from=nonsense')).status).to.equal(400);
  });

  it('a key of a link sees the acts in its rooms, one without the scope none', async () => {
    const room = await engine.platform.room([someone('owner')]);
    await engine.platform.do('PATCH', `/chat/rooms/${room._id}`, { name: 'x' });
    const { platform: own } = await newKeyFor(engine, { links: [room.link!.sid] });
    const { platform: foreign } = await newKeyFor(engine, { links: ['another'] });
    const { platform: without } = await newKeyFor(engine, { without: ['moderation'] });
    expect((await auditOf('', own)).list.map(({ act }) => act)).to.deep.equal([
      'PATCH /chat/rooms/:id',
      'POST /chat/room',
    ]);
    expect((await auditOf(`roomId=${room._id}`, foreign)).list).to.deep.equal([]);
    expect((await without.call('GET', '/chat/audit')).status).to.equal(403);
  });
});
