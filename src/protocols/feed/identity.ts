import { requireManaged, requireMember } from '../../domain/access.ts';
import type { Chat } from '../../domain/chat.ts';
import { ChatError, invalid } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import { isReservedId, type Member, type PlatformActor, type UserActor } from '../../domain/model.ts';
import type { ApiKey, Scope } from '../../domain/ports.ts';
import type { LiveRoom } from '../../domain/rooms/live.ts';
import type { TokenIdentity } from '../kit/auth.ts';
import { actorOfUser, identify } from '../kit/bearer.ts';
import { actorOf, requireScope } from '../kit/keys.ts';
import type { ProtocolParts } from '../kit/parts.ts';

/** Who calls: a user by token, a platform by key, or, where a bare `user_id` is believed, anybody. */
export type Caller =
  | { kind: 'user'; identity: TokenIdentity; actor: UserActor }
  | { kind: 'key'; key: ApiKey; actor: PlatformActor }
  | { kind: 'trusted' };

export interface Credentials {
  token: string | undefined;
  apiKey: string | undefined;
}

/** Who is believed without a credential may manage what a platform may. */
const TRUSTED: PlatformActor = { kind: 'platform', keyId: 'feed', links: null };

/** Errors: TOKEN_INVALID (also for no credential at all), TOKEN_EXPIRED, INVALID_API_KEY, RATE_LIMITED. */
export async function callerOf(
  parts: ProtocolParts,
  { token, apiKey }: Credentials,
  trust: boolean,
): Promise<Caller> {
  if (token !== undefined) {
    const identity = await identify(parts, token);
    return { kind: 'user', identity, actor: actorOfUser(identity) };
  }
  if (apiKey !== undefined) {
    const key = await parts.keys.admit(apiKey);
    return { kind: 'key', key, actor: actorOf(key) };
  }
  if (trust) return { kind: 'trusted' };
  throw new ChatError('TOKEN_INVALID', 'A user token or a chat-api-key is needed.');
}

/**
 * The user in whose name is acted: a token speaks for its own user only, a key with `act-as-user` for any.
 * Errors: YOU_HAVE_NO_AUTHORIZATION (somebody else's `user_id`), INVALID_PAYLOAD (none), TOKEN_INVALID (nobody at all).
 */
export function actingAs(caller: Caller, userId: string | undefined): UserActor {
  if (caller.kind === 'user') {
    if (userId === undefined || userId === caller.actor.userId) return caller.actor;
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'This token speaks for another user_id.');
  }
  if (caller.kind === 'key') requireScope(caller.key, 'act-as-user');
  else if (userId === undefined)
    throw new ChatError('TOKEN_INVALID', 'A token, a key or a user_id is needed.');
  if (userId === undefined) throw invalid('user_id is required');
  if (isReservedId(userId)) throw invalid('user_id is nobody who could act');
  return { kind: 'user', userId, nickName: userId, profileUrl: null };
}

/** Errors: YOU_HAVE_NO_AUTHORIZATION. Users and trusted callers have no scopes. */
export function requireKeyScope(caller: Caller, scope: Scope): void {
  if (caller.kind === 'key') requireScope(caller.key, scope);
}

/** The platform that a caller manages as; null for users. */
export const managerOf = (caller: Caller): PlatformActor | null =>
  caller.kind === 'user' ? null : caller.kind === 'key' ? caller.actor : TRUSTED;

/** A room as its reader sees it; `me` is null for a platform, which sees all. */
export interface Sight {
  live: LiveRoom;
  me: Member | null;
}

/**
 * The room for a reader: a member, or a key that names no user.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, and those of `actingAs`.
 */
export async function seeRoom(
  chat: Chat,
  caller: Caller,
  input: { roomId: string; user_id?: string | undefined },
): Promise<Sight> {
  const roomId = await roomIdOf(chat, input.roomId);
  if (caller.kind === 'key') {
    const live = await requireManaged(chat, caller.actor, roomId);
    if (input.user_id === undefined) return { live, me: null };
  }
  const { live, member } = await requireMember(chat, actingAs(caller, input.user_id), roomId);
  return { live, me: member };
}

/** 24 hex digits are a room's `_id`, all else is its `no`. Errors: ROOM_NO_EXISTS. */
export async function roomIdOf(chat: Chat, given: string): Promise<string> {
  const id = given.toLowerCase();
  return isId(id) ? id : chat.numbers.idOf(given);
}
