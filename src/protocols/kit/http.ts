import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { ChatError, ERROR_SENTENCES, type ErrorCode } from '../../domain/errors.ts';
import type { Log } from '../../ops/log.ts';
import { failureOf } from './wrapper.ts';

/** The status that belongs to a code. */
export function statusOf(code: ErrorCode): number {
  if (code === 'INTERNAL_ERROR') return 500;
  if (code === 'TEMPORARILY_UNAVAILABLE') return 503;
  if (code === 'RATE_LIMITED' || code === 'TOO_MANY_CONNECTIONS') return 429;
  if (code === 'INVALID_API_KEY' || code === 'TOKEN_EXPIRED' || code === 'TOKEN_INVALID') return 401;
  if (code === 'FILE_TOO_LARGE') return 413;
  if (code === 'NOT_FOUND' || code.includes('_NO_EXISTS')) return 404;
  if (FORBIDDEN.has(code)) return 403;
  if (code === 'ROOM_ALREADY_EXISTS' || code === 'JOIN_USER_ALREADY_EXISTS' || code === 'SYNC_KEY_CONFLICT')
    return 409;
  return 400;
}

const FORBIDDEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'YOU_ARE_NO_JOINED_ROOM',
  'YOU_HAVE_NO_AUTHORIZATION',
  'ROOM_IS_FREEZED',
  'YOU_ARE_MUTED',
  'YOU_ARE_BANNED',
  'MESSAGE_IS_NOT_MINE',
  'MESSAGE_HAS_BANNED_WORDS',
  'ROOM_RULES_CAN_NOT_DELETE_MESSAGE',
  'ROOM_RULES_CAN_NOT_SHARE_MESSAGE',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
  'ROOM_RULES_CAN_NOT_LEAVE',
  'INVITER_ID_IS_NOT_MASTER',
]);

/** Reads a JSON body whatever its content type says; what it cannot read is refused by `httpErrors`. */
export const jsonBody = (maxBytes: number): RequestHandler =>
  express.json({ limit: maxBytes, type: () => true, strict: true });

/** A request without a body says nothing: for APIs in which every field may be absent. */
export const noBody: RequestHandler = (request, _response, next) => {
  request.body ??= {};
  next();
};

export interface HttpFailure {
  statusCode: number;
  error: ErrorCode;
  message: string;
  data?: Record<string, unknown>;
}

/** Errors of routes, of the body parser and of express itself -> an answer with a code. */
export function httpErrors(
  log: Log,
  shape: (failure: HttpFailure) => object = failure => failure,
): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const failure = httpFailure(error, log, `${request.method} ${request.path}`);
    sendFailure(response, failure, shape);
  };
}

function sendFailure(
  response: Response,
  failure: HttpFailure,
  shape: (failure: HttpFailure) => object,
): void {
  const wait = failure.data?.['retryAfterMs'];
  if (typeof wait === 'number') response.set('retry-after', String(Math.ceil(wait / 1000)));
  response.status(failure.statusCode).json(shape(failure));
}

function httpFailure(error: unknown, log: Log, where: string): HttpFailure {
  // Errors of the body parser carry the status that they want: bad JSON, too large, wrong encoding.
  const status = (error as { status?: unknown } | null)?.status;
  if (!(error instanceof ChatError) && typeof status === 'number' && status >= 400 && status < 500) {
    const message = status === 413 ? 'The body is too large.' : 'The body or the address cannot be read.';
    return { statusCode: status, error: 'INVALID_PAYLOAD', message };
  }
  const failure = failureOf(error, log, where);
  return { statusCode: statusOf(failure.error), ...failure };
}

/** For addresses at which there is nothing. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ statusCode: 404, error: 'NOT_FOUND', message: ERROR_SENTENCES.NOT_FOUND });
};
