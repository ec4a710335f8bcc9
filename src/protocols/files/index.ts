import express from 'express';
import { actorOfUser, bearerOf, identify } from '../kit/bearer.ts';
import { corsFor } from '../kit/cors.ts';
import type { Api } from '../kit/docs/openapi.ts';
import { httpErrors, jsonBody } from '../kit/http.ts';
import type { ProtocolParts } from '../kit/parts.ts';
import { countWhenDone, inputOf, mountRoute, type RouteDef } from '../kit/route.ts';
import { PREFIX } from './catalogue.ts';
import { handleFiles, type Call } from './handlers.ts';

/** Mounts files over HTTP (protocols.md 4a): whatever protocol a file came by, its link is served here. */
export function mountFiles(parts: ProtocolParts): { api: Api; running(): number } {
  const { chat, http, log, metrics, limits, mayConnect } = parts;
  const router = express.Router();
  const routes: RouteDef[] = [];
  let running = 0;
  router.use(corsFor(mayConnect));
  handleFiles((def, handle) => {
    routes.push(def);
    const answer = async (call: Call) => {
      const body = await handle(call, inputOf(def, call.request));
      if (body !== undefined) call.response.json(body);
    };
    mountRoute(
      router,
      def as RouteDef<never>,
      ...(def.body ? [jsonBody(limits.jsonBytes)] : []),
      (request, response, next) => {
        running++;
        response.once('close', () => running--);
        countWhenDone(metrics, response, PREFIX, def);
        const token = bearerOf(request.get('authorization'));
        const identified = token === undefined ? null : identify(parts, token).then(actorOfUser);
        Promise.resolve(identified)
          .then(actor => answer({ chat, actor, request, response }))
          .catch((error: unknown) => {
            // What is left of a body that was refused is not read: the connection ends with the answer.
            if (!request.complete) response.set('connection', 'close');
            next(error);
          });
      },
    );
  });
  router.use(httpErrors(log));
  http.use(PREFIX, router);
  const api: Api = {
    title: 'Madang files',
    description: 'Files of messages: sending them over HTTP, and reading them.',
    prefix: PREFIX,
    routes,
    security: ['token'],
  };
  return { api, running: () => running };
}
