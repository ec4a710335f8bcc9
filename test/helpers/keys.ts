import type { Scope } from '../../src/domain/ports.ts';
import { SCOPES } from '../../src/domain/ports.ts';
import { apiKeyStore } from '../../src/storage/stores/platform.ts';
import type { Engine } from './engine.ts';
import type { Platform } from './platform.ts';

let keys = 0;

export interface KeyOptions {
  scopes?: readonly Scope[];
  /** Scopes that the key lacks. */
  without?: readonly Scope[];
  links?: readonly string[] | null;
  ratePerSecond?: number;
}

export interface NewKey {
  key: string;
  platform: Platform;
  revoke(): Promise<boolean>;
}

/** A platform key of its own: all scopes, all links and no rate limit unless said otherwise. */
export async function newKeyFor(engine: Engine, options: KeyOptions = {}): Promise<NewKey> {
  const { scopes = SCOPES, without = [], links = null, ratePerSecond = 0 } = options;
  const key = `key-for-tests-${process.pid}-${++keys}`;
  const store = apiKeyStore(engine.database);
  const allowed = scopes.filter(scope => !without.includes(scope));
  const { id } = await store.add(key, { name: `test ${keys}`, scopes: allowed, links, ratePerSecond });
  return { key, platform: engine.platform.as(key), revoke: () => store.revoke(id) };
}
