import type BaseJoi from 'joi';
import { Joi, PROTOCOL_NAMES, VARIABLES, type ProtocolName } from './variables.ts';

export { VARIABLES, type ProtocolName } from './variables.ts';

/** Development only: refused wherever DEV is off. */
export const BUILT_IN_SECRET = 'madang-development-secret-do-not-use';
export const BUILT_IN_API_KEY = 'madang-development-key';

type Raw = Record<string, unknown>;

export interface Config {
  port: number;
  host: string;
  production: boolean;
  dev: boolean;
  logLevel: string;
  mongodbUri: string | null;
  systemBinary: string | null;
  path: string;
  dataDir: string;
  /** Null: files are kept below `dataDir`. */
  s3: S3Config | null;
  tokenKey: { secret: string } | { publicKey: string };
  apiKey: string | null;
  chatNamespace: string;
  protocols: readonly ProtocolName[];
  allowedOrigins: readonly string[] | 'any';
  publicUrl: string | null;
  trustedProxies: readonly string[];
  feedTrustUserId: boolean;
  userDirectory: 'all' | 'rooms';
  memberCardTypes: readonly string[];
  joinUsersInlineMax: number;
  roomHeadsInterval: number;
  auditDays: number;
  /** The JSON of a service account, or the path of a file with it. */
  firebaseCredentials: string | null;
  roomAnonymous: boolean;
  roomTimezone: string;
  /** Endings without a dot, and content types, in lower case. */
  blockedFileTypes: readonly string[];
  webhookDays: number;
  webhookAllow: readonly string[];
  /** Null: nobody is mailed. */
  smtpUrl: string | null;
  mailFrom: string;
  limits: Limits;
}

/** Without an endpoint it is AWS; without keys the SDK looks for credentials. */
export interface S3Config {
  bucket: string;
  region: string;
  endpoint?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
}

export interface Limits {
  textLength: number;
  eventBytes: number;
  sliceBytes: number;
  fileBytes: number;
  uploadBytesPerDay: number;
  uploadBytesPerSecond: number;
  jsonBytes: number;
  importBytes: number;
  outgoingBytes: number;
  roomMembers: number;
  userRooms: number;
  eventsPerSecond: number;
  eventsBurst: number;
  sendsPerSecond: number;
  sendsBurst: number;
  connectionsPerUser: number;
  connectionsPerAddress: number;
  newRoomsPerHour: number;
  invitesPerHour: number;
  feedsPerUser: number;
  passwordTriesPerMinute: number;
  exportsPerDay: number;
}

const MIN_SECRET_BYTES = 32;

/** Reads the environment. Throws one message that names the variable and what is wrong with it. */
export function readConfig(env: NodeJS.ProcessEnv): Readonly<Config> {
  const keys = Object.fromEntries(Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema]));
  const result: BaseJoi.ValidationResult<Raw> = Joi.object<Raw>(keys)
    .unknown(true)
    .validate(env, { errors: { wrap: { label: false } } });
  if (result.error) throw new Error(`Configuration: ${withoutValue(result.error.details[0]!)}`);
  return Object.freeze(assemble(result.value, env['PATH'] ?? ''));
}

/** The message without what was given: it may hold a password. */
const withoutValue = ({ message, context }: BaseJoi.ValidationErrorItem): string =>
  typeof context?.value === 'string' ? message.replace(context.value, '…') : message;

function assemble(raw: Record<string, unknown>, path: string): Config {
  const text = (name: string) => (raw[name] as string | undefined) ?? null;
  const strings = (name: string, fallback: readonly string[]) =>
    (raw[name] as string[] | undefined) ?? fallback;
  const production = raw['NODE_ENV'] === 'production';
  const mongodbUri = text('MONGODB_URI');
  const dev = (raw['DEV'] as boolean | undefined) ?? (!production && mongodbUri === null);
  if (dev && production) throw new Error('Configuration: DEV cannot be on in production');
  const publicUrl = text('PUBLIC_URL');
  return {
    port: raw['PORT'] as number,
    host: text('HOST') ?? (dev ? '127.0.0.1' : '0.0.0.0'),
    production,
    dev,
    logLevel: raw['LOG_LEVEL'] as string,
    mongodbUri,
    systemBinary: text('MONGOMS_SYSTEM_BINARY'),
    path,
    dataDir: raw['DATA_DIR'] as string,
    s3: s3Of(text),
    tokenKey: tokenKeyOf(text('JWT_SECRET'), text('JWT_PUBLIC_KEY'), { dev, production }),
    apiKey: apiKeyOf(text('CHAT_API_KEY'), dev),
    chatNamespace: raw['CHAT_NAMESPACE'] as string,
    protocols: protocolsOf(strings('PROTOCOLS', PROTOCOL_NAMES)),
    allowedOrigins:
      (raw['ALLOWED_ORIGINS'] as string[] | undefined) ??
      (dev ? 'any' : publicUrl ? [new URL(publicUrl).origin] : []),
    publicUrl,
    trustedProxies: strings('TRUSTED_PROXIES', []),
    feedTrustUserId: trustOf(raw['FEED_TRUST_USER_ID'] as boolean | undefined, { dev, production }),
    userDirectory: raw['USER_DIRECTORY'] as 'all' | 'rooms',
    memberCardTypes: strings('MEMBER_CARD_TYPES', ['LINK_INVITATION']),
    joinUsersInlineMax: raw['JOIN_USERS_INLINE_MAX'] as number,
    roomHeadsInterval: raw['ROOM_HEADS_INTERVAL'] as number,
    auditDays: raw['AUDIT_DAYS'] as number,
    firebaseCredentials: text('FIREBASE_CREDENTIALS'),
    roomAnonymous: roomAnonymousOf(raw['ROOM_ANONYMOUS'] as boolean | undefined, { dev, production }),
    roomTimezone: raw['ROOM_TIMEZONE'] as string,
    blockedFileTypes: strings('BLOCKED_FILE_TYPES', []).map(type => type.toLowerCase().replace(/^\./, '')),
    webhookDays: raw['WEBHOOK_DAYS'] as number,
    webhookAllow: strings('WEBHOOK_ALLOW', []),
    smtpUrl: text('SMTP_URL'),
    mailFrom: text('MAIL_FROM') ?? `no-reply@${publicUrl ? new URL(publicUrl).hostname : 'localhost'}`,
    limits: limitsOf(raw as Record<string, number>),
  };
}

