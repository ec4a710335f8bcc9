import type { Chat } from '../chat.ts';
import type { Message } from '../model.ts';
import type { Import, ImportedRoom, ReadMove, RoomImport } from '../ports.ts';

/** Rooms that are told of at once. */
const ROOMS_AT_ONCE = 100;

/**
 * All lines of an import are done: its rooms get their heads and read positions, become visible, and are told. Each
 * keeps its mark until then, so that this may be repeated after a crash. False when `isMine` says that another node
 * goes on with it.
 */
export async function finishRooms(chat: Chat, job: Import, isMine: () => Promise<boolean>): Promise<boolean> {
  const { importRooms } = chat.stores;
  for (let after: string | null = null; ;) {
    if (!(await isMine())) return false;
    const rooms = await importRooms.marked(job.id, after, ROOMS_AT_ONCE);
    for (const room of rooms) await finishRoom(chat, room, room.importing!);
    const roomIds = rooms.map(({ roomId }) => roomId);
    if (rooms.length > 0) chat.events.emit('import.finished', { roomIds });
    await importRooms.unmark(roomIds);
    if (rooms.length < ROOMS_AT_ONCE) return true;
    after = roomIds.at(-1)!;
  }
}

async function finishRoom(chat: Chat, { roomId }: ImportedRoom, mark: RoomImport): Promise<void> {
  const { importRooms } = chat.stores;
  if (!mark.isOpen) {
    const last = await importRooms.last(roomId);
    if (last) await writeReads(chat, roomId, last, mark.reads);
    if (last) chat.indexer.want(roomId, last.seq);
    await importRooms.open(roomId, { last, at: new Date(chat.clock.now()), thaw: mark.before });
  }
  if (mark.before) {
    chat.bus.publish({ type: 'room.imported', roomId });
  } else {
    await chat.registry.get(roomId);
    chat.bus.publish({ type: 'room.created', roomId });
  }
}

/** Everybody has read all, but for those of whom the file says how far they have. */
async function writeReads(
  chat: Chat,
  roomId: string,
  last: Message,
  reads: RoomImport['reads'],
): Promise<void> {
  const { stores } = chat;
  const behind = await positionsOf(chat, roomId, last, reads);
  const moves = new Map<number, ReadMove>();
  for (const [userId, seq] of behind) {
    const move = moves.get(seq);
    if (move) move.userIds.push(userId);
    else moves.set(seq, { roomId, userIds: [userId], seq, messageId: null, at: last.createdAt });
  }
  moves.delete(0);
  for (const move of moves.values()) {
    const [message] = await stores.log.range(roomId, move.seq - 1, move.seq);
    move.messageId = message?.id ?? null;
    move.at = message?.createdAt ?? move.at;
  }
  if (moves.size > 0) await stores.members.moveReads([...moves.values()]);
  await stores.importRooms.readAll(roomId, last, [...behind.keys()]);
}

/** The positions below the last message, by user. A key that no message has is no position: all is read. */
async function positionsOf(
  chat: Chat,
  roomId: string,
  last: Message,
  reads: RoomImport['reads'],
): Promise<Map<string, number>> {
  const keys = reads.flatMap(({ upTo }) => (typeof upTo === 'string' ? [upTo] : []));
  const found = keys.length > 0 ? await chat.stores.importRooms.byKeys(roomId, keys) : [];
  const seqs = new Map(found.map(({ syncKey, seq }) => [syncKey, seq]));
  const positions = reads.map(({ userId, upTo }): [string, number] => [
    userId,
    typeof upTo === 'number' ? upTo : (seqs.get(upTo) ?? last.seq),
  ]);
  return new Map(positions.filter(([, seq]) => seq < last.seq));
}
