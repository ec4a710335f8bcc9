import type { Database } from '../database.ts';

const DUPLICATE_KEY = 11_000;

/** Takes `count` running numbers and returns the first of them. */
export async function nextNumber(database: Database, name: string, count: number): Promise<number> {
  try {
    const counter = await database.counters.findOneAndUpdate(
      { _id: name },
      { $inc: { value: count } },
      { upsert: true, returnDocument: 'after' },
    );
    return counter!.value - count + 1;
  } catch (error) {
    // Two made the counter at the same moment: now it is there.
    if ((error as { code?: number }).code === DUPLICATE_KEY) return nextNumber(database, name, count);
    throw error;
  }
}
