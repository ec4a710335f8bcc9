import type { Chat } from '../../domain/chat.ts';
import { isId } from '../../domain/ids.ts';
import type { PlatformActor } from '../../domain/model.ts';
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
 * never what it says. To be called before the work, for a room that is removed is known only then; what it resolves
 * with is to be called with the answer.
 */
export async function auditOf(
  chat: Chat,
  actor: PlatformActor,
  def: RouteDef,
  input: unknown,
): Promise<(answer: unknown) => void> {
  if (def.method === 'get' || NOT_HERE.has(`${def.method} ${def.path}`)) return () => undefined;
  const { id, roomId, userId, joinUsers, users } = input as Named;
  const inRoom = def.path.startsWith('/rooms/') ? id : roomId;
  const before = inRoom !== undefined && isId(inRoom) ? await chat.registry.get(inRoom) : undefined;
  const people = [userId, ...[...(joinUsers ?? []), ...(users ?? [])].map(person => person._id)];
  if (def.path.startsWith('/users/')) people.push(id);
  return answer => {
    const made = answer as { _id?: string; roomId?: string; room?: { _id: string } } | null;
    const found = made?.room?._id ?? made?.roomId ?? (def.path === '/room' ? made?._id : undefined);
    const live = before ?? (found === undefined ? undefined : chat.registry.peek(found));
    chat.audit.note(actor, `${def.method.toUpperCase()} /chat${def.path}`, {
      room: live?.room ?? null,
      targets: people.filter(person => person !== undefined),
      details: def.path.startsWith('/messages/') ? { messageId: id } : {},
    });
  };
}

interface Named {
  id?: string;
  roomId?: string;
  userId?: string;
  joinUsers?: { _id: string }[];
  users?: { _id: string }[];
}
