import type { Author, Link, Message, MessageData, RoomType, Rules } from '../model.ts';
import type { UserProfile } from '../ports.ts';

/** What a line of an import says, read and checked by itself. */
export type ImportLine = UserLine | RoomLine | MessageLine;

export interface UserLine {
  type: 'user';
  user: UserProfile;
}

export interface RoomLine {
  type: 'room';
  /** The partner's own id of the room. */
  importKey: string;
  name: string;
  roomType: RoomType;
  profileUrl: string | null;
  link: Link | null;
  rules: Partial<Rules>;
  meta: Record<string, unknown> | null;
  createdAt: Date;
  members: LineMember[];
}

export interface LineMember extends UserProfile {
  master: boolean;
  joinedAt: Date | null;
  /** A number of messages, or the key of one; null: all. */
  readUpTo: number | string | null;
  /** The line names the person: otherwise the directory has to. */
  isNamed: boolean;
}

export interface MessageLine {
  type: 'message';
  roomKey: string;
  /** Unique per room: the message of a key is imported once. */
  syncKey: string;
  /** Nick and picture of then; null: those that the directory has now. */
  author: Pick<Author, 'authorId'> & { nickName: string | null; profileUrl: string | null };
  data: MessageData;
  meta: Message['meta'];
  deleted: boolean;
  /** The key of an earlier message of the room. */
  replyTo: string | null;
  mentions: string[];
  createdAt: Date;
}

/** Reads the JSON of a line. Errors: ChatError, mostly INVALID_PAYLOAD, naming the field. */
export type ReadLine = (value: unknown) => ImportLine;
