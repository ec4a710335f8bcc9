import type { Request, RequestHandler, Response, Router } from 'express';
import type { Schema } from 'joi';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Metrics } from '../../ops/metrics.ts';
import { check } from './schema.ts';

/** One HTTP route, declared once: validation, documents and types derive from it. */
export interface RouteDef<I = unknown, O = unknown> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: Schema;
  /** Strings of the query are converted. */
  readonly query?: Schema;
  readonly body?: Schema;
  /** The body is read as it comes, by the handler: what it is, and what each of its lines says. */
  readonly stream?: { mimeType: string; line: Schema; example: string };
  readonly response: Schema;
  readonly errors: readonly ErrorCode[];
  /** What the caller must be allowed to do. */
  readonly scope: string | null;
  /** The seed's own codes that its partners expect with status 500. */
  readonly seedErrors?: readonly ErrorCode[];
  readonly example?: unknown;
  /** Never set: carries the types of input (params, query and body in one) and output. */
  readonly types?: { input: I; output: O };
}

export const defineRoute = <I, O>(def: Omit<RouteDef<I, O>, 'types'>): RouteDef<I, O> => def;

/** Params, query and body of a request, each checked by its own schema, in one object. */
export function inputOf<I>(def: RouteDef<I>, request: Request): I {
  return {
    ...(def.query ? check<object>(def.query, request.query, true) : {}),
    ...(def.body ? check<object>(def.body.required(), request.body) : {}),
    ...(def.params ? check<object>(def.params, request.params) : {}),
  } as I;
}

export function mountRoute(router: Router, def: RouteDef<never>, ...handlers: RequestHandler[]): void {
  router[def.method](def.path, ...handlers);
}

/** Counts the request in the metrics once it is answered. */
export function countWhenDone(
  metrics: Metrics,
  response: Response,
  prefix: string,
  { method, path }: Pick<RouteDef, 'method' | 'path'>,
): void {
  response.once('finish', () => metrics.requestDone(`${method} ${prefix}${path}`, response.statusCode));
}
