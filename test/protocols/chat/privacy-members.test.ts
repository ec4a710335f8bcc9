import { expect } from 'chai';
import type { ChatClient, Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { calm, guests, idsOf, roomOf } from '../../helpers/party.ts';
import { someone } from '../../helpers/people.ts';

type Shown = { _id: string; meta: unknown }[];

describe('privacy: what members see of each other', () => {
  let engine: Engine;
  let large: Engine;
  before(async () => {
    engine = await sharedEngine();
    large = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
  });
  after(() => large.close());

  /** All that a client was told or can ask of the members of a room: from answers, and from frames. */
  async function look(
    client: ChatClient,
    roomId: string,
  ): Promise<{ answers: Shown[]; frames: Shown[]; readers: string[] }> {
    const find = (rooms: Room[]) => rooms.find(room => room._id === roomId)!.joinUsers;
    const answers = [
      (await client.room(roomId)).joinUsers,
      find(await client.rooms()),
      find((await client.do('queryRooms', { keyword: '' })).list),
      find((await client.do('sync', { rooms: [] })).rooms),
      (await client.do('listRoomMembers', { roomId })).list,
    ];
    const frames = [...client.of('listenRoom'), ...client.of('updateRoomLastMessage')]
      .filter(frame => frame._id === roomId)
      .map(frame => frame.joinUsers);
    const readers = client
      .of(`readReceipts_${roomId}`)
      .flatMap(({ reads }) => reads.map((read: any) => read.userId));
    return { answers, frames, readers };
  }

  /** People with contact data in the directory; they connect afterwards. */
  async function withContacts<const N extends readonly string[]>(own: Engine, ...nicks: N) {
    const users = nicks.map(nick => ({
      _id: someone(nick),
      nickName: nick,
      meta: { email: `${nick}@example.com` },
    }));
    await own.platform.do('PUT', '/chat/users', { users });
    const clients = await Promise.all(users.map(({ _id, nickName }) => own.connect(_id, nickName)));
    return clients as unknown as { -readonly [K in keyof N]: ChatClient };
  }

  /** Something of each kind that tells of members. */
  async function stir(
    own: Engine,
    room: Room,
    master: ChatClient,
    member: ChatClient,
    hidden: ChatClient,
  ): Promise<void> {
    const [guest] = await guests(own, 'guest');
    for (const client of [master, member, hidden]) await client.do('joinRoom', room._id);
    const { _id: messageId } = await hidden.send(room._id, 'hello');
    await master.do('inviteRoom', { roomId: room._id, targetUserIds: [guest.userId] });
    await master.do('updateRoomSetting', { roomId: room._id, updateData: { name: 'renamed' } });
    await hidden.do('updateReadMessage', { roomId: room._id, messageId });
    await master.frame(`readReceipts_${room._id}`, ({ reads }) =>
      reads.some((read: any) => read.userId === hidden.userId),
    );
    await master.do('kickOutUsers', { roomId: room._id, targetUserIds: [guest.userId] });
    const device = await own.connect(hidden.userId, 'hidden again');
    device.close();
    await master.frame('listenRoom', frame => frame._id === room._id && frame.name === 'renamed');
    await member.frame('listenRoom', frame => frame._id === room._id && frame.name === 'renamed');
    await member.settled();
  }

  it('with a closed list members get only themselves and the masters, in every answer and frame', async () => {
    for (const own of [engine, large]) {
      const [master, member, hidden] = await guests(own, 'master', 'member', 'hidden');
      const room = await roomOf([master, member, hidden], { rules: { canShowMemberList: false } });
      await stir(own, room, master, member, hidden);
      const seen = await look(member, room._id);
      expect(seen.frames.length).to.be.greaterThan(1);
      for (const users of [...seen.answers, ...seen.frames]) {
        expect(idsOf(users)).to.have.members([master.userId, member.userId]);
      }
      expect(seen.readers).to.not.include(hidden.userId);
      const masters = await look(master, room._id);
      expect(masters.readers).to.include(hidden.userId);
      expect(idsOf(masters.answers.at(-1)!)).to.include(hidden.userId);
    }
  });

  it('with a closed list the people whom one could invite do not betray who is in the room', async () => {
    const [master, member, hidden] = await guests(engine, 'master', 'member', 'hidden-in-closed');
    const room = await roomOf([master, member, hidden], { rules: { canShowMemberList: false } });
    const found = async (by: ChatClient) =>
      idsOf((await by.do('getInvitableUsers', { roomId: room._id, keyword: 'hidden-in-closed' })).list);
    expect(await found(member)).to.deep.equal([hidden.userId]);
    expect(await found(master), 'masters know').to.deep.equal([]);
  });

  it('when the list is closed or opened, frames follow at once', async () => {
    const [master, member, hidden] = await guests(engine, 'master', 'member', 'hidden');
    const room = await roomOf([master, member, hidden]);
    await calm(member);
    const shown = async (canShowMemberList: boolean) => {
      await master.do('updateRoomSetting', {
        roomId: room._id,
        updateData: { rules: { canShowMemberList } },
      });
      const frame = await member.frame(
        'listenRoom',
        ({ rules }) => rules.canShowMemberList === canShowMemberList,
      );
      return idsOf(frame.joinUsers);
    };
    expect(await shown(false)).to.have.members([master.userId, member.userId]);
    expect(await shown(true)).to.have.members([master.userId, member.userId, hidden.userId]);
  });

  it('e-mail and phone go to oneself and to masters, and in frames to nobody', async () => {
    for (const own of [engine, large]) {
      const [master, member, hidden] = await withContacts(own, 'master', 'member', 'hidden');
      const room = await roomOf([master, member, hidden]);
      expect(room.rules.canShowMemberMeta).to.equal(false);
      await stir(own, room, master, member, hidden);
      const seen = await look(member, room._id);
      for (const users of seen.answers) {
        for (const { _id, meta } of users) {
          expect(meta, 'in an answer').to.deep.equal(
            _id === member.userId ? { email: 'member@example.com' } : null,
          );
        }
      }
      const ruled = await look(master, room._id);
      for (const users of ruled.answers) {
        for (const { _id, meta } of users)
          if (_id === hidden.userId) expect(meta).to.deep.include({ email: 'hidden@example.com' });
      }
      for (const users of [...seen.frames, ...ruled.frames])
        for (const { meta } of users) expect(meta, 'in a frame').to.equal(null);
      expect(JSON.stringify([member.frames, master.frames])).to.not.include('@example.com');
    }
  });

  it('where the rule shows them, they are in answers and frames alike; rooms of the platform start so', async () => {
    const [master, member, hidden] = await withContacts(engine, 'master', 'member', 'hidden');
    const room = await engine.platform.room([master.userId, member.userId, hidden.userId]);
    expect(room.rules.canShowMemberMeta).to.equal(true);
    await stir(engine, room, master, member, hidden);
    const { answers, frames } = await look(member, room._id);
    for (const users of [...answers, ...frames]) {
      expect(users.find(({ _id }) => _id === hidden.userId)!.meta).to.deep.equal({
        email: 'hidden@example.com',
      });
    }
  });

  it('people who are found show nothing but id, nick and picture', async () => {
    const [ann, bob] = await withContacts(engine, 'ann-of-contacts', 'bob-of-contacts');
    const { list } = await ann.do('getInvitableUsers', { keyword: 'bob-of-contacts' });
    expect(list).to.deep.equal([{ _id: bob.userId, nickName: 'bob-of-contacts', profileUrl: null }]);
  });
});
