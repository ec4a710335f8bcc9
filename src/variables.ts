import BaseJoi from 'joi';
import proxyAddr from 'proxy-addr';

export const Joi = BaseJoi.defaults(schema => schema.empty(''));
export const PROTOCOL_NAMES = [
  'chat',
  'platform',
  'feed',
  'chatrooms',
  'nickname-rooms',
  'login-rooms',
] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

interface Variable {
  schema: BaseJoi.Schema;
  /** For the README's table; the default as a person reads it. */
  doc: string;
  shown?: string;
}

const number = (fallback: number) => Joi.number().integer().min(0).default(fallback);
const list = () =>
  Joi.string().custom((text: string) =>
    text
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== ''),
  );
/** A name that the runtime's own tables know. */
function timezone(name: string): string {
  new Intl.DateTimeFormat('en-US', { timeZone: name });
  return name;
}
/** Refuses what is no address, network or known name of some. */
const networks = (names: string[]): string[] => {
  proxyAddr.compile(names);
  return names;
};
/** Names of hosts, or what an address or network must look like. */
const receivers = (names: string[]): string[] => {
  networks(names.filter(name => /^[\d.]+(\/\d+)?$|:/.test(name)));
  return names;
};
const HOSTS = 'loopback with `DEV`, else all addresses';

