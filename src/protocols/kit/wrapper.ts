import { randomUUID } from 'node:crypto';
import { ChatError, ERROR_SENTENCES, StoreSilent, type ErrorCode } from '../../domain/errors.ts';
import type { Log } from '../../ops/log.ts';

/** What a client is told of a failure. */
export interface Failure {
  error: ErrorCode;
  message: string;
  data?: Record<string, unknown>;
}

/** Store errors that a retry can cure: nobody was reached, or the answer did not come. */
const UNAVAILABLE = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoWriteConcernError',
  'MongoOperationTimeoutError',
  'MongoExpiredSessionError',
  'MongooseError',
  'MongoServerClosedError',
  'PoolClearedOnNetworkError',
]);

/**
 * The one place where errors become answers. A ChatError is shown as it is; a store out of reach is
 * TEMPORARILY_UNAVAILABLE; anything else is a fault of ours: logged with an id, and nothing of it leaks.
 */
export function failureOf(error: unknown, log: Log, where: string): Failure {
  if (error instanceof ChatError) {
    return { error: error.code, message: error.message, ...(error.data ? { data: error.data } : {}) };
  }
  if (error instanceof Error && isUnavailable(error)) {
    log.warn({ where, err: error }, 'the store did not answer');
    return { error: 'TEMPORARILY_UNAVAILABLE', message: ERROR_SENTENCES.TEMPORARILY_UNAVAILABLE };
  }
  const errorId = randomUUID();
  log.error({ where, errorId, err: error }, 'unexpected error');
  return { error: 'INTERNAL_ERROR', message: ERROR_SENTENCES.INTERNAL_ERROR, data: { errorId } };
}

/** The driver wraps a connection that broke during a bulk write into an error of its own, without a single write error. */
function isUnavailable(error: Error): boolean {
  if (error instanceof StoreSilent) return true;
  if (UNAVAILABLE.has(error.name) || UNAVAILABLE.has(error.constructor.name)) return true;
  const { writeErrors } = error as { writeErrors?: unknown };
  return error.name === 'MongoBulkWriteError' && [writeErrors ?? []].flat().length === 0;
}
