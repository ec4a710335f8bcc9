import express, { type Request } from 'express';
import type { Actor } from '../../domain/model.ts';
import { actorOfUser, bearerOf, identify } from '../kit/bearer.ts';
import { corsFor } from '../kit/cors.ts';
import type { Api } from '../kit/docs/openapi.ts';
import { httpErrors } from '../kit/http.ts';
import { actorOf, requireScope } from '../kit/keys.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { countWhenDone, inputOf, mountRoute, type RouteDef } from '../kit/route.ts';
import { PREFIX } from './catalogue.ts';
import { handleExports } from './handlers.ts';

/** Mounts the reading of exports: whoever asked for one, over whatever protocol, its link is served here. */
export function mountExports(parts: ProtocolParts): { api: Api; running(): number } {
  const { chat, http, log, metrics, mayConnect } = parts;
  const router = express.Router();
  const routes: RouteDef[] = [];
  let running = 0;
  router.use(corsFor(mayConnect));
  handleExports((def, handle) => {
    routes.push(def);
    mountRoute(router, def as RouteDef<never>, (request, response, next) => {
      running++;
      response.once('close', () => running--);
      countWhenDone(metrics, response, PREFIX, def);
      callerOf(parts, request)
        .then(actor => handle({ chat, actor, request, response }, inputOf(def, request)))
        .catch(next);
    });
  });
  router.use(httpErrors(log));
  http.use(PREFIX, router);
  const api: Api = {
    title: 'Madang exports',
    description: 'Reading what was exported.',
    prefix: PREFIX,
    routes,
    security: ['token', 'apiKey'],
  };
  return { api, running: () => running };
}

/** Who asks: a platform key, a user, or nobody by name. */
async function callerOf(parts: ProtocolParts, request: Request): Promise<Actor | null> {
  const key = request.get('chat-api-key');
  if (key !== undefined) {
    const known = await parts.keys.admit(key);
    requireScope(known, 'exports');
    return actorOf(known);
  }
  const token = bearerOf(request.get('authorization'));
  return token === undefined ? null : actorOfUser(await identify(parts, token));
}
