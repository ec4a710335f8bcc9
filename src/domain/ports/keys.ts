export const SCOPES = [
  'rooms:read',
  'rooms:write',
  'messages:read',
  'messages:write',
  'users:read',
  'users:write',
  'moderation',
  'webhooks',
  'exports',
  'act-as-user',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A key of a partner platform. */
export interface ApiKey {
  id: string;
  name: string;
  scopes: readonly Scope[];
  /** The `link.sid`s it may touch; null: all. */
  links: readonly string[] | null;
  /** Requests per second; 0 is no limit. */
  ratePerSecond: number;
  createdAt: Date;
  revokedAt: Date | null;
}

/** Platform keys, stored as hashes. */
export interface ApiKeyStore {
  /** The live key with this text, if there is one. */
  find(key: string): Promise<ApiKey | null>;
  list(): Promise<ApiKey[]>;
  /** Stores a key; one with the same text stays as it is. */
  add(key: string, entry: Omit<ApiKey, 'id' | 'createdAt' | 'revokedAt'>): Promise<ApiKey>;
  /** False when there is no such live key. */
  revoke(id: string): Promise<boolean>;
}

export interface Answered {
  requestHash: string;
  /** Null while the first request is still being answered. */
  status: number | null;
  body: string | null;
  createdAt: Date;
}

/** Answers to POSTs with an Idempotency-Key, for 24 hours. */
export interface IdempotencyStore {
  /** Null: this request is the first, and has to `finish` or `release`. Otherwise what the first was answered. */
  begin(key: string, requestHash: string): Promise<Answered | null>;
  /** The first request is still being answered: until then nobody takes it over. */
  renew(key: string): Promise<void>;
  finish(key: string, status: number, body: string): Promise<void>;
  release(key: string): Promise<void>;
}
