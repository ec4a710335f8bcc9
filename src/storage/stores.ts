import type { Stores } from '../domain/ports.ts';
import type { Database } from './database.ts';
import { patient } from './patience.ts';
import { announcementStore } from './stores/announcements.ts';
import { messageChanges } from './stores/changes.ts';
import { editStore } from './stores/edits.ts';
import { broadcastStore, statsStore } from './stores/broadcasts.ts';
import { eventStore } from './stores/events.ts';
import { hideStore } from './stores/hides.ts';
import { exportStore } from './stores/exports.ts';
import { importRoomStore } from './stores/import-rooms.ts';
import { importStore } from './stores/imports.ts';
import { memberStore } from './stores/members.ts';
import { messageLog } from './stores/message-log.ts';
import { auditStore, reportStore, wordStore } from './stores/moderation.ts';
import { blockStore, restrictionStore } from './stores/restrictions.ts';
import { roomFreezer, roomStore } from './stores/rooms.ts';
import { searchStore } from './stores/search.ts';
import { pushStore } from './stores/push.ts';
import { claimStore, markStore } from './stores/small.ts';
import { takeoutStore } from './stores/takeout.ts';
import { allowanceStore, fileStore, secretStore, uploadStore } from './stores/uploads.ts';
import { userStore } from './stores/users.ts';
import { webhookStore } from './stores/webhooks.ts';

/** What the domain needs of the database. */
export const createStores = (database: Database): Stores => patient(storesOf(database));

const storesOf = (database: Database): Stores => ({
  log: messageLog(database),
  hides: hideStore(database),
  changes: messageChanges(database),
  edits: editStore(database),
  announcements: announcementStore(database),
  rooms: roomStore(database),
  members: memberStore(database),
  users: userStore(database),
  claims: claimStore(database),
  search: searchStore(database),
  marks: markStore(database),
  uploads: uploadStore(database),
  files: fileStore(database),
  allowances: allowanceStore(database),
  secrets: secretStore(database),
  restrictions: restrictionStore(database),
  blocks: blockStore(database),
  reports: reportStore(database),
  words: wordStore(database),
  audit: auditStore(database),
  freezer: roomFreezer(database),
  events: eventStore(database),
  webhooks: webhookStore(database),
  broadcasts: broadcastStore(database),
  stats: statsStore(database),
  exports: exportStore(database),
  takeout: takeoutStore(database),
  push: pushStore(database),
  imports: importStore(database),
  importRooms: importRoomStore(database),
});
