import { LRUCache } from 'lru-cache';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { User, UserActor } from '../model.ts';
import type { BlockStore } from '../ports.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** People that one person can block. */
export const MAX_BLOCKED = 1_000;
/** What was found is asked again after this time, should a hint get lost. Milliseconds. */
const TTL = 30_000;
const CACHED = 100_000;

const keyOf = (userId: string, by: string): string => JSON.stringify([userId, by]);

/** Who blocked whom, as far as this node was asked. The bus tells of every change. */
export class Blocks {
  readonly #store: BlockStore;
  /** Answers, and questions under way. */
  readonly #known = new LRUCache<string, boolean | Promise<boolean>>({ max: CACHED, ttl: TTL });

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** Whether `by` blocked `userId`. */
  isBlockedBy(userId: string, by: string): boolean | Promise<boolean> {
    const key = keyOf(userId, by);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asked = this.#store.blockersOf(userId, [by]).then(
      blockers => {
        const isBlocked = blockers.length > 0;
        // A change that came meanwhile took the question away: its answer may be an old one.
        if (this.#known.peek(key) === asked) this.#known.set(key, isBlocked);
        return isBlocked;
      },
      (error: unknown) => {
        if (this.#known.peek(key) === asked) this.#known.delete(key);
        throw error;
      },
    );
    this.#known.set(key, asked);
    return asked;
  }

  /** Those of `among` who blocked `userId`, as the store has it. */
  async blockersOf(userId: string, among: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(among.length > 0 ? await this.#store.blockersOf(userId, among) : []);
  }

  forget(userId: string, by: string): void {
    this.#known.delete(keyOf(userId, by));
  }
}

/** Whether `byId` blocked `userId`: no push of what the one writes goes to the other. Cached. */
export const isBlockedBy = async (chat: Chat, userId: string, byId: string): Promise<boolean> =>
  chat.blocks.isBlockedBy(userId, byId);

/** Errors: YOU_HAVE_NO_AUTHORIZATION when one of the two people of a DIRECT room blocked the other. */
export async function requireUnblocked(chat: Chat, live: LiveRoom): Promise<void> {
  if (live.room.roomType !== 'DIRECT') return;
  const [a, b] = [...live.members.keys()];
  if (a !== undefined && b !== undefined && (await isBlockedEitherWay(chat, a, b))) throw refusal();
}

export async function isBlockedEitherWay(chat: Chat, a: string, b: string): Promise<boolean> {
  return (await chat.blocks.isBlockedBy(a, b)) || (await chat.blocks.isBlockedBy(b, a));
}

export const refusal = (): ChatError =>
  new ChatError('YOU_HAVE_NO_AUTHORIZATION', 'One of you blocked the other.');

/**
 * No direct messages from this person, and none to them; neither invites the other.
 * Errors: USER_NO_EXISTS, WRONG_TARGET_USER_IDS (oneself), INVALID_PAYLOAD (too many).
 */
export async function blockUser(chat: Chat, actor: UserActor, targetId: string): Promise<void> {
  if (targetId === actor.userId) throw new ChatError('WRONG_TARGET_USER_IDS');
  const { blocks, users } = chat.stores;
  const [target] = await users.byIds([targetId]);
  if (!target) throw new ChatError('USER_NO_EXISTS');
  if ((await blocks.count(actor.userId)) >= MAX_BLOCKED && !(await isBlockedBy(chat, targetId, actor.userId)))
    throw invalid(`nobody can block more than ${MAX_BLOCKED} people`);
  await blocks.add(actor.userId, targetId, new Date(chat.clock.now()));
  chat.bus.publish({ type: 'block', userId: actor.userId, targetId });
}

/** Whoever is not blocked stays so. */
export async function unblockUser(chat: Chat, actor: UserActor, targetId: string): Promise<void> {
  await chat.stores.blocks.remove(actor.userId, targetId);
  chat.bus.publish({ type: 'block', userId: actor.userId, targetId });
}

/** The latest first. */
export async function listBlockedUsers(chat: Chat, actor: UserActor): Promise<User[]> {
  const ids = await chat.stores.blocks.of(actor.userId);
  const known = new Map((await chat.stores.users.byIds(ids)).map(user => [user.id, user]));
  return ids.flatMap(id => known.get(id) ?? []);
}
