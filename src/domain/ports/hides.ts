import type { SeqRange } from './log.ts';

/** A message that a member hid for themselves. `no` is that of the membership: who rejoins starts anew. */
export interface Hide {
  userId: string;
  no: number;
  roomId: string;
  messageId: string;
  seq: number;
  at: Date;
}

export interface HideStore {
  /** The same again changes nothing. Majority. */
  add(hide: Hide): Promise<void>;
  /** Which of these messages were hidden by which of these people, in whatever membership. */
  among(userIds: readonly string[], messageIds: readonly string[]): Promise<Hide[]>;
  /** What this person hid in these ranges. */
  inRanges(userId: string, ranges: readonly SeqRange[]): Promise<Hide[]>;
  /** What this person hid at or after `since`, in these rooms, in the order of hiding. */
  since(
    userId: string,
    roomIds: readonly string[],
    since: Date,
    skip: number,
    limit: number,
  ): Promise<Hide[]>;
}
