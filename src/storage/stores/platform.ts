import { createHash, randomUUID } from 'node:crypto';
import type { ApiKey, ApiKeyStore, IdempotencyStore, Scope } from '../../domain/ports.ts';
import type { Database } from '../database.ts';
import type { ApiKeyDoc } from '../models/small.ts';

const DUPLICATE_KEY = 11_000;

/** Keys are long and random: one round of a fast hash is enough to make a stolen table useless. */
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

const toKey = ({ _id, name, scopes, links, ratePerSecond, createdAt, revokedAt }: ApiKeyDoc): ApiKey => ({
  id: _id,
  name,
  scopes: scopes as Scope[],
  links,
  ratePerSecond,
  createdAt,
  revokedAt,
});

export function apiKeyStore({ apiKeys }: Database): ApiKeyStore {
  return {
    async find(key) {
      const doc = await apiKeys.findOne({ hash: hashOf(key), revokedAt: null });
      return doc && toKey(doc);
    },

    async list() {
      return (await apiKeys.find().sort({ createdAt: 1 }).toArray()).map(toKey);
    },

    async add(key, { name, scopes, links, ratePerSecond }) {
      const doc: ApiKeyDoc = {
        _id: randomUUID(),
        name,
        hash: hashOf(key),
        scopes: [...scopes],
        links: links && [...links],
        ratePerSecond,
        createdAt: new Date(),
        revokedAt: null,
      };
      try {
        await apiKeys.insertOne(doc);
        return toKey(doc);
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
        return toKey((await apiKeys.findOne({ hash: doc.hash }))!);
      }
    },

    async revoke(id) {
      const { modifiedCount } = await apiKeys.updateOne(
        { _id: id, revokedAt: null },
        { $set: { revokedAt: new Date() } },
      );
      return modifiedCount === 1;
    },
  };
}

/** A request that began this long ago and has no answer died with its node, in milliseconds. */
const DEAD_AFTER = 60_000;

export function idempotencyStore({ idempotency }: Database): IdempotencyStore {
  return {
    async begin(key, requestHash) {
      const fresh = { requestHash, status: null, body: null, createdAt: new Date() };
      try {
        await idempotency.insertOne({ _id: key, ...fresh });
        return null;
      } catch (error) {
        if ((error as { code?: number }).code !== DUPLICATE_KEY) throw error;
      }
      const takenOver = await idempotency.updateOne(
        { _id: key, status: null, requestHash, createdAt: { $lt: new Date(Date.now() - DEAD_AFTER) } },
        { $set: fresh },
      );
      if (takenOver.modifiedCount === 1) return null;
      // Released meanwhile: this request is the first now.
      return (await idempotency.findOne({ _id: key })) ?? this.begin(key, requestHash);
    },

    async renew(key) {
      await idempotency.updateOne({ _id: key, status: null }, { $set: { createdAt: new Date() } });
    },

    async finish(key, status, body) {
      await idempotency.updateOne({ _id: key }, { $set: { status, body } });
    },

    async release(key) {
      await idempotency.deleteOne({ _id: key, status: null });
    },
  };
}
