import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { ChatError } from '../../domain/errors.ts';
import { bearerOf } from '../kit/bearer.ts';
import { corsFor } from '../kit/cors.ts';
import { httpErrors, jsonBody, noBody, type HttpFailure } from '../kit/http.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { countWhenDone, inputOf, mountRoute, type RouteDef } from '../kit/route.ts';
import type { Api } from '../kit/docs/openapi.ts';
import { PREFIX } from './catalogue.ts';
import { FeedFanout } from './fanout.ts';
import { Feeds } from './feeds.ts';
import { handleFeed } from './handlers.ts';
import { callerOf, type Caller } from './identity.ts';
import { Stream } from './stream.ts';

export interface FeedOptions {
  feedsPerUser: number;
  /** A bare `user_id` is believed. */
  trustUserId: boolean;
}

/** Mounts the stream and REST v1 (seed 2). */
export function mountFeed(
  parts: ProtocolParts,
  options: FeedOptions,
): { api: Api; close(): void; stop(): void } {
  const { chat, log, metrics, limits } = parts;
  if (options.trustUserId) log.warn('FEED_TRUST_USER_ID is on: REST v1 and its stream believe any user_id');
  const feeds = new Feeds(chat, { perUser: options.feedsPerUser, outgoingBytes: limits.outgoingBytes }, () =>
    metrics.slowClientClosed(),
  );
  new FeedFanout(parts, feeds);
  const stream = new Stream(parts, feeds, options.trustUserId);
  metrics.gauge('madang_feed_connections', 'Raw WebSockets of the stream', () => feeds.size);
  const api: Api = {
    title: 'Madang REST v1',
    description: 'Writes and reads beside the stream `/ws/chat/:roomId`, by user token or platform key.',
    prefix: PREFIX,
    routes: mountRest(parts, options.trustUserId),
    security: ['token', 'apiKey'],
  };
  return { api, close: () => stream.close(), stop: () => feeds.stop() };
}

function mountRest(parts: ProtocolParts, trust: boolean): RouteDef[] {
  const { chat, http, log, metrics, limits, mayConnect } = parts;
  const router = express.Router();
  const routes: RouteDef[] = [];
  const admit: RequestHandler = async (request, response, next) => {
    const credentials = {
      token: bearerOf(request.get('authorization')),
      apiKey: request.get('chat-api-key'),
    };
    response.locals['caller'] = await callerOf(parts, credentials, trust);
    next();
  };
  router.use(corsFor(mayConnect), admit, jsonBody(limits.jsonBytes), noBody);
  handleFeed((def, handle) => {
    routes.push(def);
    mountRoute(router, def as RouteDef<never>, (request, response, next) => {
      countWhenDone(metrics, response, PREFIX, def);
      const answer = async () => {
        const call = { chat, caller: response.locals['caller'] as Caller, linkOf: parts.fileLink };
        response.json(await handle(call, inputOf(def, request)));
      };
      answer().catch(next);
    });
  });
  router.use(nothing, httpErrors(log, shape) satisfies ErrorRequestHandler);
  http.use(PREFIX, router);
  return routes;
}

const nothing: RequestHandler = () => {
  throw new ChatError('NOT_FOUND');
};

/** Errors as the users of seed 2 read them. */
const shape = ({ error, message, data }: HttpFailure) => ({
  success: false,
  message,
  error,
  ...(data ? { data } : {}),
});
