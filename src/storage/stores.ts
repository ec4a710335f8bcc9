import type { Stores } from '../domain/ports.ts';
import type { Database } from './database.ts';
import { announcementStore } from './stores/announcements.ts';
import { messageChanges } from './stores/changes.ts';
import { editStore } from './stores/edits.ts';
import { memberStore } from './stores/members.ts';
import { messageLog } from './stores/message-log.ts';
import { pushStore } from './stores/push.ts';
import { roomStore } from './stores/rooms.ts';
import { claimStore, markStore } from './stores/small.ts';
import { allowanceStore, fileStore, secretStore, uploadStore } from './stores/uploads.ts';
import { userStore } from './stores/users.ts';

/** What the domain needs of the database. */
export const createStores = (database: Database): Stores => ({
  log: messageLog(database),
  changes: messageChanges(database),
  edits: editStore(database),
  announcements: announcementStore(database),
  rooms: roomStore(database),
  members: memberStore(database),
  users: userStore(database),
  claims: claimStore(database),
  marks: markStore(database),
  uploads: uploadStore(database),
  files: fileStore(database),
  allowances: allowanceStore(database),
  secrets: secretStore(database),
  push: pushStore(database),
});
