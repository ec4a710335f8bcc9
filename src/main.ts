import { createApp } from './app.ts';
import { readConfig, type Config } from './config.ts';
import { createLog, type Log } from './ops/log.ts';
import { makeToken } from './protocols/kit/dev.ts';
import { inProcessBus } from './services/bus.ts';
import { createMailer } from './services/mail/index.ts';
import { createMedia } from './services/media/index.ts';
import { createObjects } from './services/objects/index.ts';
import { webhookSender } from './services/webhooks/sender.ts';
import { fcmSender } from './services/push/fcm.ts';
import { logSender } from './services/push/log.ts';
import { openDatabase } from './storage/database.ts';
import { startEmbedded } from './storage/embedded.ts';
import { apiKeyStore, idempotencyStore } from './storage/stores/platform.ts';
import { createStores } from './storage/stores.ts';

/** The process: reads the environment, builds the real parts, listens, drains on SIGTERM. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog({ level: config.logLevel, pretty: config.dev && process.stdout.isTTY === true });
  const push = config.firebaseCredentials
    ? fcmSender({ credentials: config.firebaseCredentials })
    : logSender(facts => log.info(facts, 'pushes that nobody sends without FIREBASE_CREDENTIALS'));
  const source = config.mongodbUri
    ? { uri: config.mongodbUri, engine: 'MONGODB_URI', stop: () => Promise.resolve() }
    : await startEmbedded({ dataDir: config.dataDir, systemBinary: config.systemBinary, path: config.path });
  const database = await openDatabase(source.uri, {
    onStuck: address =>
      log.warn({ address }, 'connecting to the database anew: it was not looked at to an end'),
  });
  log.info({ engine: source.engine }, 'database is ready');
  const app = createApp({
    config,
    stores: createStores(database),
    apiKeys: apiKeyStore(database),
    idempotency: idempotencyStore(database),
    pingStore: () => database.ping(),
    engine: source.engine,
    bus: inProcessBus(),
    objects: await createObjects(config, config.dataDir),
    media: createMedia({ searchPath: config.path, onProblem: what => log.warn(what) }),
    mailer: createMailer(config, what => log.info(what)),
    clock: { now: () => Date.now() },
    push,
    log,
    webhooks: webhookSender({ production: config.production, allow: config.webhookAllow }),
  });
  const stop = async (signal: string) => {
    log.info({ signal }, 'draining');
    // Ten seconds is what a supervisor gives; leave with an error rather than be killed without a word.
    setTimeout(() => process.exit(1), 9_500).unref();
    await app.close();
    await push.close();
    await database.close();
    await source.stop();
    log.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
  const { url } = await app.listen();
  log.info({ url, dev: config.dev }, 'ready');
  if (config.dev) welcome(url, config, log);
}

/** What to do next, for whoever started it the first time. */
function welcome(url: string, config: Readonly<Config>, log: Log): void {
  if (!('secret' in config.tokenKey) || log.isLevelEnabled('info') === false) return;
  const token = makeToken(config.tokenKey.secret, { id: '1', nickName: '홍길동' });
  process.stdout.write(
    [
      '',
      `  Madang is ready at ${url}`,
      `  API pages        ${url}/docs`,
      `  A token (user 1) ${token}`,
      `  Try it           npm run hello${config.port === 3000 ? '' : ` -- --url ${url}`}`,
      '',
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
