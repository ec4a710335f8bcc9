import { newKey, type ChatClient, type Message, type Room } from '../../helpers/client.ts';
import type { Engine } from '../../helpers/engine.ts';
import { roomOf } from '../../helpers/party.ts';

/** A room with every kind of receiver. The actor is its master; only the viewer views it. */
export interface Stage {
  engine: Engine;
  room: Room;
  /** By `other`. */
  first: Message;
  /** By the actor. */
  last: Message;
  actor: ChatClient;
  /** The actor's second device. */
  second: ChatClient;
  viewer: ChatClient;
  /** The viewer's second device, where the room is closed. */
  viewerSecond: ChatClient;
  closed: ChatClient;
  other: ChatClient;
  /** In no room. */
  outsider: ChatClient;
}

export interface UseCase {
  name: string;
  act: (stage: Stage) => Promise<unknown>;
  /** Receivers who know by themselves: the device that acted on its own marks. */
  except?: readonly string[];
  /** How the room is made. */
  more?: object;
}

const settings = (name: string, updateData: object): UseCase => ({
  name: `updateRoomSetting: ${name}`,
  act: ({ actor, room }) => actor.do('updateRoomSetting', { roomId: room._id, updateData }),
});

const MESSAGES: UseCase[] = [
  { name: 'sendMessage by the actor', act: ({ actor, room }) => actor.send(room._id, 'x') },
  { name: 'sendMessage by who views the room', act: ({ viewer, room }) => viewer.send(room._id, 'x') },
  { name: 'sendMessage by who has it closed', act: ({ closed, room }) => closed.send(room._id, 'x') },
  {
    name: 'many messages by all at once',
    act: ({ actor, viewer, closed, other, room }) =>
      Promise.all(
        [actor, viewer, closed, other].flatMap(who => [1, 2, 3, 4].map(i => who.send(room._id, `${i}`))),
      ),
  },
  {
    name: 'the platform writes as ADMIN',
    act: ({ engine, room }) => engine.platform.write(room._id, 'news'),
  },
  {
    name: 'the platform writes in the name of a member, and reads nothing for them',
    act: ({ engine, room, closed }) => engine.platform.write(room._id, 'mine', closed.userId),
  },
  {
    name: 'the platform edits the last message',
    act: ({ engine, last }) =>
      engine.platform.do('PATCH', `/chat/messages/${last._id}`, {
        data: { type: 'TEXT', content: 'edited' },
      }),
  },
  {
    name: 'the platform deletes the last message',
    act: ({ engine, last }) => engine.platform.do('DELETE', `/chat/messages/${last._id}`),
  },
  {
    name: 'the platform deletes an older message that some have not read',
    act: ({ engine, first }) => engine.platform.do('DELETE', `/chat/messages/${first._id}`),
  },
  {
    name: 'a message is sent and deleted at once',
    act: async ({ engine, actor, room }) => {
      const { _id } = await actor.send(room._id, 'oops');
      await Promise.all([
        engine.platform.do('DELETE', `/chat/messages/${_id}`),
        actor.send(room._id, 'next'),
      ]);
    },
  },
];

const edit = (who: ChatClient, { _id: messageId }: Message, content = 'edited') =>
  who.do('updateMessage', { messageId, data: { content } });
const react = (who: ChatClient, { _id: messageId }: Message) =>
  who.do('addReaction', { messageId, emoji: '👍' });

