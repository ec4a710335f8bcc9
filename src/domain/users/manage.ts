import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import { isReservedId, type User } from '../model.ts';
import type { UserProfile } from '../ports.ts';
import { removeMembers } from '../members/leave.ts';
import { settleLast } from '../announcements/settle.ts';
import { tellChanged } from '../messages/changing.ts';
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

/** Tokens issued until now are refused, the connections made with them are closed, and their devices get no pushes. */
export async function revokeTokens(chat: Chat, userId: string): Promise<void> {
  const at = new Date(chat.clock.now());
  await chat.stores.users.revokeTokens(userId, at);
  await chat.stores.push.dropTokensOf(userId);
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
  const at = new Date(chat.clock.now());
  const { log, changes, edits, announcements, blocks, users } = chat.stores;
  await chat.exports.forgetUser(userId);
  await log.eraseAuthor(userId);
  await changes.eraseReactions(userId, at);
  await edits.removeAuthor(userId);
  for (const roomId of await announcements.eraseAuthor(userId)) await settleLast(chat, roomId);
  for (const live of chat.registry.all()) await showWithout(chat, live, userId);
  await blocks.erase(userId);
  await chat.stream.flush();
  await chat.stores.events.eraseAuthor(userId);
  await users.erase(userId, at);
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
}

/** The last message as it is stored now, where it named this person: as its author, in a quote or in a reaction. */
async function showWithout(chat: Chat, live: LiveRoom, userId: string): Promise<void> {
  const last = live.room.lastMessage;
  const isNamed =
    last?.author.authorId === userId ||
    last?.quote?.author.authorId === userId ||
    last?.reactions.some(({ userIds }) => userIds.includes(userId));
  if (!last || !isNamed) return;
  const message = await chat.stores.log.byId(last.id);
  if (message) await tellChanged(chat, message);
}
