import type { Chat } from '../chat.ts';
import type { Member, Message, UserActor } from '../model.ts';
import { isId } from '../ids.ts';
import { hiddenOf } from '../messages/hide.ts';
import { asHidden } from '../messages/hidden.ts';
import type { Hide } from '../ports.ts';
import { listRooms, membershipsOf, type RoomView } from '../rooms/list.ts';
import type { LiveRoom } from '../rooms/live.ts';

export interface SyncInput {
  rooms: readonly { roomId: string; lastSeq: number }[];
  since?: Date | null;
  cursor?: string | null;
}

export interface SyncResult {
  rooms: RoomView[];
  messages: { live: LiveRoom; message: Message }[];
  removedRoomIds: string[];
  more: boolean;
  cursor: string | null;
  /** The store's clock less ten seconds: the next `since`. */
  now: Date;
}

/** Messages in one answer. */
const PAGE = 500;
const CLOCK_MARGIN = 10_000;

const PHASES = ['new', 'changed', 'hidden'] as const;

interface Place {
  phase: (typeof PHASES)[number];
  /** Index into the asked rooms, and the `seq` to go on after; for the other phases, how many were given. */
  index: number;
  after: number;
}

/**
 * What a client missed: rooms that changed since, the messages after each room's `lastSeq` (oldest first), messages
 * edited, deleted or hidden by the caller since, and the rooms it is not in any more. In pages; a message may come
 * twice. What the caller hid comes without its content.
 */
export async function sync(chat: Chat, actor: UserActor, input: SyncInput): Promise<SyncResult> {
  const [storeNow, mine] = await Promise.all([chat.stores.marks.now(), membershipsOf(chat, actor.userId)]);
  const now = new Date(Math.min(storeNow.getTime(), chat.clock.now()) - CLOCK_MARGIN);
  const byRoom = new Map(mine.map(member => [member.roomId, member]));
  const isFirst = !input.cursor;
  const asked = input.rooms.filter(({ roomId }) => byRoom.has(roomId));
  const lives = await chat.registry.many(asked.map(({ roomId }) => roomId).filter(isId));
  const liveOf = new Map(lives.map(live => [live.id, live]));
  const rooms = isFirst ? await changedRooms(chat, actor, input.since ?? null) : [];
  const { messages, next } = await missed(
    chat,
    actor.userId,
    asked,
    liveOf,
    byRoom,
    input.since ?? null,
    placeOf(input.cursor),
  );
  return {
    rooms,
    messages: await asSeen(chat, actor.userId, messages),
    removedRoomIds: isFirst ? input.rooms.map(({ roomId }) => roomId).filter(id => !byRoom.has(id)) : [],
    more: next !== null,
    cursor: next && `${next.phase}-${next.index}-${next.after}`,
    now,
  };
}

async function changedRooms(chat: Chat, actor: UserActor, since: Date | null): Promise<RoomView[]> {
  const { list } = await listRooms(chat, actor, {});
  if (!since) return list;
  return list.filter(
    ({ room, me }) =>
      room.updatedAt >= since || me.updatedAt >= since || (me.lastReadAt !== null && me.lastReadAt >= since),
  );
}

async function missed(
  chat: Chat,
  userId: string,
  asked: SyncInput['rooms'],
  liveOf: Map<string, LiveRoom>,
  byRoom: Map<string, Member>,
  since: Date | null,
  place: Place,
): Promise<{ messages: SyncResult['messages']; next: Place | null }> {
  const messages: SyncResult['messages'] = [];
  let { index, after } = place;
  if (place.phase === 'new') {
    for (; index < asked.length; index++, after = 0) {
      const { roomId, lastSeq } = asked[index]!;
      const live = liveOf.get(roomId);
      if (!live) continue;
      await chat.sequencer.ensureHead(live);
      const member = live.members.get(byRoom.get(roomId)!.userId);
      if (!member) continue;
      const from = Math.max(lastSeq, live.hiddenUpTo(member), after);
      const room = PAGE - messages.length;
      if (live.room.lastSeq <= from) continue;
      const found = await chat.stores.log.range(roomId, from, from + room);
      messages.push(...found.map(message => ({ live, message })));
      if (live.room.lastSeq > from + room)
        return { messages, next: { phase: 'new', index, after: from + room } };
    }
    after = 0;
  }
  if (!since) return { messages, next: null };
  const visible = lives(asked, liveOf, byRoom);
  if (visible.length === 0) return { messages, next: null };
  const later = {
    changed: async (skip: number, limit: number) => {
      const found = await chat.stores.log.changedSince(visible, since, skip, limit);
      return { found, taken: found.length };
    },
    hidden: (skip: number, limit: number) => hiddenSince(chat, userId, visible, { since, skip, limit }),
  };
  for (const phase of ['changed', 'hidden'] as const) {
    if (PHASES.indexOf(phase) < PHASES.indexOf(place.phase)) continue;
    const left = PAGE - messages.length;
    if (left === 0) return { messages, next: { phase, index: 0, after } };
    const { found, taken } = await later[phase](after, left);
    messages.push(...found.map(message => ({ live: liveOf.get(message.roomId)!, message })));
    if (taken === left) return { messages, next: { phase, index: 0, after: after + left } };
    after = 0;
  }
  return { messages, next: null };
}

/** What this person hid since, in the order of hiding. */
async function hiddenSince(
  chat: Chat,
  userId: string,
  rooms: readonly { roomId: string; after: number; no: number }[],
  { since, skip, limit }: { since: Date; skip: number; limit: number },
): Promise<{ found: Message[]; taken: number }> {
  const ids = rooms.map(({ roomId }) => roomId);
  const hides = await chat.stores.hides.since(userId, ids, since, skip, limit);
  const found = await chat.stores.log.byIds(hides.map(({ messageId }) => messageId));
  const byId = new Map(found.map(message => [message.id, message]));
  const mine = new Map(rooms.map(room => [room.roomId, room]));
  const isMine = ({ roomId, seq, no }: Hide) => {
    const room = mine.get(roomId)!;
    return no === room.no && seq > room.after;
  };
  const visible = hides.filter(isMine).flatMap(({ messageId }) => byId.get(messageId) ?? []);
  return { found: visible, taken: hides.length };
}

/** What the caller hid keeps its place only. */
async function asSeen(
  chat: Chat,
  userId: string,
  found: SyncResult['messages'],
): Promise<SyncResult['messages']> {
  const lives = new Map(found.map(({ live }) => [live.id, live]));
  const hidden = await hiddenOf(
    chat,
    userId,
    found.map(({ message }) => message),
    roomId => lives.get(roomId)?.members.get(userId),
  );
  return found.map(({ live, message }) => ({
    live,
    message: hidden.has(message.id) ? asHidden(message) : message,
  }));
}

function lives(asked: SyncInput['rooms'], liveOf: Map<string, LiveRoom>, byRoom: Map<string, Member>) {
  return asked.flatMap(({ roomId }) => {
    const live = liveOf.get(roomId);
    const member = byRoom.get(roomId);
    return live && member ? [{ roomId, after: live.hiddenUpTo(member), no: member.no }] : [];
  });
}

function placeOf(cursor: string | null | undefined): Place {
  const match = /^(new|changed|hidden)-(\d{1,6})-(\d{1,15})$/.exec(cursor ?? '');
  return match
    ? { phase: match[1] as Place['phase'], index: Number(match[2]), after: Number(match[3]) }
    : { phase: 'new', index: 0, after: 0 };
}
