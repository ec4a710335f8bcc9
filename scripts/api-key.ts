import { randomBytes } from 'node:crypto';
import { SCOPES, type ApiKeyStore, type Scope } from '../src/domain/ports.ts';
import { readConfig } from '../src/config.ts';
import { openDatabase } from '../src/storage/database.ts';
import { startEmbedded } from '../src/storage/embedded.ts';
import { apiKeyStore } from '../src/storage/stores/platform.ts';
import { readOptions } from './arguments.ts';

const USAGE = `Manages the keys of partner platforms. Only hashes are stored: a key is shown once.

  npm run api-key -- list
  npm run api-key -- add --name NAME [--scopes a,b] [--links sid,sid] [--rate PER_SECOND]
  npm run api-key -- revoke --id ID

Scopes (default: all): ${SCOPES.join(', ')}
The embedded database serves one process: stop the server first, or set MONGODB_URI.`;

const { words, name, scopes, links, rate, id } = readOptions(USAGE, [
  'name',
  'scopes',
  'links',
  'rate',
  'id',
]);

function usage(): never {
  console.error(USAGE);
  process.exit(2);
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');

async function add(keys: ApiKeyStore): Promise<void> {
  const wanted = scopes === undefined ? [...SCOPES] : listOf(scopes);
  const unknown = wanted.filter(scope => !SCOPES.some(known => known === scope));
  if (!name || unknown.length > 0 || !(Number(rate ?? 0) >= 0)) usage();
  const key = `mk_${randomBytes(24).toString('base64url')}`;
  const entry = await keys.add(key, {
    name,
    scopes: wanted as Scope[],
    links: links === undefined ? null : listOf(links),
    ratePerSecond: Number(rate ?? 0),
  });
  console.log(`${entry.id}  ${entry.name}\n${key}`);
}

async function list(keys: ApiKeyStore): Promise<void> {
  for (const key of await keys.list()) {
    const state = key.revokedAt ? `revoked ${key.revokedAt.toISOString()}` : 'live';
    const reach = key.links ? `links ${key.links.join(',')}` : 'all links';
    console.log(
      [key.id, key.name, state, key.scopes.join(','), reach, `rate ${key.ratePerSecond || 'unlimited'}`].join(
        '  ',
      ),
    );
  }
}

async function revoke(keys: ApiKeyStore): Promise<void> {
  if (!id) usage();
  if (!(await keys.revoke(id))) throw new Error('There is no such live key.');
  console.log('revoked');
}

const commands: Record<string, (keys: ApiKeyStore) => Promise<void>> = { add, list, revoke };
const command = commands[words[0] ?? ''] ?? usage();
const config = readConfig(process.env);
const source = config.mongodbUri
  ? { uri: config.mongodbUri, stop: () => Promise.resolve() }
  : await startEmbedded({ dataDir: config.dataDir, systemBinary: config.systemBinary, path: config.path });
const database = await openDatabase(source.uri);
try {
  await command(apiKeyStore(database));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await database.close();
  await source.stop();
}
