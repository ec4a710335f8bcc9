import type { AnnouncementStore } from './ports/announcements.ts';
import type { MessageChanges } from './ports/changes.ts';
import type { EditStore } from './ports/edits.ts';
import type { BroadcastStore, StatsStore } from './ports/broadcasts.ts';
import type { HideStore } from './ports/hides.ts';
import type { ExportStore, TakeoutStore } from './ports/exports.ts';
import type { ImportRoomStore, ImportStore } from './ports/imports.ts';
import type { MessageLog } from './ports/log.ts';
import type { MemberStore } from './ports/members.ts';
import type {
  AuditStore,
  BlockStore,
  ReportStore,
  RestrictionStore,
  RoomFreezer,
  WordStore,
} from './ports/moderation.ts';
import type { PushStore } from './ports/push.ts';
import type { RoomStore } from './ports/rooms.ts';
import type { AllowanceStore, FileStore, SecretStore, UploadStore } from './ports/uploads.ts';
import type { EventStore } from './ports/stream.ts';
import type { SearchStore } from './ports/search.ts';
import type { UserStore } from './ports/users.ts';
import type { WebhookStore } from './ports/webhooks.ts';

/**
 * What the domain needs of the outside. Small role interfaces, one file per subject in `ports/`; `storage/` and
 * `services/` implement them.
 */
export * from './ports/announcements.ts';
export * from './ports/broadcasts.ts';
export * from './ports/bus.ts';
export * from './ports/changes.ts';
export * from './ports/edits.ts';
export * from './ports/exports.ts';
export * from './ports/files.ts';
export * from './ports/hides.ts';
export * from './ports/imports.ts';
export * from './ports/keys.ts';
export * from './ports/log.ts';
export * from './ports/mail.ts';
export * from './ports/members.ts';
export * from './ports/moderation.ts';
export * from './ports/push.ts';
export * from './ports/rooms.ts';
export * from './ports/uploads.ts';
export * from './ports/stream.ts';
export * from './ports/search.ts';
export * from './ports/users.ts';
export * from './ports/webhooks.ts';

/** Decides which of several makers of "the room of exactly these members" makes it. */
export interface ClaimStore {
  /** Returns the room id that holds the key: `roomId` itself when the claim succeeded. */
  claim(key: string, roomId: string): Promise<string>;
  /** Takes the key over from a room that does not deserve it any more; false when somebody else did. */
  replace(key: string, from: string, to: string): Promise<boolean>;
  /** The room is gone: what it holds is free. */
  release(roomId: string): Promise<void>;
}

/** What the storage as a whole offers. */
export interface Stores {
  log: MessageLog;
  hides: HideStore;
  changes: MessageChanges;
  edits: EditStore;
  announcements: AnnouncementStore;
  rooms: RoomStore;
  members: MemberStore;
  users: UserStore;
  claims: ClaimStore;
  search: SearchStore;
  marks: MarkStore;
  uploads: UploadStore;
  files: FileStore;
  allowances: AllowanceStore;
  secrets: SecretStore;
  restrictions: RestrictionStore;
  blocks: BlockStore;
  reports: ReportStore;
  words: WordStore;
  audit: AuditStore;
  freezer: RoomFreezer;
  events: EventStore;
  webhooks: WebhookStore;
  broadcasts: BroadcastStore;
  stats: StatsStore;
  exports: ExportStore;
  takeout: TakeoutStore;
  push: PushStore;
  imports: ImportStore;
  importRooms: ImportRoomStore;
}

export interface MarkStore {
  /** The store's clock. */
  now(): Promise<Date>;
  /** Named points in time, such as "everything before this is healed". */
  read(name: string): Promise<Date | null>;
  write(name: string, at: Date): Promise<void>;
}

/** Milliseconds now, and timers; replaced in tests that must not wait. */
export interface Clock {
  now(): number;
}

/** Where the domain tells what a person should look into. Never message texts. */
export interface Reporter {
  problem(what: string, error: unknown): void;
}
