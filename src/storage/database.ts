import mongoose, { type Collection, type Connection } from 'mongoose';
import type { IndexDescription } from 'mongodb';
import { hideSchema, type HideDoc } from './models/hide.ts';
import { exportSchema, type ExportDoc } from './models/export.ts';
import { importSchema, type ImportDoc } from './models/import.ts';
import { membershipSchema, type MembershipDoc } from './models/membership.ts';
import { messageSchema, type MessageDoc } from './models/message.ts';
import {
  auditSchema,
  bannedWordSchema,
  banSchema,
  blockSchema,
  reportSchema,
  type AuditDoc,
  type BanDoc,
  type BannedWordDoc,
  type BlockDoc,
  type ReportDoc,
} from './models/moderation.ts';
import {
  pushLogSchema,
  pushShownSchema,
  pushTokenSchema,
  type PushLogDoc,
  type PushShownDoc,
  type PushTokenDoc,
} from './models/push.ts';
import { roomSchema, type RoomDoc } from './models/room.ts';
import { searchMarkSchema, segmentSchema, type SearchMarkDoc, type SegmentDoc } from './models/search.ts';
import {
  apiKeySchema,
  claimSchema,
  counterSchema,
  idempotencySchema,
  markSchema,
  type ApiKeyDoc,
  type ClaimDoc,
  type CounterDoc,
  type IdempotencyDoc,
  type MarkDoc,
} from './models/small.ts';
import {
  allowanceSchema,
  fileSchema,
  secretSchema,
  uploadSchema,
  type AllowanceDoc,
  type FileDoc,
  type SecretDoc,
  type UploadDoc,
} from './models/upload.ts';
import { announcementSchema, editSchema, type AnnouncementDoc, type EditDoc } from './models/talk.ts';
import {
  broadcastSchema,
  deliverySchema,
  eventSchema,
  laneSchema,
  streamNoteSchema,
  webhookSchema,
  type BroadcastDoc,
  type DeliveryDoc,
  type EventDoc,
  type LaneDoc,
  type StreamNoteDoc,
  type WebhookDoc,
} from './models/platform.ts';
import { userSchema, type UserDoc } from './models/user.ts';
import { watchHeartbeats, type HeartbeatWatch } from './heartbeat.ts';
import { createRoomsView } from './rooms-view.ts';

type Docs<D extends object> = Collection<D>;

