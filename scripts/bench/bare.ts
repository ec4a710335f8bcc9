/**
 * The base line: a stock Socket.IO server that checks a token and relays. It stores nothing, counts
 * nothing and promises nothing, and sends the same two events per member and message as the engine.
 */
import { readFileSync } from 'node:fs';
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

const rooms = new Map<string, { room: WireRoom; shown: WireRoom }>();
const roomsOfUser = new Map<string, string[]>();
/** What `listenRooms` answers; an object, so that Socket.IO turns it into text at each call, as in any server. */
let list: unknown[] = [];

type Ack = (answer: object) => void;

function enter(room: WireRoom, users: User[]): void {
  for (const user of users) {
    const mine = roomsOfUser.get(user._id);
    if (mine) mine.push(room._id);
    else roomsOfUser.set(user._id, [room._id]);
  }
  room.joinUserCount = room.joinUsers.length;
  rooms.set(room._id, { room, shown: shownRoom(room) });
}

await serve({
  routes: {
    '/chat/room': (body: RoomBody) => {
      const room = roomOf(body, rooms.size + 1);
      enter(room, body.joinUsers);
      return shownRoom(room);
    },
    '/chat/inviteUsers': (body: { roomId: string; joinUsers: User[] }) => {
      const known = rooms.get(body.roomId);
      if (!known) throw new Error('ROOM_NO_EXISTS');
      known.room.joinUsers.push(...body.joinUsers.map(memberOf));
      enter(known.room, body.joinUsers);
      return shownRoom(known.room);
    },
    /** The engine's own answer, as the driver has captured it: the same bytes for the same question. */
    '/bench/list': (body: { file: string }) => {
      const answer = JSON.parse(readFileSync(body.file, 'utf8')) as { data: { list: unknown[] } };
      list = answer.data.list;
      return { rooms: list.length };
    },
  },
  onConnection(socket, user, chat) {
    void socket.join((roomsOfUser.get(user._id) ?? []).map(id => `member:${id}`));
    socket.on('joinRoom', (roomId: string, ack: Ack) => {
      void socket.join(`view:${roomId}`);
      const lastSeq = rooms.get(roomId)?.room.lastSeq ?? 0;
      ack({ success: true, data: { result: true, lastReadMessageId: null, lastSeq } });
    });
    socket.on('listenRooms', (first: unknown, second?: Ack) => {
      const ack = typeof first === 'function' ? (first as Ack) : second;
      ack?.({ success: true, data: { list, nextCursor: null } });
    });
    socket.on('sendMessage', (body: SendBody, ack: Ack) => {
      const known = rooms.get(body.roomId);
      if (!known) return ack({ success: false, error: 'ROOM_NO_EXISTS' });
      const message = messageOf(user, body, ++known.room.lastSeq);
      chat
        .to(`view:${body.roomId}`)
        .emit(`listenMessage_${body.roomId}`, { ...message, eventType: 'CREATE' });
      const room = { ...known.shown, lastMessage: message, lastSeq: message.seq };
      chat.to(`member:${body.roomId}`).emit('updateRoomLastMessage', room);
      ack({ success: true, data: { result: true, message } });
    });
  },
});