function tokenKeyOf(
  secret: string | null,
  publicKey: string | null,
  on: { dev: boolean; production: boolean },
) {
  if (secret && publicKey) throw new Error('Configuration: set JWT_SECRET or JWT_PUBLIC_KEY, not both');
  if (publicKey) return { publicKey: publicKey.replaceAll('\\n', '\n') };
  if (!secret && !on.dev)
    throw new Error('Configuration: JWT_SECRET or JWT_PUBLIC_KEY must be set without DEV');
  if (secret === BUILT_IN_SECRET && !on.dev)
    throw new Error('Configuration: JWT_SECRET is the built-in one; choose your own');
  if (on.production && Buffer.byteLength(secret!) < MIN_SECRET_BYTES) {
    throw new Error(`Configuration: JWT_SECRET must have at least ${MIN_SECRET_BYTES} bytes in production`);
  }
  return { secret: secret ?? BUILT_IN_SECRET };
}

function s3Of(text: (name: string) => string | null): S3Config | null {
  const bucket = text('S3_BUCKET');
  const [endpoint, region] = [text('S3_ENDPOINT'), text('S3_REGION')];
  const [accessKeyId, secretAccessKey] = [text('S3_ACCESS_KEY_ID'), text('S3_SECRET_ACCESS_KEY')];
  if (!bucket) {
    const rest = Object.entries({
      S3_ENDPOINT: endpoint,
      S3_REGION: region,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    });
    const set = rest.find(([, value]) => value !== null);
    if (set) throw new Error(`Configuration: ${set[0]} is set without S3_BUCKET`);
    return null;
  }
  if ((accessKeyId === null) !== (secretAccessKey === null))
    throw new Error('Configuration: set both S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or neither');
  return {
    bucket,
    region: region ?? 'us-east-1',
    ...(endpoint && { endpoint }),
    ...(accessKeyId && secretAccessKey && { accessKeyId, secretAccessKey }),
  };
}

function trustOf(given: boolean | undefined, on: { dev: boolean; production: boolean }): boolean {
  if (given === true && on.production)
    throw new Error('Configuration: FEED_TRUST_USER_ID cannot be on in production');
  return given ?? on.dev;
}

function apiKeyOf(key: string | null, dev: boolean): string | null {
  if (key === BUILT_IN_API_KEY && !dev)
    throw new Error('Configuration: CHAT_API_KEY is the built-in one; choose your own');
  return key ?? (dev ? BUILT_IN_API_KEY : null);
}

function roomAnonymousOf(given: boolean | undefined, on: { dev: boolean; production: boolean }): boolean {
  if (given && on.production) throw new Error('Configuration: ROOM_ANONYMOUS cannot be on in production');
  return given ?? on.dev;
}

function protocolsOf(names: readonly string[]): ProtocolName[] {
  return names.map(name => {
    const known = PROTOCOL_NAMES.find(protocol => protocol === name);
    if (!known)
      throw new Error(`Configuration: PROTOCOLS names ${name}; there are ${PROTOCOL_NAMES.join(', ')}`);
    return known;
  });
}

const limitsOf = (raw: Record<string, number>): Limits => ({
  textLength: raw['MAX_TEXT_LENGTH']!,
  eventBytes: raw['MAX_EVENT_BYTES']!,
  sliceBytes: raw['MAX_SLICE_BYTES']!,
  fileBytes: raw['MAX_FILE_BYTES']!,
  uploadBytesPerDay: raw['UPLOAD_BYTES_PER_DAY']!,
  uploadBytesPerSecond: raw['UPLOAD_BYTES_PER_SECOND']!,
  jsonBytes: raw['MAX_JSON_BYTES']!,
  importBytes: raw['MAX_IMPORT_BYTES']!,
  outgoingBytes: raw['MAX_OUTGOING_BYTES']!,
  roomMembers: raw['MAX_ROOM_MEMBERS']!,
  userRooms: raw['MAX_USER_ROOMS']!,
  eventsPerSecond: raw['EVENTS_PER_SECOND']!,
  eventsBurst: raw['EVENTS_BURST']!,
  sendsPerSecond: raw['SENDS_PER_SECOND']!,
  sendsBurst: raw['SENDS_BURST']!,
  connectionsPerUser: raw['CONNECTIONS_PER_USER']!,
  connectionsPerAddress: raw['CONNECTIONS_PER_ADDRESS']!,
  newRoomsPerHour: raw['NEW_ROOMS_PER_HOUR']!,
  invitesPerHour: raw['INVITES_PER_HOUR']!,
  feedsPerUser: raw['FEEDS_PER_USER']!,
  passwordTriesPerMinute: raw['PASSWORD_TRIES_PER_MINUTE']!,
  exportsPerDay: raw['EXPORTS_PER_DAY']!,
});
