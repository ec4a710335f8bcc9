import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { ChatError, invalid } from '../../domain/errors.ts';
import type { ApiKey, IdempotencyStore } from '../../domain/ports.ts';

const MAX_IDEMPOTENCY_KEY = 200;
/** How long a repeated request waits for the first one's answer, in milliseconds. */
const PATIENCE = 10_000;
const LOOK_EVERY = 50;
const RENEW_EVERY = 15_000;

/**
 * A POST with an Idempotency-Key is done once in 24 hours: a repeated one gets the first one's answer.
 * The same key with another body is refused (but for a
 * body that is streamed: there the address alone is compared). Faults of ours and "try again" answers are not kept.
 */
export async function once(
  store: IdempotencyStore,
  key: ApiKey,
  request: Request,
  response: Response,
  work: () => Promise<void>,
): Promise<void> {
  const given = request.get('idempotency-key');
  if (request.method !== 'POST' || given === undefined) return work();
  if (given === '' || given.length > MAX_IDEMPOTENCY_KEY)
    throw invalid('Idempotency-Key must have 1 to 200 characters');
  const id = `${key.id}:${given}`;
  const requestHash = createHash('sha256')
    .update(JSON.stringify([request.originalUrl, request.body ?? null]))
    .digest('hex');
  const first = await answered(store, id, requestHash);
  if (first) {
    if (first.requestHash !== requestHash) throw invalid('this Idempotency-Key was used for another request');
    response.status(first.status!).set('idempotency-replayed', 'true').type('json').send(first.body);
    return;
  }
  // A large body takes longer than it takes to be thought dead; a renewal that fails is made up for by the next.
  const renewal = setInterval(() => void store.renew(id).catch(() => undefined), RENEW_EVERY).unref();
  try {
    await work();
    await store.finish(id, response.statusCode, String(response.locals['body']));
  } catch (error) {
    await store.release(id);
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

async function answered(store: IdempotencyStore, id: string, requestHash: string) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const first = await store.begin(id, requestHash);
    if (!first || first.status !== null || first.requestHash !== requestHash) return first;
    if (Date.now() > until)
      throw new ChatError('TEMPORARILY_UNAVAILABLE', 'The first request is still being answered.');
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY));
  }
}

/** Answers with JSON and keeps the text for a repeated request. */
export function answer(response: Response, value: unknown): void {
  const body = JSON.stringify(value);
  response.locals['body'] = body;
  response.status(200).type('json').send(body);
}
