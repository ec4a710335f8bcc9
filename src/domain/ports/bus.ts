import type { ErrorCode } from '../errors.ts';
import type { Member, Message } from '../model.ts';
import type { ReadMove } from './members.ts';
import type { RoomSettings } from './rooms.ts';
import type { UserProfile } from './users.ts';

/** A connection that is in a room by a name, where nothing of it is stored. */
export interface RosterEntry {
  /** The connection. */
  id: string;
  room: string;
  name: string;
  /** Whose connection it is; null where there are no accounts. */
  userId: string | null;
  /** What kind of client it says it is. */
  kind: string | null;
  /** Left the room, stays on its list. */
  isOff: boolean;
}

/** `version` counts the changes of the telling node: a gap shows that some were lost. */
export type RosterAct =
  | { do: 'hello' }
  | { do: 'all'; entries: RosterEntry[]; version: number }
  | { do: 'put'; entry: RosterEntry; version: number }
  | { do: 'drop'; id: string; version: number }
  | { do: 'beat'; version: number }
  | { do: 'bye' }
  | { do: 'say'; from: RosterEntry; text: string }
  | { do: 'ask' | 'answer' | 'oust'; id: string };

/** How an export, or its mail, ended. */
export interface ExportOutcome {
  exportId: string;
  error: ErrorCode | null;
  /** Null: no mail was asked for, or it is still on its way. */
  mailed: boolean | null;
}

/** What nodes tell each other. Hints: the log and the stores are the truth. */
export type BusEvent =
  | { type: 'messages'; roomId: string; messages: Message[]; joined: Member[] }
  | { type: 'message.changed'; roomId: string; message: Message }
  | { type: 'room.changed'; roomId: string; settings: RoomSettings; at: Date }
  | { type: 'room.created'; roomId: string }
  /** Messages were imported into a room that was there: what nodes know of it is behind the store. */
  | { type: 'room.imported'; roomId: string }
  | { type: 'room.removed'; roomId: string }
  | {
      type: 'read.now';
      roomId: string;
      userId: string;
      seq: number;
      messageId: string | null;
      by: string | null;
      /** Tell it even when the position stays: somebody said expressly that they have read. */
      again?: boolean;
    }
  /** Read positions are stored. */
  | { type: 'reads'; roomId: string; move: ReadMove }
  | {
      type: 'marked';
      roomId: string;
      userId: string;
      unreadFromSeq: number | null;
      by: string | null;
      at: Date;
    }
  | { type: 'hidden'; roomId: string; userId: string; message: Message; by: string | null; at: Date }
  | { type: 'alarm'; roomId: string; userId: string; on: boolean; by: string | null }
  /** `until` null: they can write again. */
  | { type: 'muted'; roomId: string; userIds: string[]; until: Date | null; at: Date }
  /** Somebody blocked or unblocked somebody. */
  | { type: 'block'; userId: string; targetId: string }
  /** The list of banned words is another one. */
  | { type: 'words.changed' }
  | { type: 'typing'; roomId: string; userId: string; nickName: string; isTyping: boolean }
  | { type: 'user.changed'; user: UserProfile; roomIds: string[]; at: Date }
  | { type: 'tokens.revoked'; userId: string; at: Date }
  /** A slice of somebody's upload came; `progress` is 0..1. */
  | { type: 'upload'; userId: string; syncKey: string; progress: number }
  /** How far somebody's export is, 0..1. */
  | { type: 'export'; userId: string; exportId: string; progress: number }
  | { type: 'export.finished'; userId: string; outcome: ExportOutcome }
  | { type: 'roster'; roster: string; node: string; act: RosterAct };

export interface Bus {
  publish(event: BusEvent): void;
  subscribe(handler: (event: BusEvent) => void): void;
}
