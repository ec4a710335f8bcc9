import { expect } from 'chai';
import { newKey, type ChatClient, type Message, type Room } from '../../helpers/client.ts';
import { sharedEngine, startEngine, type Engine } from '../../helpers/engine.ts';
import { Mirror } from '../../helpers/mirror.ts';
import { calm, guests, roomOf } from '../../helpers/party.ts';

/** The same numbers for the same seed (mulberry32), so that a failure can be looked at again. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return sides => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

interface World {
  engine: Engine;
  people: readonly ChatClient[];
  rooms: readonly Room[];
  sent: Message[];
  roll: (sides: number) => number;
}

/** One of the things that people do; most may be refused, and that is fine. */
function somethingHappens({ engine, people, rooms, sent, roll }: World): Promise<unknown> {
  const who = people[roll(people.length)]!;
  const target = people[roll(people.length)]!.userId;
  const roomId = rooms[roll(rooms.length)]!._id;
  const old = sent[roll(sent.length || 1)];
  const rule = ['canShowMemberList', 'canSeeHistory', 'canInviteMemebrs'][roll(3)]!;
  const acts: (() => Promise<unknown>)[] = [
    () => who.ask('joinRoom', roomId),
    () => who.ask('leaveRoom', roomId),
    () => who.ask('leaveOutRoom', roomId),
    () => who.ask('inviteRoom', { roomId, targetUserIds: [target] }),
    () => who.ask('inviteRoom', { roomId, targetUserIds: [target] }),
    () => who.ask('kickOutUsers', { roomId, targetUserIds: [target] }),
    () => who.ask('roomAlarmTurnOnOff', { roomId }),
    () => who.ask('updateRoomSetting', { roomId, updateData: { rules: { [rule]: roll(2) === 0 } } }),
    async () => old && who.ask('updateReadMessage', { roomId: old.roomId, messageId: old._id }),
    async () => old && engine.platform.call('DELETE', `/chat/messages/${old._id}`),
    async () => old && who.ask('deleteMessage', { messageId: old._id }),
    async () => old && who.ask('updateMessage', { messageId: old._id, data: { content: `${roll(9)}` } }),
    async () => old && who.ask('addReaction', { messageId: old._id, emoji: '👍' }),
    async () => old && who.ask('removeReaction', { messageId: old._id, emoji: '👍' }),
    async () => old && who.ask('shareMessage', { messageId: old._id, targetRoomIds: [roomId] }),
    async () => old && who.ask('addAnnouncement', { roomId, messageId: old._id }),
    () => who.ask('addAnnouncement', { roomId, content: `${roll(9)}` }),
    () =>
      engine.platform.call('POST', `/chat/rooms/${roomId}/messages`, {
        author: { authorId: target },
        data: { type: 'TEXT', content: 'by the platform' },
      }),
  ];
  const send = async () => {
    const answer = await who.ask('sendMessage', {
      syncKey: newKey(),
      roomId,
      ...(old?.roomId === roomId && roll(3) === 0 ? { replyTo: old._id } : {}),
      data: { type: 'TEXT', content: 'x' },
    });
    if (answer.success) sent.push((answer.data as { message: Message }).message);
  };
  return (acts[roll(acts.length * 2)] ?? send)();
}

/** Acts on one device of each person, in waves of several at once; the other devices only listen. */
async function aBusyDay(engine: Engine, seed: number): Promise<void> {
  const roll = dice(seed);
  const people = await guests(engine, 'a', 'b', 'c', 'd', 'e');
  const watchers = await Promise.all(people.map(({ userId }, i) => engine.connect(userId, 'abcde'[i])));
  const [a, b, c, d] = people;
  const rooms = [
    await roomOf([a, b, c, d], { rules: { canLeaveOutRoom: true, canInviteMemebrs: true } }),
    await roomOf([b, c], { roomType: 'OPEN', rules: { canInviteMemebrs: true } }),
  ];
  await calm(...watchers);
  const mirrors = watchers.map(watcher => new Mirror(watcher, { isViewing: null }));
  await Promise.all(mirrors.map(mirror => mirror.begin()));
  const world: World = { engine, people, rooms, sent: [], roll };
  for (let wave = 0; wave < 40; wave++) {
    await Promise.all(Array.from({ length: 1 + roll(5) }, () => somethingHappens(world)));
  }
  for (const [i, mirror] of mirrors.entries()) {
    const { told, fresh } = await mirror.end();
    expect(told, `seed ${seed}, device ${i}`).to.deep.equal(fresh);
  }
  for (const { _id } of rooms) {
    const seqs = (await engine.platform.messages(_id)).map(message => message.seq);
    expect(seqs, 'no gaps, no duplicates').to.deep.equal(seqs.map((_, i) => i + 1));
  }
}

describe('after a busy day of everybody', () => {
  let large: Engine;
  before(async () => {
    large = await startEngine({ env: { JOIN_USERS_INLINE_MAX: '2' } });
  });
  after(() => large.close());

  const seeds = (process.env['SEEDS'] ?? '1,2,3').split(',').map(Number);
  for (const seed of seeds) {
    it(`each device shows what a fresh room list says, in small rooms (seed ${seed})`, async () => {
      await aBusyDay(await sharedEngine(), seed);
    });

    it(`each device shows what a fresh room list says, in large rooms (seed ${seed})`, async () => {
      await aBusyDay(large, seed);
    });
  }
});
