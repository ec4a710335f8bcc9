import type { Message, RoomType } from '../model.ts';

/** Which rooms: exactly these, or all of a link or a type that the key may touch. */
export interface BroadcastTarget {
  roomIds?: readonly string[];
  linkSid?: string;
  roomType?: RoomType;
}

/** One message on its way into many rooms. */
export interface Broadcast {
  id: string;
  keyId: string;
  links: readonly string[] | null;
  /** Fingerprint of what was asked for: tells a retry from another broadcast. */
  hash: string;
  target: BroadcastTarget;
  message: { authorId: string; data: Message['data']; meta: Message['meta'] };
  status: 'running' | 'done';
  /** The last room that is done; rooms go from the newest to the oldest. */
  cursor: string | null;
  rooms: number;
  written: number;
  /** Rooms in which it was not written, by code. */
  failed: Record<string, number>;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface BroadcastStore {
  /** Stores a new one; one with the same id stays as it is and is returned. */
  add(broadcast: Broadcast): Promise<Broadcast>;
  byId(id: string): Promise<Broadcast | null>;
  /** One that runs and that no living node has, taken for this node until then. */
  take(holder: string, now: Date, until: Date): Promise<Broadcast | null>;
  /** False when another node has it now. */
  progress(
    broadcast: Pick<Broadcast, 'id' | 'cursor' | 'written' | 'failed' | 'status' | 'finishedAt'>,
    holder: string,
    until: Date,
  ): Promise<boolean>;
  release(holder: string): Promise<void>;
  /** How many rooms are meant, and the ids of the next ones after `after`, newest first. */
  count(target: BroadcastTarget, links: readonly string[] | null): Promise<number>;
  roomIds(
    target: BroadcastTarget,
    links: readonly string[] | null,
    after: string,
    limit: number,
  ): Promise<string[]>;
}

/** Figures of the store, from cheap sources. */
export interface StatsStore {
  roomsByType(): Promise<Partial<Record<RoomType, number>>>;
  users(): Promise<number>;
  messages(): Promise<number>;
  /** Messages of a span of time; null when counting takes longer than this many milliseconds. */
  messagesBetween(from: Date, to: Date, patience: number): Promise<number | null>;
}