/** The connection and its collections. Mongoose declares and builds them; hot paths use the driver underneath. */
export interface Database {
  connection: Connection;
  rooms: Docs<RoomDoc>;
  memberships: Docs<MembershipDoc>;
  messages: Docs<MessageDoc>;
  hides: Docs<HideDoc>;
  edits: Docs<EditDoc>;
  announcements: Docs<AnnouncementDoc>;
  users: Docs<UserDoc>;
  claims: Docs<ClaimDoc>;
  counters: Docs<CounterDoc>;
  marks: Docs<MarkDoc>;
  segments: Docs<SegmentDoc>;
  searchMarks: Docs<SearchMarkDoc>;
  apiKeys: Docs<ApiKeyDoc>;
  idempotency: Docs<IdempotencyDoc>;
  uploads: Docs<UploadDoc>;
  files: Docs<FileDoc>;
  allowances: Docs<AllowanceDoc>;
  secrets: Docs<SecretDoc>;
  bans: Docs<BanDoc>;
  blocks: Docs<BlockDoc>;
  reports: Docs<ReportDoc>;
  bannedWords: Docs<BannedWordDoc>;
  auditLog: Docs<AuditDoc>;
  events: Docs<EventDoc>;
  streamNotes: Docs<StreamNoteDoc>;
  webhooks: Docs<WebhookDoc>;
  webhookLanes: Docs<LaneDoc>;
  deliveries: Docs<DeliveryDoc>;
  broadcasts: Docs<BroadcastDoc>;
  exports: Docs<ExportDoc>;
  pushTokens: Docs<PushTokenDoc>;
  pushShown: Docs<PushShownDoc>;
  pushLog: Docs<PushLogDoc>;
  imports: Docs<ImportDoc>;
  /** Throws when the server does not answer. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

const SELECTION_TIMEOUT = 3_000;
/** A query that takes longer than this is given up, in milliseconds. */
const SOCKET_TIMEOUT = 30_000;
const CONNECT_TIMEOUT = 10_000;
/** Connecting, the pause in which a server may keep silent, and some air: a look at a server is over by then. */
const HEARTBEAT_PATIENCE = 25_000;

/**
 * Connects and builds indexes and the view; resolves when all is there. Writes are confirmed by a majority and its
 * journal, reads see only what is so confirmed. Throws within a few seconds when there is no server.
 */
export async function openDatabase(
  uri: string,
  { onStuck = () => undefined, patience = HEARTBEAT_PATIENCE }: Partial<HeartbeatWatch> = {},
): Promise<Database> {
  const connection = await mongoose
    .createConnection(uri, {
      serverSelectionTimeoutMS: SELECTION_TIMEOUT,
      socketTimeoutMS: SOCKET_TIMEOUT,
      connectTimeoutMS: CONNECT_TIMEOUT,
      bufferCommands: false,
      autoIndex: false,
      autoCreate: false,
      sanitizeFilter: true,
      w: 'majority',
      journal: true,
      readConcernLevel: 'majority',
      maxPoolSize: 20,
      ignoreUndefined: true,
    })
    .asPromise();
  const endWatch = watchHeartbeats(connection.getClient(), { onStuck, patience });
  const models = {
    rooms: connection.model('Room', roomSchema),
    memberships: connection.model('Membership', membershipSchema),
    messages: connection.model('Message', messageSchema),
    hides: connection.model('Hide', hideSchema),
    edits: connection.model('Edit', editSchema),
    announcements: connection.model('Announcement', announcementSchema),
    users: connection.model('User', userSchema),
    claims: connection.model('Claim', claimSchema),
    counters: connection.model('Counter', counterSchema),
    marks: connection.model('Mark', markSchema),
    segments: connection.model('Segment', segmentSchema),
    searchMarks: connection.model('SearchMark', searchMarkSchema),
    apiKeys: connection.model('ApiKey', apiKeySchema),
    idempotency: connection.model('Idempotency', idempotencySchema),
    uploads: connection.model('Upload', uploadSchema),
    files: connection.model('File', fileSchema),
    allowances: connection.model('Allowance', allowanceSchema),
    secrets: connection.model('Secret', secretSchema),
    bans: connection.model('Ban', banSchema),
    blocks: connection.model('Block', blockSchema),
    reports: connection.model('Report', reportSchema),
    bannedWords: connection.model('BannedWord', bannedWordSchema),
    auditLog: connection.model('AuditEntry', auditSchema),
    events: connection.model('Event', eventSchema),
    streamNotes: connection.model('StreamNote', streamNoteSchema),
    webhooks: connection.model('Webhook', webhookSchema),
    webhookLanes: connection.model('WebhookLane', laneSchema),
    deliveries: connection.model('Delivery', deliverySchema),
    broadcasts: connection.model('Broadcast', broadcastSchema),
    exports: connection.model('Export', exportSchema),
    pushTokens: connection.model('PushToken', pushTokenSchema),
    pushShown: connection.model('PushShown', pushShownSchema),
    pushLog: connection.model('PushLog', pushLogSchema),
    imports: connection.model('Import', importSchema),
  };
  for (const { collection, schema } of Object.values(models)) {
    const indexes = schema.indexes().map(([key, options]) => ({ ...options, key }) as IndexDescription);
    if (indexes.length > 0) await collection.createIndexes(indexes);
  }
  await createRoomsView(connection);
  const collections = Object.fromEntries(
    Object.entries(models).map(([name, model]) => [name, model.collection]),
  ) as unknown as Omit<Database, 'connection' | 'ping' | 'close'>;
  return {
    connection,
    ...collections,
    ping: () => connection.db!.command({ ping: 1 }),
    close: () => {
      endWatch();
      return connection.close();
    },
  };
}
