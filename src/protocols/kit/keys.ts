import { LRUCache } from 'lru-cache';
import { ChatError } from '../../domain/errors.ts';
import type { PlatformActor } from '../../domain/model.ts';
import type { ApiKey, ApiKeyStore, Scope } from '../../domain/ports.ts';
import { rateOf, RateLimiter } from '../../domain/rate.ts';

/** A key is looked up again after this time, in milliseconds: so long a revoked one may still work. */
const KEY_TTL = 5_000;
const MAX_KEY = 256;

/** Lets in who has a live key, and says what it may do. */
export class KeyGuard {
  readonly #store: ApiKeyStore;
  readonly #cache = new LRUCache<string, { key: ApiKey | null }>({ max: 1_000, ttl: KEY_TTL });
  readonly #limiters = new Map<string, RateLimiter>();

  constructor(store: ApiKeyStore) {
    this.#store = store;
  }

  /** `text` is what the header `chat-api-key` says. Errors: INVALID_API_KEY, RATE_LIMITED. */
  async admit(text: string | undefined): Promise<ApiKey> {
    if (!text || text.length > MAX_KEY) throw new ChatError('INVALID_API_KEY');
    let known = this.#cache.get(text);
    if (!known) this.#cache.set(text, (known = { key: await this.#store.find(text) }));
    if (!known.key) throw new ChatError('INVALID_API_KEY');
    this.#countRequest(known.key);
    return known.key;
  }

  #countRequest({ id, ratePerSecond }: ApiKey): void {
    let limiter = this.#limiters.get(id);
    if (!limiter)
      this.#limiters.set(id, (limiter = new RateLimiter(rateOf(ratePerSecond, ratePerSecond * 2))));
    const wait = limiter.take(id, Date.now());
    if (wait > 0) throw new ChatError('RATE_LIMITED', undefined, { retryAfterMs: wait });
  }
}

/** Errors: YOU_HAVE_NO_AUTHORIZATION. */
export function requireScope(key: ApiKey, scope: Scope): void {
  if (!key.scopes.includes(scope)) {
    throw new ChatError('YOU_HAVE_NO_AUTHORIZATION', `This chat-api-key has no scope ${scope}.`);
  }
}

export const actorOf = (key: ApiKey): PlatformActor => ({
  kind: 'platform',
  keyId: key.id,
  links: key.links,
});
