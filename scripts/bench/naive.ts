/**
 * The obvious engine, as one writes it first: members inside the room document, and for each message
 * one create, one update of the room and one counting query per member. Same events, same durability.
 */
import mongoose, { Schema } from 'mongoose';
import {
  memberOf,
  messageOf,
  roomOf,
  shownRoom,
  type RoomBody,
  type SendBody,
  type WireRoom,
} from './shapes.ts';
import { serve } from './serve.ts';
import type { User } from './tokens.ts';

const writeConcern = { w: 'majority', j: true } as const;

const Message = mongoose.model(
  'Message',
  new Schema({ _id: String, roomId: String }, { strict: false, writeConcern, versionKey: false }).index({
    roomId: 1,
    _id: 1,
  }),
);
const Room = mongoose.model(
  'Room',
  new Schema({ _id: String }, { strict: false, writeConcern, versionKey: false }).index({
    'joinUsers._id': 1,
  }),
);

/**
 * Rooms are read once and then kept: a kindness to this server, whose obvious form would read the room
 * for each message to check who is in it.
 */
const rooms = new Map<string, WireRoom>();

type Ack = (answer: object) => void;

const textId = () => new mongoose.Types.ObjectId().toHexString(); // grows with time, so "after" is a range of ids

function unreadOf(roomId: string, userId: string, lastRead: string | null): Promise<number> {
  const after = lastRead ? { _id: { $gt: lastRead } } : {};
  return Message.countDocuments({ roomId, 'author.authorId': { $ne: userId }, ...after });
}

async function store(author: User, body: SendBody) {
  const room = rooms.get(body.roomId);
  if (!room) throw new Error('ROOM_NO_EXISTS');
  const message = { ...messageOf(author, body, ++room.lastSeq), _id: textId() };
  await Message.create(message);
  await Room.updateOne({ _id: room._id }, { $set: { lastMessage: message, lastSeq: message.seq } });
  room.lastMessage = message;
  return { room, message };
}

function unreadRoomOf(body: RoomBody): WireRoom {
  const room = roomOf(body, rooms.size + 1);
  for (const member of room.joinUsers) member.lastReadMessageId = null; // here it counts, and nobody has read yet
  return room;
}

async function listOf(user: User): Promise<object[]> {
  const found = await Room.find({ 'joinUsers._id': user._id })
    .sort({ 'lastMessage.createdAt': -1 })
    .lean<WireRoom[]>();
  return Promise.all(
    found.map(async room => {
      const me = room.joinUsers.find(member => member._id === user._id);
      return { ...room, unReadMsgCount: await unreadOf(room._id, user._id, me?.lastReadMessageId ?? null) };
    }),
  );
}

await mongoose.connect(process.env['MONGODB_URI'] ?? '', { serverSelectionTimeoutMS: 5_000 });
await Promise.all([Message.init(), Room.init()]);

await serve({
  routes: {
    '/chat/room': async (body: RoomBody) => {
      const room = unreadRoomOf(body);
      await Room.create(room);
      rooms.set(room._id, room);
      if (body.message) {
        const { author, data } = body.message;
        const first = {
          syncKey: room._id,
          roomId: room._id,
          data: { type: data.type, content: data.content.text },
        };
        await store({ _id: author.authorId, nickName: author.nickName }, first);
      }
      return shownRoom(room);
    },
    '/chat/inviteUsers': async (body: { roomId: string; joinUsers: User[] }) => {
      const room = rooms.get(body.roomId);
      if (!room) throw new Error('ROOM_NO_EXISTS');
      const members = body.joinUsers.map(user => ({ ...memberOf(user), lastReadMessageId: null }));
      await Room.updateOne({ _id: room._id }, { $push: { joinUsers: { $each: members } } });
      room.joinUsers.push(...members);
      return shownRoom(room);
    },
  },
  onConnection(socket, user, chat) {
    void socket.join(`user:${user._id}`);
    socket.on('joinRoom', async (roomId: string, ack: Ack) => {
      const room = rooms.get(roomId);
      const me = room?.joinUsers.find(member => member._id === user._id);
      if (!room || !me) return ack({ success: false, error: 'ROOM_NO_EXISTS' });
      me.lastReadMessageId = room.lastMessage?._id ?? null;
      await Room.updateOne(
        { _id: roomId, 'joinUsers._id': user._id },
        { $set: { 'joinUsers.$.lastReadMessageId': me.lastReadMessageId } },
      );
      await socket.join(`view:${roomId}`);
      ack({ success: true, data: { result: true, lastReadMessageId: null, lastSeq: room.lastSeq } });
    });
    socket.on('listenRooms', async (first: unknown, second?: Ack) => {
      const ack = typeof first === 'function' ? (first as Ack) : second;
      ack?.({ success: true, data: { list: await listOf(user), nextCursor: null } });
    });
    socket.on('sendMessage', async (body: SendBody, ack: Ack) => {
      const { room, message } = await store(user, body);
      chat.to(`view:${room._id}`).emit(`listenMessage_${room._id}`, { ...message, eventType: 'CREATE' });
      await Promise.all(
        room.joinUsers.map(async member => {
          const unReadMsgCount = await unreadOf(room._id, member._id, member.lastReadMessageId);
          chat.to(`user:${member._id}`).emit('updateRoomLastMessage', { ...shownRoom(room), unReadMsgCount });
        }),
      );
      ack({ success: true, data: { result: true, message } });
    });
  },
});
