import { expect } from 'chai';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { healthRoutes, type Phase } from '../../src/ops/health.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { sharedEngine } from '../helpers/engine.ts';

describe('/healthz and /readyz', () => {
  it('answer 200 once the server can serve, without a key or a token', async () => {
    const engine = await sharedEngine();
    const health = await fetch(`${engine.url}/healthz`);
    expect([health.status, await health.json()]).to.deep.equal([200, { status: 'ok' }]);
    const ready = await fetch(`${engine.url}/readyz`);
    expect(ready.status).to.equal(200);
    expect(await ready.json()).to.deep.equal({ status: 'ok', process: 'ready', store: 'ok', engine: 'test' });
  });

  describe('of a server whose parts fail', () => {
    let phase: Phase = 'ready';
    let ping: () => Promise<unknown> = () => Promise.resolve();
    let url: string;
    const server = createServer(
      express().use(
        healthRoutes({ phase: () => phase, pingStore: () => ping(), engine: 'e', metrics: new Metrics() }),
      ),
    );
    before(async () => {
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    const ask = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    it('/readyz is 503 and says which part: while it starts, while it drains, without its store', async () => {
      for (const other of ['starting', 'draining'] as const) {
        phase = other;
        const { status, body } = await ask('/readyz');
        expect([status, body['process'], body['store']]).to.deep.equal([503, other, 'ok']);
        expect((await ask('/healthz')).status).to.equal(200);
      }
      phase = 'ready';
      ping = () => Promise.reject(new Error('MongoNetworkError at 10.0.0.7'));
      const { status, body } = await ask('/readyz');
      expect([status, body['process'], body['store']]).to.deep.equal([503, 'ready', 'unavailable']);
      expect(JSON.stringify(body)).not.to.contain('10.0.0.7');
      expect((await ask('/healthz')).status, 'the process lives').to.equal(200);
      ping = () => Promise.resolve();
      expect((await ask('/readyz')).status, 'it comes back').to.equal(200);
    });

    it('/readyz does not wait for ever for a store that hangs', async () => {
      let release: () => void = () => undefined;
      ping = () => new Promise<void>(resolve => (release = resolve));
      expect((await ask('/readyz')).status).to.equal(503);
      release();
    });
  });
});
