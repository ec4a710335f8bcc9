import type { Request } from 'express';
import { invalid } from '../../domain/errors.ts';
import { rehearsalOf } from '../../domain/rehearsal.ts';
import type { RouteDef } from '../kit/route.ts';
import type { Call } from './handlers.ts';

/** `?dryRun=true` on a write: what would it do? Errors: INVALID_PAYLOAD (neither true nor false). */
export function isDryRun({ method }: Pick<RouteDef, 'method'>, { query }: Request): boolean {
  const { dryRun } = query;
  if (method === 'get' || dryRun === undefined || dryRun === 'false') return false;
  if (dryRun !== 'true') throw invalid('dryRun must be true or false');
  return true;
}

/**
 * Answers a call from a rehearsal: the handler and its use-cases as they are, over stores that write nothing. Ids and
 * numbers of what would be made are made up. An Idempotency-Key is not used up.
 */
export async function rehearse<T>(call: Call, handle: (call: Call) => Promise<T>): Promise<T> {
  const chat = rehearsalOf(call.chat.parts);
  try {
    return await handle({ ...call, chat });
  } finally {
    chat.ledger.stop();
    chat.sequencer.stop();
    await chat.presence.stop();
  }
}
