import type { Announcement } from '../model.ts';

/** What is pinned to the top of rooms. */
export interface AnnouncementStore {
  /** Keeps the newest `max` of the room. */
  add(announcement: Announcement, max: number): Promise<void>;
  /** False when the room has none with this id. */
  remove(roomId: string, id: string): Promise<boolean>;
  /** The newest `limit` of a room, newest first. */
  newest(roomId: string, limit: number): Promise<Announcement[]>;
  /** The message changed: so do its announcements. Returns how many there are. */
  setContent(messageId: string, content: string): Promise<number>;
  /** The message is gone, its announcements too. Returns how many there were. */
  removeOf(messageId: string): Promise<number>;
  removeRoom(roomId: string): Promise<void>;
  /** Nick and picture of this author are gone. Returns the rooms where they announced something. */
  eraseAuthor(userId: string): Promise<string[]>;
}