const TALK: UseCase[] = [
  { name: 'updateMessage of the last message', act: ({ actor, last }) => edit(actor, last) },
  { name: 'updateMessage of an older message', act: ({ other, first }) => edit(other, first) },
  {
    name: 'deleteMessage of the last message, by a master',
    act: async ({ actor, closed, room }) => {
      const { _id } = await closed.send(room._id, 'x');
      await actor.do('deleteMessage', { messageId: _id });
    },
  },
  {
    name: 'deleteMessage of an older message that some have not read',
    act: ({ other, first }) => other.do('deleteMessage', { messageId: first._id }),
  },
  {
    name: 'addReaction by all at once, removeReaction by one',
    act: async ({ actor, viewer, closed, other, last }) => {
      await Promise.all([actor, viewer, closed, other].map(who => react(who, last)));
      await closed.do('removeReaction', { messageId: last._id, emoji: '👍' });
    },
  },
  { name: 'addReaction to an older message', act: ({ closed, first }) => react(closed, first) },
  {
    name: 'a reply, and an edit of what it answers',
    act: async ({ actor, closed, other, room, first }) => {
      const data = { type: 'TEXT', content: 'answer' };
      const payload = { syncKey: newKey(), roomId: room._id, data, replyTo: first._id };
      await closed.do('sendMessage', payload);
      await edit(other, first);
      await react(actor, first);
    },
  },
  {
    name: 'a reply, and the deletion of what it answers',
    act: async ({ closed, other, room, first }) => {
      const data = { type: 'TEXT', content: 'answer' };
      await closed.do('sendMessage', { syncKey: newKey(), roomId: room._id, data, replyTo: first._id });
      await other.do('deleteMessage', { messageId: first._id });
    },
  },
  {
    name: 'shareMessage into this room and another',
    act: async ({ actor, closed, outsider, room, last }) => {
      const another = await roomOf([actor, closed, outsider]);
      await actor.do('shareMessage', { messageId: last._id, targetRoomIds: [room._id, another._id] });
    },
  },
  {
    name: 'the platform updates a card',
    act: async ({ engine, room }) => {
      const card = (acceptedStatus: boolean) => ({
        type: 'CARD',
        content: { rawData: { cardType: 'OFFER', acceptedStatus } },
      });
      const { _id } = await engine.platform.do<Message>('POST', `/chat/rooms/${room._id}/messages`, {
        author: { authorId: 'ADMIN' },
        data: card(false),
      });
      await engine.platform.do('PATCH', `/chat/messages/${_id}`, { data: card(true) });
    },
  },
  {
    name: 'addAnnouncement of a text, and removeAnnouncement',
    act: async ({ actor, room }) => {
      const roomId = room._id;
      await actor.do('addAnnouncement', { roomId, content: 'one' });
      const { announcement } = await actor.do('addAnnouncement', { roomId, content: 'two' });
      await actor.do('removeAnnouncement', { roomId, announcementId: announcement._id });
    },
  },
  {
    name: 'addAnnouncement of a message that is edited; who comes later does not see it',
    act: async ({ actor, other, outsider, room, first }) => {
      await actor.do('addAnnouncement', { roomId: room._id, messageId: first._id });
      await actor.do('inviteRoom', { roomId: room._id, targetUserIds: [outsider.userId] });
      await edit(other, first);
    },
  },
  {
    name: 'addAnnouncement of a message that is deleted',
    act: async ({ actor, other, room, first }) => {
      await actor.do('addAnnouncement', { roomId: room._id, messageId: first._id });
      await other.do('deleteMessage', { messageId: first._id });
    },
  },
  {
    name: 'a person who announced and reacted is deleted',
    act: async ({ engine, actor, other, last, room }) => {
      await react(other, last);
      await actor.do('addAnnouncement', { roomId: room._id, content: 'x' });
      await engine.platform.do('DELETE', `/chat/users/${other.userId}`);
    },
    except: ['other'],
  },
];

const READING: UseCase[] = [
  {
    name: 'updateReadMessage',
    act: ({ closed, other, room, first }) =>
      Promise.all(
        [closed, other].map(who => who.do('updateReadMessage', { roomId: room._id, messageId: first._id })),
      ),
    except: ['closed', 'other'],
  },
  {
    name: 'updateReadMessage by the actor on one device',
    act: async ({ actor, other, room }) => {
      const sent = await other.send(room._id, 'unread');
      await other.send(room._id, 'stays unread');
      await actor.do('updateReadMessage', { roomId: room._id, messageId: sent._id });
    },
    except: ['actor'],
  },
  {
    name: 'joinRoom by the actor on one device, and a message while it views',
    act: async ({ actor, other, room }) => {
      await other.send(room._id, 'unread');
      await actor.do('joinRoom', room._id);
      await other.send(room._id, 'read at once');
    },
  },
  {
    name: 'joinRoom, and leaveRoom before a message',
    act: async ({ closed, other, room }) => {
      await closed.do('joinRoom', room._id);
      await closed.do('leaveRoom', room._id);
      await other.send(room._id, 'unread');
    },
  },
  {
    name: 'roomAlarmTurnOnOff',
    act: ({ actor, room }) => actor.do('roomAlarmTurnOnOff', { roomId: room._id, turnOn: false }),
    except: ['actor'],
  },
];

const ROOMS: UseCase[] = [
  {
    name: 'createNewRoom: GROUP',
    act: ({ actor, viewer, closed, outsider }) => roomOf([actor, viewer, closed, outsider]),
  },
  {
    name: 'createNewRoom: DIRECT, from both sides at once',
    act: ({ actor, outsider }) =>
      Promise.all([
        roomOf([actor, outsider], { roomType: 'DIRECT' }),
        roomOf([outsider, actor], { roomType: 'DIRECT' }),
      ]),
  },
  {
    name: 'the platform makes a room with a message',
    act: ({ engine, actor, closed, outsider }) =>
      engine.platform.room([actor.userId, closed.userId, outsider.userId], {
        message: { author: { authorId: closed.userId }, data: { type: 'TEXT', content: 'hello' } },
      }),
  },
  settings('name and picture', { name: 'renamed', profileUrl: 'https://example.com/x.png' }),
  settings('freezing', { rules: { isFreezed: true } }),
  settings('closing the list of members', { rules: { canShowMemberList: false } }),
  {
    name: 'updateRoomSetting: opening the list of members',
    more: { rules: { canShowMemberList: false } },
    act: ({ actor, room }) =>
      actor.do('updateRoomSetting', { roomId: room._id, updateData: { rules: { canShowMemberList: true } } }),
  },
  {
    name: 'the platform changes a room',
    act: ({ engine, room }) =>
      engine.platform.do('PATCH', `/chat/rooms/${room._id}`, {
        name: 'by the platform',
        meta: { a: 1 },
        freezingReasonCode: 'CLOSED',
        rules: { isFreezed: true },
        expiresAt: '2999-01-01T00:00:00.000Z',
      }),
  },
  {
    name: 'the platform removes the room',
    act: ({ engine, room }) => engine.platform.do('DELETE', `/chat/rooms/${room._id}`),
  },
];

