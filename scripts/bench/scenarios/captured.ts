import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, roomOf, type WireRoom } from '../shapes.ts';
import { removeFolder, tempFolder } from '../temp.ts';
import type { User } from '../tokens.ts';

/**
 * The file through which bare learns what to answer to `listenRooms`: the engine's own answer once it
 * was asked, and until then (or without an engine) one made up of the same shape.
 */
export interface Captured {
  file: string;
  remove(): void;
}

export function captured(user: User, rooms: number, shownMembers: number): Captured {
  const folder = tempFolder('list');
  const file = join(folder, 'list.json');
  const list = Array.from({ length: rooms }, (_, no) => madeUp(user, no, shownMembers));
  writeFileSync(file, JSON.stringify({ success: true, data: { list, nextCursor: null } }));
  return { file, remove: () => removeFolder(folder) };
}

function madeUp(user: User, no: number, shownMembers: number): WireRoom {
  const name = `room ${no}`;
  const joinUsers = Array.from({ length: shownMembers }, (_, i) => ({ ...user, master: i === 0 }));
  const room = roomOf({ name, roomType: 'GROUP', link: { sid: name, name }, joinUsers }, no);
  const send = {
    syncKey: room._id,
    roomId: room._id,
    data: { type: 'TEXT', content: 'the last message of a room' },
  };
  return { ...room, lastMessage: messageOf(user, send, 1), lastSeq: 1, unReadMsgCount: 1 };
}
