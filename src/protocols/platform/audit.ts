import type { Chat } from '../../domain/chat.ts';
import type { PlatformActor, Room } from '../../domain/model.ts';
import type { RouteDef } from '../kit/route.ts';

/** What notes itself with more than a route can tell, and what is too much to note: messages that partners write. */
const NOT_HERE: ReadonlySet<string> = new Set([
  'post /rooms/:id/messages',
  'patch /reports/:id',
  'post /bannedWords',
  'delete /bannedWords',
  'post /links/:sid/freeze',
]);

/**
 * Notes a write of the platform in the audit log once it is done: the route, the room and the people that it names,
 * never what it says. To be called before the work; what it returns is to be called after it.
 */
export function auditOf(
  chat: Chat,
  actor: PlatformActor,
  def: RouteDef,
  input: unknown,
): (answer: unknown) => void {
  const name = `${def.method} ${def.path}`;
  if (def.method === 'get' || NOT_HERE.has(name)) return () => undefined;
  const { id, roomId, userId, sid, joinUsers, users } = input as Named;
  const inRoom = def.path.startsWith('/rooms/') ? id : roomId;
  // A room that is removed is known only before.
  const before = inRoom === undefined ? null : roomOf(chat, inRoom);
  const people = [userId, ...[...(joinUsers ?? []), ...(users ?? [])].map(person => person._id)];
  if (def.path.startsWith('/users/')) people.push(id);
  return answer => {
    const made = answer as { _id?: string; roomId?: string; room?: { _id: string } } | null;
    const found = made?.room?._id ?? made?.roomId ?? (def.path === '/room' ? made?._id : undefined);
    chat.audit.note(actor, `${def.method.toUpperCase()} /chat${def.path}`, {
      room: before ?? (found === undefined ? null : roomOf(chat, found)),
      targets: people.filter(person => person !== undefined),
      details: {
        ...(def.path.startsWith('/messages/') ? { messageId: id } : {}),
        ...(sid === undefined ? {} : { linkSid: sid }),
      },
    });
  };
}

interface Named {
  id?: string;
  roomId?: string;
  userId?: string;
  sid?: string;
  joinUsers?: { _id: string }[];
  users?: { _id: string }[];
}

const roomOf = (chat: Chat, id: string): Pick<Room, 'id' | 'link'> | null =>
  chat.registry.peek(id)?.room ?? null;