const PEOPLE: UseCase[] = [
  {
    name: 'inviteRoom',
    act: ({ actor, room, outsider }) =>
      actor.do('inviteRoom', { roomId: room._id, targetUserIds: [outsider.userId] }),
  },
  {
    name: 'inviteRoom by a member, then messages',
    act: async ({ closed, actor, room, outsider }) => {
      await closed.do('inviteRoom', { roomId: room._id, targetUserIds: [outsider.userId] });
      await actor.send(room._id, 'welcome');
      await outsider.send(room._id, 'thanks');
    },
  },
  {
    name: 'the platform invites',
    act: ({ engine, actor, room, outsider }) =>
      engine.platform.do('POST', '/chat/inviteUsers', {
        roomId: room._id,
        inviterId: actor.userId,
        joinUsers: [{ _id: outsider.userId, nickName: 'x', master: true }],
      }),
  },
  {
    name: 'joinRoom by a stranger of an OPEN room',
    more: { roomType: 'OPEN' },
    act: ({ outsider, room }) => outsider.do('joinRoom', room._id),
    except: [],
  },
  {
    name: 'leaveOutRoom by a member who views',
    act: ({ viewer, room }) => viewer.do('leaveOutRoom', room._id),
  },
  { name: 'leaveOutRoom by the only master', act: ({ actor, room }) => actor.do('leaveOutRoom', room._id) },
  {
    name: 'kickOutUsers, of who views and of who has it closed',
    act: ({ actor, viewer, closed, room }) =>
      actor.do('kickOutUsers', { roomId: room._id, targetUserIds: [viewer.userId, closed.userId] }),
  },
  {
    name: 'kickOutUsers, and back by invitation',
    act: async ({ actor, closed, room }) => {
      await actor.do('kickOutUsers', { roomId: room._id, targetUserIds: [closed.userId] });
      await actor.send(room._id, 'meanwhile');
      await actor.do('inviteRoom', { roomId: room._id, targetUserIds: [closed.userId] });
    },
  },
  {
    name: 'banUsers, of who views and of who has it closed',
    act: ({ actor, room, viewer, closed }) =>
      actor.do('banUsers', { roomId: room._id, targetUserIds: [viewer.userId, closed.userId] }),
  },
  {
    name: 'muteUsers, unmuteUsers of one of them',
    act: async ({ actor, room, viewer, closed }) => {
      const targetUserIds = [viewer.userId, closed.userId];
      await actor.do('muteUsers', { roomId: room._id, targetUserIds, minutes: 5 });
      await actor.do('unmuteUsers', { roomId: room._id, targetUserIds: [closed.userId] });
    },
  },
  {
    name: 'the platform freezes the link of the room',
    act: ({ engine, room }) =>
      engine.platform.do('POST', `/chat/links/${room.link?.sid ?? 'none'}/freeze`, {}),
  },
  {
    name: 'the platform removes a member',
    act: ({ engine, closed, room }) =>
      engine.platform.do('DELETE', `/chat/rooms/${room._id}/members/${closed.userId}`),
  },
  {
    name: 'a member gets a new nick over the platform',
    act: ({ engine, actor }) =>
      engine.platform.do('PUT', '/chat/users', {
        users: [{ _id: actor.userId, nickName: 'new nick', profileUrl: 'https://example.com/n.png' }],
      }),
  },
  {
    name: 'a member comes with a token of another nick',
    act: ({ engine, closed }) => engine.connect(closed.userId, 'another nick'),
  },
  {
    name: 'a person is deleted, the only master',
    act: ({ engine, actor }) => engine.platform.do('DELETE', `/chat/users/${actor.userId}`),
    except: ['actor', 'second'],
  },
  {
    name: 'everything at once',
    act: ({ actor, closed, other, viewer, room, outsider }) =>
      Promise.all([
        actor.do('inviteRoom', { roomId: room._id, targetUserIds: [outsider.userId] }),
        actor.do('updateRoomSetting', { roomId: room._id, updateData: { name: 'busy' } }),
        closed.ask('sendMessage', {
          syncKey: newKey(),
          roomId: room._id,
          data: { type: 'TEXT', content: 'x' },
        }),
        viewer.do('leaveOutRoom', room._id),
        other.send(room._id, 'y'),
        actor.do('kickOutUsers', { roomId: room._id, targetUserIds: [closed.userId] }),
      ]),
  },
];

/** Everything that changes what a room list shows. */
export const USE_CASES: readonly UseCase[] = [...MESSAGES, ...TALK, ...READING, ...ROOMS, ...PEOPLE];
