import express, { type RequestHandler } from 'express';
import type { ApiKey, IdempotencyStore, Scope } from '../../domain/ports.ts';
import { httpErrors, jsonBody } from '../kit/http.ts';
import { actorOf, requireScope } from '../kit/keys.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { countWhenDone, inputOf, mountRoute, type RouteDef } from '../kit/route.ts';
import { auditOf } from './audit.ts';
import { isDryRun, rehearse } from './dry-run.ts';
import { answer, once } from './guard.ts';
import { handlePlatform, type Call } from './handlers.ts';
import { presentEvent } from './present.ts';
import { readLine } from './lines.ts';

export interface PlatformOptions {
  idempotency: IdempotencyStore;
  /** What runs behind the store, for people. */
  engine: string;
}

/** Bodies of partners may be this many times as large as others. */
const BODY_FACTOR = 16;

/** Mounts the platform API (seed 1) at `/chat`. */
export function mountPlatform(
  parts: ProtocolParts,
  { idempotency, engine }: PlatformOptions,
): { routes: RouteDef[] } {
  const { chat, http, log, metrics, limits, keys } = parts;
  const router = express.Router();
  const node = () => ({
    connections: parts.io.engine.clientsCount,
    liveRooms: chat.registry.size,
    sendsWaiting: chat.sequencer.waiting,
    engine,
  });
  chat.couriers.serve(presentEvent);
  const routes: RouteDef[] = [];
  const admit: RequestHandler = async (request, response, next) => {
    response.locals['key'] = await keys.admit(request.get('chat-api-key'));
    next();
  };
  router.use(admit);
  const readBody = jsonBody(limits.jsonBytes * BODY_FACTOR);
  chat.imports.serve(value => readLine(chat, value));
  handlePlatform((def, handle) => {
    routes.push(def);
    const readers = def.stream ? [] : [readBody];
    mountRoute(router, def as RouteDef<never>, ...readers, (request, response, next) => {
      const key = response.locals['key'] as ApiKey;
      response.locals['route'] = def;
      requireScope(key, def.scope as Scope);
      const call = { chat, key, actor: actorOf(key), node, request };
      countWhenDone(metrics, response, '/chat', def);
      const work = isDryRun(def, request)
        ? rehearseOrStream(def, call, rehearsed => handle(rehearsed, inputOf(def, request))).then(would =>
            answer(response, { dryRun: true, would }),
          )
        : once(idempotency, key, request, response, async () => {
            const input = inputOf(def, request);
            const noteDone = await auditOf(chat, call.actor, def, input);
            const result = await handle(call, input);
            noteDone(result);
            answer(response, result);
          });
      work.catch((error: unknown) => {
        // What is left of a body that was refused is not read: the connection ends with the answer.
        if (def.stream && !request.complete) response.set('connection', 'close');
        next(error);
      });
    });
  });
  router.use(seedErrors, httpErrors(log));
  http.use('/chat', router);
  return { routes };
}

/** What is streamed and worked on later has a rehearsal of its own. */
const rehearseOrStream = <T>(
  { stream }: Pick<RouteDef, 'stream'>,
  call: Call,
  handle: (call: Call) => Promise<T>,
): Promise<T> => (stream ? handle(call) : rehearse(call, handle));

/** The codes that the seed lists for its two endpoints are answered with 500, as its partners expect. */
const seedErrors: express.ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const def = response.locals['route'] as RouteDef | undefined;
  const code = (error as { code?: unknown } | null)?.code;
  if (!def?.seedErrors?.some(known => known === code)) return next(error);
  response.status(500).json({ statusCode: 500, error: code, message: code });
};
