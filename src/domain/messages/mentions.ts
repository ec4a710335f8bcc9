import { invalid } from '../errors.ts';
import type { LiveRoom } from '../rooms/live.ts';

/** People that one message may mention. */
export const MAX_MENTIONS = 50;

/** User ids as they were sent, each once, in an order of their own. Errors: INVALID_PAYLOAD. */
export function cleanMentions(userIds: readonly string[] | null | undefined): string[] {
  const unique = [...new Set(userIds)].sort();
  if (unique.length > MAX_MENTIONS) throw invalid(`mentions must not have more than ${MAX_MENTIONS} people`);
  return unique;
}

/** Those of the named people who are members now, without the one who names them. */
export function mentionsOf(live: LiveRoom, by: string, userIds: readonly string[]): string[] {
  const isThere = (id: string) => id !== by && live.members.has(id) && !live.members.get(id)!.pending;
  return userIds.filter(isThere);
}
