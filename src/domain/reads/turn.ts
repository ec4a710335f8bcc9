import type { LiveRoom } from '../rooms/live.ts';

/**
 * What sets or ends somebody's private mark in a room, one after another: the store and this node then agree on which
 * was the last. `work` ends when the store has it and the bus was told.
 */
export async function inTurn<T>(live: LiveRoom, userId: string, work: () => Promise<T>): Promise<T> {
  const before = live.marking.get(userId);
  const mine = before ? before.then(work) : work();
  const over = mine.then(
    () => undefined,
    () => undefined,
  );
  live.marking.set(userId, over);
  try {
    return await mine;
  } finally {
    if (live.marking.get(userId) === over) live.marking.delete(userId);
  }
}
