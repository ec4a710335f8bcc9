import type { Edit } from '../model.ts';

/** What messages were before they were edited. */
export interface EditStore {
  /** Keeps the newest `max` of the message. */
  add(edit: Edit, max: number): Promise<void>;
  /** The edit did not take place. */
  drop(edit: Edit): Promise<void>;
  /** All of a message, newest first. */
  of(messageId: string): Promise<Edit[]>;
  removeOf(messageId: string): Promise<void>;
  removeRoom(roomId: string): Promise<void>;
  /** What this user's messages were before. */
  removeAuthor(authorId: string): Promise<void>;
}
