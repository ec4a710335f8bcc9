import { requireMaster } from '../access.ts';
import type { Chat } from '../chat.ts';
import { ChatError, invalid } from '../errors.ts';
import type { UserActor } from '../model.ts';
import { holding, type LiveRoom } from '../rooms/live.ts';

/** People that can be muted or banned at once. */
export const MAX_TARGETS = 1_000;
/** Ten years; without `minutes` it is for good. */
export const MAX_MINUTES = 5_256_000;

/** The end of what has none. */
export const FOR_GOOD = new Date('9999-12-31T00:00:00.000Z');

export interface Sentence {
  roomId: string;
  targetUserIds: readonly string[];
  /** 1 to `MAX_MINUTES`; absent: for good. */
  minutes?: number | null;
}

/** Those who are meant, each once. Errors: INVALID_PAYLOAD. */
export function targetsOf({ targetUserIds }: Sentence): string[] {
  const ids = [...new Set(targetUserIds)];
  if (ids.length > MAX_TARGETS) throw invalid(`targetUserIds must not have more than ${MAX_TARGETS} entries`);
  return ids;
}

/** When it ends; null: never. */
export const endOf = (chat: Chat, { minutes }: Sentence): Date | null =>
  minutes == null ? null : new Date(chat.clock.now() + minutes * 60_000);

/**
 * Masters keep members from writing, until an end or for good; the mute outlives leaving and coming back.
 * Errors: ROOM_NO_EXISTS, YOU_ARE_NO_JOINED_ROOM, YOU_HAVE_NO_AUTHORIZATION (no master; a DIRECT room has none),
 * WRONG_TARGET_USER_IDS (nobody of them is a member and no master), INVALID_PAYLOAD.
 */
export async function muteUsers(chat: Chat, actor: UserActor, input: Sentence): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  const targets = targetsOf(input).filter(id => live.members.get(id)?.master === false);
  if (targets.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  const end = endOf(chat, input);
  await holding(live, async () => {
    const at = new Date(chat.clock.now());
    const mute = { roomId: live.id, kind: 'mute' as const, by: actor.userId, at, until: end };
    await chat.stores.restrictions.put(targets.map(userId => ({ ...mute, userId })));
    await tellMuted(chat, live, targets, end ?? FOR_GOOD);
  });
  const details = { until: end?.toISOString() ?? null };
  chat.audit.note(actor, 'member.mute', { room: live.room, targets, details });
}

/**
 * Lets them write again; those who left are free when they come back.
 * Errors: as `muteUsers`; WRONG_TARGET_USER_IDS where nobody of them is a member or was muted.
 */
export async function unmuteUsers(chat: Chat, actor: UserActor, input: Sentence): Promise<void> {
  const { live } = await requireMaster(chat, actor, input.roomId);
  const ids = targetsOf(input);
  const targets = await holding(live, async () => {
    const lifted = await chat.stores.restrictions.lift(live.id, 'mute', ids);
    const present = ids.filter(id => live.members.has(id));
    if (present.length > 0) await tellMuted(chat, live, present, null);
    return [...new Set([...lifted, ...present])];
  });
  if (targets.length === 0) throw new ChatError('WRONG_TARGET_USER_IDS');
  chat.audit.note(actor, 'member.unmute', { room: live.room, targets });
}

async function tellMuted(chat: Chat, live: LiveRoom, userIds: string[], until: Date | null): Promise<void> {
  const at = new Date(chat.clock.now());
  await chat.stores.members.setMuted(live.id, userIds, until, at);
  await chat.stores.rooms.touch([live.id], at);
  chat.bus.publish({ type: 'muted', roomId: live.id, userIds, until, at });
}
