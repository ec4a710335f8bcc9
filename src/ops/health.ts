import type { Router } from 'express';
import express from 'express';
import type { Metrics } from './metrics.ts';

export type Phase = 'starting' | 'ready' | 'draining';

export interface HealthParts {
  phase: () => Phase;
  /** Throws when the store does not answer. */
  pingStore: () => Promise<unknown>;
  /** What runs behind the store, for people. */
  engine: string;
  metrics: Metrics;
}

/** How long /readyz waits for the store, in milliseconds. */
const PATIENCE = 2_000;

/** `/healthz`: the process lives. `/readyz`: it can serve, and if not, which part. `/metrics`: Prometheus text. */
export function healthRoutes({ phase, pingStore, engine, metrics }: HealthParts): Router {
  const router = express.Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const store = await within(PATIENCE, pingStore());
    const ready = phase() === 'ready' && store;
    response.status(ready ? 200 : 503).json({
      status: ready ? 'ok' : 'unavailable',
      process: phase(),
      store: store ? 'ok' : 'unavailable',
      engine,
    });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  return Promise.race([done, timeout]).finally(() => clearTimeout(timer));
}
