import type { Message, MessageData } from '../model.ts';

/**
 * Changes of stored messages. Each is one step of the store, which decides between those who change a message at the
 * same moment; what is returned is the message right after the step, with a `revision` of its own.
 */
export interface MessageChanges {
  /** An edit of the state `before`. Null when it was edited since, or deleted: nothing is stored. */
  edit(
    before: Message,
    change: { data: MessageData; links: string[]; editedAt: Date },
  ): Promise<Message | null>;
  /**
   * Takes all content from a message, which keeps its place: data, reactions, links, mentions, what it answers, and `meta` unless
   * it is the engine's own. Null when it was deleted already, or never was.
   */
  delete(id: string, at: Date): Promise<Message | null>;
  /**
   * Adds somebody's reaction, once. `changed: false` with the message as it is where it was there already;
   * `full`: so many different ones are there as may be; null: there is no message, or it is deleted.
   */
  addReaction(id: string, reaction: ReactionStep, max: number): Promise<ReactionOutcome | 'full' | null>;
  removeReaction(id: string, reaction: ReactionStep): Promise<ReactionOutcome | null>;
  /** Marks all replies to a message as changed; resolves with the newest of them, oldest first, up to `limit`. */
  touchReplies(roomId: string, messageId: string, at: Date, limit: number): Promise<Message[]>;
  /** Takes all reactions of this user back. */
  eraseReactions(userId: string, at: Date): Promise<void>;
}

export interface ReactionStep {
  emoji: string;
  userId: string;
  at: Date;
}

export interface ReactionOutcome {
  message: Message;
  changed: boolean;
}
