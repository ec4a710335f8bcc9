export const PUSH_PLATFORMS = ['android', 'ios', 'web'] as const;
export type PushPlatform = (typeof PUSH_PLATFORMS)[number];

/** A device that wants to be told; it belongs to whoever registered it last. */
export interface PushToken {
  /** A hash of the token: what logs and lists may show. */
  id: string;
  token: string;
  userId: string;
  platform: PushPlatform;
}

/** Times as `HH:MM` on the clock of an IANA time zone; the same twice is the whole day. */
export interface DoNotDisturb {
  from: string;
  to: string;
  timezone: string;
}

interface PushPlace {
  roomId: string;
  messageId: string;
  /** Unread messages over all rooms of the receiver. */
  badge: number;
}

/** MESSAGE shows something; RETRACT silently takes away what was shown of this room. */
export type PushMessage =
  | (PushPlace & { type: 'MESSAGE'; title: string; body: string })
  | (PushPlace & { type: 'RETRACT' });

export interface PushTarget {
  token: string;
  platform: PushPlatform;
  message: PushMessage;
}

/** `gone`: the token will never work again. `retry`: it may work later. `refused`: it will not, whatever is tried. */
export interface PushOutcome {
  kind: 'ok' | 'gone' | 'retry' | 'refused';
  /** The provider's own code. */
  reason?: string;
}

/** A push provider. */
export interface PushSender {
  /** Targets in one call at most. */
  readonly maxBatch: number;
  /** One outcome per target, in the same order. Throws when nothing at all could be sent: all of it may be tried again. */
  send(batch: readonly PushTarget[]): Promise<PushOutcome[]>;
  close(): Promise<void>;
}

/** What a user's devices show of a room. */
export interface Shown {
  userId: string;
  roomId: string;
  messageId: string;
  seq: number;
}

/** What became of one push, for whoever asks why. */
export interface PushResult {
  userId: string;
  /** Null: no device was asked. */
  tokenId: string | null;
  platform: PushPlatform | null;
  outcome: PushOutcome['kind'] | 'DO_NOT_DISTURB' | 'BLOCKED' | 'SUPERSEDED';
  reason: string | null;
}

export interface PushLogEntry {
  messageId: string;
  roomId: string;
  at: Date;
  results: PushResult[];
}

/** Which of what is shown: of these rooms or people (one of the two is given), and of one message. */
export interface ShownQuery {
  roomIds?: readonly string[];
  userIds?: readonly string[];
  messageId?: string;
}

/** Devices, what they show, and what became of pushes. */
export interface PushStore {
  /** The token is this user's from now on; of more than `keep` the oldest are dropped. */
  register(token: PushToken, at: Date, keep: number): Promise<void>;
  /** Only the user's own. */
  unregister(userId: string, tokenId: string): Promise<void>;
  dropTokensOf(userId: string): Promise<void>;
  /** Tokens that the provider does not know any more, as they were: one registered anew since stays. */
  dropTokens(tokens: readonly PushToken[]): Promise<void>;
  tokensOf(userIds: readonly string[]): Promise<PushToken[]>;
  /** Null ends it. */
  setQuiet(userId: string, quiet: DoNotDisturb | null): Promise<void>;
  /** People who set none are absent. */
  quietOf(userIds: readonly string[]): Promise<Map<string, DoNotDisturb>>;
  /** What will be shown; it replaces what is shown of the same room. */
  show(shown: readonly Shown[], at: Date): Promise<void>;
  shown(query: ShownQuery): Promise<Shown[]>;
  /** Takes out those that are still there as they are given; each is taken by one caller alone. */
  take(shown: readonly Shown[]): Promise<Shown[]>;
  log(entries: readonly PushLogEntry[]): Promise<void>;
  /** What became of the pushes of a message to one user, oldest first. */
  logOf(messageId: string, userId: string): Promise<(PushResult & { at: Date })[]>;
  /** Up to which `seq` pushes of these rooms were sent; unknown rooms are absent. */
  pushedSeqs(roomIds: readonly string[]): Promise<Map<string, number>>;
  setPushed(roomId: string, seq: number): Promise<void>;
}
