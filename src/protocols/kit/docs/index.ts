import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';
import helmet from 'helmet';
import type { EventDef, FrameDef } from '../event.ts';
import type { RouteDef } from '../route.ts';
import { asyncApi } from './asyncapi.ts';
import { openApi, PLATFORM, type Api } from './openapi.ts';

export interface Documented {
  routes: readonly RouteDef[];
  /** Further HTTP APIs, each by the name of its document: `/docs/<name>.json`. */
  apis?: Readonly<Record<string, Api>>;
  events: readonly EventDef[];
  frames: readonly FrameDef[];
  namespace: string;
}

const page = (name: string): string => fileURLToPath(new URL(`pages/${name}`, import.meta.url));

/** `/docs`: the API pages, everything served from here, nothing fetched from the internet. */
export function docsRoutes({ routes, apis = {}, events, frames, namespace }: Documented): Router {
  const router = express.Router();
  const rest = openApi({ ...PLATFORM, routes });
  const socket = asyncApi(namespace, events, frames);
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  router.use(
    '/docs',
    helmet({
      strictTransportSecurity: false,
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  router.get('/docs/openapi.json', (_request, response) => void response.json(rest));
  for (const [name, api] of Object.entries(apis)) {
    const document = openApi(api);
    router.get(`/docs/${name}.json`, (_request, response) => void response.json(document));
  }
  router.get('/docs/asyncapi.json', (_request, response) => void response.json(socket));
  router.use('/docs/swagger', express.static(swagger, { index: false }));
  router.use('/docs', express.static(page(''), { extensions: ['html'] }));
  return router;
}
