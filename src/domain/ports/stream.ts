import type { Message, Room } from '../model.ts';

export const STREAM_EVENTS = [
  'message.created',
  'message.updated',
  'message.deleted',
  'room.created',
  'room.updated',
  'room.deleted',
  'member.joined',
  'member.left',
  'message.reported',
] as const;
export type StreamEventName = (typeof STREAM_EVENTS)[number];

/** A room as events tell of it: without its members and messages. */
export type RoomFacts = Omit<
  Room,
  | 'access'
  | 'lastSeq'
  | 'lastMessage'
  | 'lastUncountedSeq'
  | 'lastMentionSeq'
  | 'lastAnnouncement'
  | 'membersKey'
  | 'updatedAt'
>;

/** What happened, as it was then: one of these. */
export interface StreamFacts {
  message?: Message;
  room?: RoomFacts;
  members?: { userIds: string[]; actorId: string | null };
  report?: Record<string, unknown>;
}

/** Something that platforms are told of, before it has its number. */
export interface StreamDraft {
  /** The same for the same happening, whoever notes it and however often. */
  id: string;
  event: StreamEventName;
  at: Date;
  roomId: string;
  /** The link of the room then: keys may be bound to links. */
  linkSid: string | null;
  /** Place of the message that it is about; null: none. */
  seq: number | null;
  facts: StreamFacts;
}

export interface StreamEvent extends StreamDraft {
  /** 1, 2, 3 … over everything that happened, without a hole; in each room in the order of its log. */
  no: number;
}

/** The stream of events: an outbox that is filled behind the log, kept for some days. */
export interface EventStore {
  /** Since when events are gathered without a pause; null: nobody wants them now. */
  wantedSince(now: Date): Promise<Date | null>;
  /** Somebody wants them, until then at least. */
  want(now: Date, until: Date): Promise<void>;
  /** The highest number. */
  lastNo(): Promise<number>;
  /**
   * One ordered insert, with the numbers `last + 1` …; `stored` of them before it stopped. `taken`: another node used
   * the number; `known`: the event at index `stored` is in the stream already. Throws when the outcome is unknown.
   */
  append(
    events: readonly StreamDraft[],
    last: number,
    expiresAt: Date,
  ): Promise<{ stored: number; stopped?: 'taken' | 'known' }>;
  /** Those of these ids that are in the stream. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** The next events after this number. */
  after(no: number, limit: number): Promise<StreamEvent[]>;
  /** The next events of one room after this number. */
  ofRoom(roomId: string, no: number, limit: number): Promise<StreamEvent[]>;
  byNo(no: number): Promise<StreamEvent | null>;
  /** The number of the first event at or after this time; null: there is none. */
  firstSince(at: Date): Promise<number | null>;
  /** Deleted for all: what the stream still holds of the message's content goes too. */
  emptyMessage(message: Pick<Message, 'id' | 'roomId' | 'seq'>): Promise<void>;
  /** Nick and picture of this author are gone from all events. */
  eraseAuthor(userId: string): Promise<void>;

  /** The room is about to be removed: after a crash it is known that this has to be told. */
  announceRemoval(draft: StreamDraft): Promise<void>;
  /** Removals that were announced before this time and not told. */
  removals(before: Date): Promise<StreamDraft[]>;
  dropRemoval(roomId: string): Promise<void>;
  /** Messages of all rooms that were edited or deleted at or after `since`, oldest change first. */
  changedMessages(since: Date, skip: number, limit: number): Promise<Message[]>;
  /** Rooms that were made, or whose settings changed, at or after `since`. */
  changedRooms(since: Date): Promise<{ room: Room; settingsAt: Date | null }[]>;
}
