import type { Member, User } from '../model.ts';

export interface ReadMove {
  roomId: string;
  userIds: string[];
  seq: number;
  messageId: string | null;
  at: Date;
  /** Those of them whose mark ends because they wrote; one that was made at or after `seq` stays. */
  unmarked?: string[];
  /** Those of them who said expressly that they have read, though they had. */
  confirmed?: string[];
}

export interface MemberStore {
  nextNos(count: number): Promise<number>;
  /** Adds memberships; returns the user ids that were members (or on their way) already. */
  add(members: readonly Member[]): Promise<string[]>;
  ofUsers(userIds: readonly string[]): Promise<Member[]>;
  ofRooms(roomIds: readonly string[]): Promise<Member[]>;
  /** Memberships of these people in these rooms. */
  among(roomIds: readonly string[], userIds: readonly string[]): Promise<Member[]>;
  mastersOf(roomIds: readonly string[]): Promise<Member[]>;
  /** Those of these rooms in which a member's nick contains the keyword; consonants stand for syllables. */
  roomsWithNick(roomIds: readonly string[], keyword: string): Promise<string[]>;
  /** The joining is part of the log at `seq`: the membership counts from there. */
  settleJoin(
    roomId: string,
    userIds: readonly string[],
    joined: { seq: number; messageId: string },
  ): Promise<void>;
  /** Marks them as leaving under this syncKey; returns those that were marked (present and not leaving). */
  markLeaving(roomId: string, userIds: readonly string[], syncKey: string): Promise<string[]>;
  unmark(roomId: string, syncKey: string): Promise<void>;
  /** Removes memberships with all that hangs on them. */
  remove(roomId: string, userIds: readonly string[]): Promise<void>;
  removeRoom(roomId: string): Promise<void>;
  setAlarm(roomId: string, userId: string, on: boolean, at: Date): Promise<void>;
  /** Sets or ends the private mark of unread messages. */
  mark(roomId: string, userId: string, unreadFromSeq: number | null, at: Date): Promise<void>;
  /** Raises `lastHiddenSeq`; called before the member hides the message. */
  raiseHidden(roomId: string, userId: string, seq: number, at: Date): Promise<void>;
  /** They cannot write until then; null: they can. */
  setMuted(roomId: string, userIds: readonly string[], until: Date | null, at: Date): Promise<void>;
  setMaster(roomId: string, userId: string): Promise<void>;
  moveReads(moves: readonly ReadMove[]): Promise<void>;
  renameUser(user: Pick<User, 'id' | 'nickName' | 'profileUrl' | 'meta'>): Promise<void>;
  /** Joinings and leavings begun before `before` that are still pending. */
  pending(before: Date): Promise<Member[]>;
  countOf(userIds: readonly string[]): Promise<Map<string, number>>;
}
