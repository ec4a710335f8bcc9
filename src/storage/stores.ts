import type { Stores } from '../domain/ports.ts';
import type { Database } from './database.ts';
import { memberStore } from './stores/members.ts';
import { messageLog } from './stores/message-log.ts';
import { roomStore } from './stores/rooms.ts';
import { searchStore } from './stores/search.ts';
import { claimStore, markStore } from './stores/small.ts';
import { allowanceStore, fileStore, secretStore, uploadStore } from './stores/uploads.ts';
import { userStore } from './stores/users.ts';

/** What the domain needs of the database. */
export const createStores = (database: Database): Stores => ({
  log: messageLog(database),
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
});
