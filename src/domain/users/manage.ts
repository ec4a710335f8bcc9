import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isReservedId, type User } from '../model.ts';
import type { UserProfile } from '../ports.ts';
import { removeMembers } from '../members/leave.ts';
import { cleanUrl } from '../messages/content.ts';
import { changeSettings } from '../rooms/settings.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** People as partner platforms provision and remove them. */

/** Enters or updates people, so that they can be invited before they ever connect. Returns how many. */
export async function putUsers(chat: Chat, people: readonly UserProfile[]): Promise<number> {
  const reserved = people.find(person => isReservedId(person.id));
  if (reserved) throw invalid(`users must not contain ${reserved.id}`);
  const clean = people.map(person => ({ ...person, profileUrl: cleanUrl(person.profileUrl, 'profileUrl') }));
  const unique = [...new Map(clean.map(person => [person.id, person])).values()];
  const known = new Map(
    (await chat.stores.users.byIds(unique.map(({ id }) => id))).map(user => [user.id, user]),
  );
  await chat.stores.users.upsert(unique, 'overwrite', new Date(chat.clock.now()));
  for (const person of unique) {
    const before = known.get(person.id);
    if (
      !before ||
      (before.nickName === person.nickName && before.profileUrl === person.profileUrl && !person.meta)
    )
      continue;
    const changed = { ...person, meta: person.meta ?? before.meta };
    await chat.stores.members.renameUser(changed);
    await chat.directory.tellChanged(changed);
  }
  return unique.length;
}

/** Errors: USER_NO_EXISTS. */
export async function getUser(chat: Chat, userId: string): Promise<User> {
  const [user] = await chat.stores.users.byIds([userId]);
  if (!user) throw new ChatError('USER_NO_EXISTS');
  return user;
}

/** Tokens issued until now are refused, and the connections made with them are closed. */
export async function revokeTokens(chat: Chat, userId: string): Promise<void> {
  const at = new Date(chat.clock.now());
  await chat.stores.users.revokeTokens(userId, at);
  chat.bus.publish({ type: 'tokens.revoked', userId, at });
}

/**
 * Removes a person: out of all rooms, tokens void, personal data erased from the directory, memberships and authors.
 * A GROUP or OPEN room whose only master they were passes to its oldest member, any other is frozen.
 * May be repeated after a failure; what was done already is skipped. Errors: USER_NO_EXISTS.
 */
export async function deleteUser(chat: Chat, userId: string): Promise<void> {
  const memberships = await chat.stores.members.ofUsers([userId]);
  const [user] = await chat.stores.users.byIds([userId]);
  if (!user && memberships.length === 0) throw new ChatError('USER_NO_EXISTS');
  await revokeTokens(chat, userId);
  for (const live of await chat.registry.many(memberships.map(member => member.roomId)))
    await leaveForGood(chat, live, userId);
  await chat.stores.log.eraseAuthor(userId);
  await chat.stream.flush();
  await chat.stores.events.eraseAuthor(userId);
  await chat.stores.users.erase(userId, new Date(chat.clock.now()));
  chat.events.emit('user.erased', { userId });
}

async function leaveForGood(chat: Chat, live: LiveRoom, userId: string): Promise<void> {
  const wasOnlyMaster =
    live.masters().every(master => master.userId === userId) && live.members.get(userId)?.master;
  const isInherited = live.room.roomType === 'GROUP' || live.room.roomType === 'OPEN';
  const how = { event: 'member.removed', actorId: null, inherits: isInherited, nameless: true } as const;
  await removeMembers(chat, live, [userId], how);
  if (wasOnlyMaster && !isInherited && live.members.size > 0) {
    await changeSettings(chat, live, { rules: { isFreezed: true }, freezingReasonCode: 'MASTER_LEFT' });
  }
  const last = live.room.lastMessage;
  if (last?.author.authorId !== userId) return;
  const nameless = { ...last, author: { ...last.author, nickName: '', profileUrl: null } };
  chat.bus.publish({ type: 'message.changed', roomId: live.id, message: nameless });
  await chat.stores.rooms.replaceLastMessage(live.id, nameless);
}