/** Every variable that the server reads, declared once: validation and the README's table come from here. */
export const VARIABLES = {
  PORT: { schema: Joi.number().port().default(3000), doc: 'The one port of everything.' },
  HOST: { schema: Joi.string(), doc: 'Address to listen on.', shown: HOSTS },
  NODE_ENV: { schema: Joi.string(), doc: '`production` refuses every development convenience.' },
  DEV: {
    schema: Joi.boolean(),
    doc: 'Development conveniences: `/dev/token`, built-in secret and key, demo data, any Origin.',
    shown: 'on with the embedded database outside production',
  },
  LOG_LEVEL: {
    schema: Joi.string().valid('fatal', 'error', 'warn', 'info', 'debug', 'silent').default('info'),
    doc: 'What is logged.',
  },
  MONGODB_URI: {
    schema: Joi.string().pattern(/^mongodb(\+srv)?:\/\/\S+$/, 'address'),
    doc: 'The database.',
    shown: 'an embedded one',
  },
  MONGOMS_SYSTEM_BINARY: {
    schema: Joi.string(),
    doc: 'A `mongod` to run as the embedded database.',
    shown: 'found on the `PATH`, downloaded, or `scripts/mongod`',
  },
  DATA_DIR: {
    schema: Joi.string().default('./data'),
    doc: 'Where the embedded database keeps its data, and files are kept without `S3_BUCKET`.',
  },
  S3_BUCKET: {
    schema: Joi.string().pattern(/^[\w.-]{3,255}$/, 'bucket'),
    doc: 'The bucket for files; more than one node needs it.',
    shown: 'files are kept on the disk',
  },
  S3_ENDPOINT: {
    schema: Joi.string().uri({ scheme: ['http', 'https'] }),
    doc: 'Address of a server that speaks like S3; clients must reach it too, for downloads are redirected to it.',
    shown: 'AWS',
  },
  S3_REGION: { schema: Joi.string().pattern(/^[\w-]+$/, 'region'), doc: 'Its region.', shown: '`us-east-1`' },
  S3_ACCESS_KEY_ID: {
    schema: Joi.string(),
    doc: 'Credentials for the bucket, with the next one.',
    shown: 'what the SDK finds (role, profile)',
  },
  S3_SECRET_ACCESS_KEY: { schema: Joi.string(), doc: 'The secret of `S3_ACCESS_KEY_ID`.' },
  JWT_SECRET: {
    schema: Joi.string(),
    doc: 'User tokens are HS256 with this secret (32 bytes at least in production).',
    shown: 'a built-in one with `DEV`',
  },
  JWT_PUBLIC_KEY: {
    schema: Joi.string(),
    doc: 'PEM: user tokens are RS256 or ES256. Not together with `JWT_SECRET`.',
  },
  CHAT_API_KEY: {
    schema: Joi.string().min(8),
    doc: 'Creates the first platform key, with all scopes.',
    shown: 'a built-in one with `DEV`',
  },
  CHAT_NAMESPACE: {
    schema: Joi.string()
      .pattern(/^\/[\w-]+$/)
      .default('/chat'),
    doc: 'Socket.IO namespace of the chat catalogue.',
  },
  PROTOCOLS: { schema: list(), doc: 'Comma list of what is served.', shown: PROTOCOL_NAMES.join(',') },
  ALLOWED_ORIGINS: {
    schema: list(),
    doc: 'Comma list of Origins whose pages may connect.',
    shown: 'any with `DEV`, else that of `PUBLIC_URL`',
  },
  PUBLIC_URL: {
    schema: Joi.string().uri({ scheme: ['http', 'https'] }),
    doc: 'Where clients reach this server.',
  },
  TRUSTED_PROXIES: {
    schema: list().custom(networks),
    doc: 'Comma list of addresses or networks whose `X-Forwarded-For` counts.',
    shown: 'none',
  },
  FEED_TRUST_USER_ID: {
    schema: Joi.boolean(),
    doc: 'The WebSocket and REST v1 API believe a bare `user_id`; refused in production.',
    shown: 'on with `DEV`',
  },
  USER_DIRECTORY: {
    schema: Joi.string().valid('all', 'rooms').default('all'),
    doc: 'Whom people find: everybody, or those they share a room with.',
  },
  MEMBER_CARD_TYPES: {
    schema: list(),
    doc: 'Comma list of card types that members may send.',
    shown: 'LINK_INVITATION',
  },
  JOIN_USERS_INLINE_MAX: {
    schema: number(100),
    doc: 'Rooms up to this size show all members in `joinUsers`.',
  },
  ROOM_HEADS_INTERVAL: {
    schema: number(30_000),
    doc: 'Milliseconds between two `roomHeads` of a connection; 0: none.',
  },
  AUDIT_DAYS: {
    schema: Joi.number().integer().min(1).max(36_500).default(365),
    doc: 'Days for which the audit log is kept.',
  },
  FIREBASE_CREDENTIALS: {
    schema: Joi.string(),
    doc: 'Pushes go over FCM: the JSON of a service account, or the path of a file with it.',
    shown: 'pushes are only counted in the log',
  },
  ROOM_ANONYMOUS: {
    schema: Joi.boolean(),
    doc: 'Nickname rooms let in who has no valid token or nickname, as id 1000, `ANONYMOUS`. Refused in production.',
    shown: '`DEV`',
  },
  ROOM_TIMEZONE: {
    schema: Joi.string().default('Asia/Seoul').custom(timezone),
    doc: 'The time zone in which nickname rooms write their clock.',
  },
  WEBHOOK_DAYS: {
    schema: Joi.number().integer().min(1).max(90).default(7),
    doc: 'Days that events for webhooks and `GET /chat/events` are kept, and the log of their delivery.',
  },
  WEBHOOK_ALLOW: {
    schema: list().custom(receivers),
    doc: 'Comma list of names, addresses or networks to which webhooks may go although they are not public.',
    shown: 'none',
  },
  SMTP_URL: {
    schema: Joi.string().uri({ scheme: ['smtp', 'smtps'] }),
    doc: 'The server that mails exports, with its login: `smtp://user:password@host:587`.',
    shown: 'mail is logged; in production there is none',
  },
  MAIL_FROM: {
    schema: Joi.string().max(320),
    doc: 'The sender of mails: `Name <address>`.',
    shown: '`no-reply` at the host of `PUBLIC_URL`',
  },
  EXPORTS_PER_DAY: {
    schema: number(20),
    doc: 'Exports that a user may ask for in a day (UTC); 0 is no limit.',
  },
  MAX_TEXT_LENGTH: { schema: number(10_000), doc: 'Characters of a text.' },
  MAX_EVENT_BYTES: { schema: number(65_536), doc: 'Bytes of an event.' },
  MAX_SLICE_BYTES: {
    schema: number(1_048_576),
    doc: 'Bytes of a slice of a file; no frame may be larger than this and 16 KiB.',
  },
  MAX_FILE_BYTES: { schema: number(104_857_600), doc: 'Bytes of a file.' },
  UPLOAD_BYTES_PER_DAY: {
    schema: number(2_147_483_648),
    doc: 'Bytes that a user may upload in a day (UTC).',
  },
  UPLOAD_BYTES_PER_SECOND: {
    schema: number(20_971_520),
    doc: 'Bytes of slices that a user may send; faster ones are answered later, never refused.',
  },
  BLOCKED_FILE_TYPES: {
    schema: list(),
    doc: 'Comma list of endings (`exe`) and content types that nobody may send.',
    shown: 'none',
  },
  MAX_JSON_BYTES: {
    schema: number(262_144),
    doc: 'Bytes of a JSON body; the platform API takes sixteen times as much.',
  },
  MAX_IMPORT_BYTES: {
    schema: number(1_073_741_824),
    doc: 'Bytes of an import of rooms and messages.',
  },
  MAX_ROOM_MEMBERS: { schema: number(10_000), doc: 'Members of a room.' },
  MAX_USER_ROOMS: { schema: number(5_000), doc: 'Rooms of a user.' },
  EVENTS_PER_SECOND: { schema: number(20), doc: 'Events per socket; 0 is no limit, here and below.' },
  EVENTS_BURST: { schema: number(60), doc: 'Events at once per socket.' },
  SENDS_PER_SECOND: { schema: number(10), doc: 'Messages per user, and acts that write an ADMIN message.' },
  SENDS_BURST: { schema: number(30), doc: 'Messages at once per user.' },
  CONNECTIONS_PER_USER: { schema: number(20), doc: 'Connections of a user, on a node.' },
  CONNECTIONS_PER_ADDRESS: { schema: number(200), doc: 'Connections from an address, on a node.' },
  NEW_ROOMS_PER_HOUR: { schema: number(30), doc: 'Rooms that a user may make.' },
  INVITES_PER_HOUR: { schema: number(200), doc: 'People that a user may invite.' },
  FEEDS_PER_USER: { schema: number(500), doc: 'Raw WebSockets of a user, on a node; three per room.' },
  PASSWORD_TRIES_PER_MINUTE: {
    schema: number(5),
    doc: 'Tries of the password of one room that a user may make.',
  },
  MAX_OUTGOING_BYTES: {
    schema: number(4_194_304),
    doc: 'Bytes that may wait for a client that does not read; then it is closed.',
  },
} satisfies Record<string, Variable>;
