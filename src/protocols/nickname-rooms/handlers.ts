import type { Chat } from '../../domain/chat.ts';
import type { SendInput } from '../../domain/messages/send.ts';
import { pageBefore } from '../../domain/messages/page.ts';
import { stopViewing } from '../../domain/reads/reads.ts';
import { isExpired } from '../../domain/rooms/expiry.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import { enterRoom, findRoom, writeInto } from '../../domain/rooms/visit.ts';
import type { EventTable } from '../kit/event.ts';
import { check } from '../kit/schema.ts';
import * as catalogue from './catalogue.ts';
import { refused, type ChatMessage } from './catalogue.ts';
import type { Halls, Visit } from './halls.ts';
import { presentLine } from './present.ts';
import type { Session } from './session.ts';

/** Whose connection an event came in on. */
export interface RoomCaller {
  session: Session;
  /** Takes over a new token of the same user. */
  renew: (token: string) => Promise<void>;
}

const HISTORY = 100;
/** Characters of a history; of very long messages fewer fit in. */
const MAX_HISTORY = 1_000_000;

/** The use-case of each event. `demo`: the anonymous one may enter the rooms of the demo data. */
export function handleRooms(events: EventTable<RoomCaller>, halls: Halls, demo: boolean): void {
  events.add(catalogue.joinRoom, async (chat, { session }, { room }) => {
    const no = String(room);
    if (!/^\d+$/.test(no)) throw refused('E11');
    const live = await findRoom(chat, session.actor, no, demo);
    requireNow(chat, live);
    if (session.visit?.live === live) {
      await sendHistory(chat, halls, session, session.visit);
      if (session.visit) halls.welcome(session, session.visit);
    } else await join(chat, halls, session, { live, no, demo });
    return null;
  });
  events.add(catalogue.chatMessage, async (chat, { session }, input) => {
    const { live } = visitOf(session);
    await writeInto(chat, session.actor, live, contentOf(chat, read(input)));
    return null;
  });
  events.add(catalogue.history, async (chat, { session }) => {
    await sendHistory(chat, halls, session, visitOf(session));
    return null;
  });
  events.add(catalogue.leaveRoom, (_chat, { session }) => {
    if (!halls.leave(session)) throw refused('E17');
    return null;
  });
  events.add(catalogue.offRoom, (_chat, { session }) => {
    if (!halls.leave(visitor(session), true)) throw refused('E17');
    return null;
  });
  events.add(catalogue.refreshToken, async (_chat, { renew }, { token }) => {
    await renew(token);
    return null;
  });
}

/** Errors: E17. */
function visitOf({ visit }: Session): Visit {
  if (!visit) throw refused('E17');
  return visit;
}

const visitor = (session: Session): Session => (visitOf(session), session);

/** The room is open now. Errors: E13, E14. */
function requireNow(chat: Chat, { room }: LiveRoom): void {
  const now = chat.clock.now();
  if (isExpired(room) || (room.expiresAt !== null && room.expiresAt.getTime() <= now)) throw refused('E14');
  if (room.opensAt !== null && room.opensAt.getTime() > now) throw refused('E13');
}

async function join(
  chat: Chat,
  halls: Halls,
  session: Session,
  { live, no, demo }: { live: LiveRoom; no: string; demo: boolean },
): Promise<void> {
  await halls.requireAlone(session, live);
  halls.leave(session);
  const { floor } = await enterRoom(chat, session.actor, live, session.socket.id, demo);
  try {
    halls.requireStillWelcome(session, live);
  } catch (error) {
    stopViewing(chat, session.actor.userId, live.id, session.socket.id);
    throw error;
  }
  const visit = halls.enter(session, live, no, floor);
  try {
    await sendHistory(chat, halls, session, visit);
  } catch (error) {
    if (session.visit === visit) halls.leave(session);
    throw error;
  }
  // Put out, or disconnected, meanwhile: there is nothing to open any more.
  if (session.visit === visit) halls.open(session, visit);
}

async function sendHistory(chat: Chat, halls: Halls, session: Session, visit: Visit): Promise<void> {
  const { live, floor } = visit;
  const before = live.room.lastSeq + 1;
  const me = live.members.get(session.actor.userId) ?? null;
  const { messages } = await pageBefore(chat, live, { before, count: HISTORY }, floor, me);
  if (session.visit !== visit) return;
  const view = halls.viewOf(live);
  const lines = messages.map(message => JSON.stringify(presentLine(message, view)));
  let first = lines.length;
  for (let size = 0; first > 0; first--) {
    size += lines[first - 1]!.length;
    if (size > MAX_HISTORY) break;
  }
  halls.tell([session], 'history', `[${lines.slice(first).join(',')}]`);
}

/** A message as an object, or as the JSON string of one. Errors: E16. */
function read(input: string | ChatMessage): ChatMessage {
  if (typeof input !== 'string') return input;
  let parsed: unknown;
  try {
    parsed = JSON.parse(input);
  } catch {
    throw refused('E16');
  }
  return check<ChatMessage>(catalogue.chatMessageObject, parsed);
}

function contentOf(chat: Chat, { type, text = '', imageUrl }: ChatMessage): SendInput['content'] {
  const { maxTextLength: max } = chat.limits;
  if (text.length > max && [...text].length > max) throw refused('E19');
  if (type === 'text') return { type: 'TEXT', text };
  if (imageUrl === undefined) throw refused('E16');
  return { type: 'PHOTO', url: imageUrl, text };
}
