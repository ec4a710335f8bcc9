import type { Member, User } from '../model.ts';

export interface ReadMove {
  roomId: string;
  userIds: string[];
  seq: number;
  messageId: string | null;
  at: Date;
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
  /** Those of these rooms in which a member's nick contains the (normalised) keyword. */
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
  remove(roomId: string, userIds: readonly string[]): Promise<void>;
  removeRoom(roomId: string): Promise<void>;
  setAlarm(roomId: string, userId: string, on: boolean, at: Date): Promise<void>;
  /** Sets or ends the private mark of unread messages. */
  mark(roomId: string, userId: string, unreadFromSeq: number | null, at: Date): Promise<void>;
  setMaster(roomId: string, userId: string): Promise<void>;
  moveReads(moves: readonly ReadMove[]): Promise<void>;
  renameUser(user: Pick<User, 'id' | 'nickName' | 'profileUrl' | 'meta'>): Promise<void>;
  /** Joinings and leavings begun before `before` that are still pending. */
  pending(before: Date): Promise<Member[]>;
  countOf(userIds: readonly string[]): Promise<Map<string, number>>;
}
