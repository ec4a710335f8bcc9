import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestBucket {
  bucket: string;
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const NO_SERVER = [
  'Tests of S3 need a server: run scripts/test-parts as root (Debian, Ubuntu), which installs radosgw;',
  'or name one in S3_TEST_ENDPOINT, S3_TEST_BUCKET, S3_TEST_ACCESS_KEY_ID and S3_TEST_SECRET_ACCESS_KEY.',
].join(' ');
const TRIES = 3;
const DEADLINE = 60_000;

let running: Promise<TestBucket> | null = null;
const children: ChildProcess[] = [];
let folder: string | null = null;

/** A bucket of a real S3 server (Ceph's, in memory), one for the whole run; whoever writes takes keys of its own. */
export const testBucket = (): Promise<TestBucket> => (running ??= given() ?? start());

/** A server that runs elsewhere already. */
function given(): Promise<TestBucket> | null {
  const { S3_TEST_ENDPOINT: endpoint, S3_TEST_BUCKET: bucket } = process.env;
  if (!endpoint) return null;
  const { S3_TEST_ACCESS_KEY_ID: accessKeyId, S3_TEST_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  if (!bucket || !accessKeyId || !secretAccessKey) return Promise.reject(new Error(NO_SERVER));
  return Promise.resolve({ bucket, endpoint, region: 'us-east-1', accessKeyId, secretAccessKey });
}

/** It keeps nothing, so nothing has to be ended with care. */
export function stopS3(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folder = null;
}

async function start(): Promise<TestBucket> {
  await run('radosgw', ['--version']).catch((error: unknown) => {
    throw new Error(NO_SERVER, { cause: error });
  });
  process.once('exit', stopS3);
  // Ports are free when they are looked for; somebody else may be quicker.
  for (let tries = 1; ; tries++) {
    try {
      return await startCeph();
    } catch (error) {
      const log = lastLines();
      stopS3();
      if (tries === TRIES) throw new Error(`no S3 server could be started\n${log}`, { cause: error });
    }
  }
}

async function startCeph(): Promise<TestBucket> {
  const [port, monitorPort] = [await freePort(), await freePort()];
  const home = mkdtempSync(join(tmpdir(), 'madang-s3-'));
  folder = home;
  for (const part of ['mon', 'osd', 'rgw']) mkdirSync(join(home, part));
  const [cluster, osd, monitor] = [randomUUID(), randomUUID(), `v1:127.0.0.1:${monitorPort}`];
  writeFileSync(join(home, 'ceph.conf'), configuration(home, { cluster, monitor, port }));
  const env = { ...process.env, CEPH_CONF: join(home, 'ceph.conf') };
  const tool = (name: string, ...args: string[]) => run(name, args, { env, timeout: DEADLINE });

  const map = join(home, 'monmap');
  await tool('monmaptool', '--create', '--addv', 'a', monitor, '--fsid', cluster, map);
  await tool('ceph-mon', '-i', 'a', '--mkfs', '--monmap', map);
  daemon(env, 'ceph-mon', '-i', 'a');
  await tool('ceph', 'osd', 'new', osd, '0');
  await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  daemon(env, 'ceph-osd', '-i', '0');
  await until(async () => (await tool('ceph', 'osd', 'stat')).stdout.includes('1 up'));
  daemon(env, 'radosgw', '-n', 'client.rgw');
  const keys = { accessKeyId: 'madang', secretAccessKey: randomUUID() };
  const names = ['--uid=madang', '--display-name=madang'];
  const secrets = [`--access-key=${keys.accessKeyId}`, `--secret-key=${keys.secretAccessKey}`];
  await tool('radosgw-admin', 'user', 'create', ...names, ...secrets);
  const endpoint = `http://127.0.0.1:${port}`;
  await until(() =>
    fetch(endpoint).then(
      answer => answer.ok,
      () => false,
    ),
  );
  const place = { bucket: 'madang-test', endpoint, region: 'us-east-1', ...keys };
  // Most runs of tests do without the SDK.
  const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const { s3Clients } = await import('../../src/services/objects/s3-client.ts');
  await s3Clients(place).ask.send(new CreateBucketCommand({ Bucket: place.bucket }));
  return place;
}

/** One monitor that proposes at once (the default waits a second each time), one store in memory, nothing asks for keys. */
const configuration = (
  home: string,
  { cluster, monitor, port }: { cluster: string; monitor: string; port: number },
): string => `[global]
fsid=${cluster}
mon_host=${monitor}
mon_initial_members=a
public_addr=127.0.0.1
cluster_addr=127.0.0.1
auth_cluster_required=none
auth_service_required=none
auth_client_required=none
ms_bind_msgr2=false
paxos_propose_interval=0.02
paxos_min_wait=0.01
osd_pool_default_size=1
osd_pool_default_min_size=1
mon_allow_pool_size_one=true
osd_crush_chooseleaf_type=0
osd_pool_default_pg_num=1
osd_pool_default_pg_autoscale_mode=off
admin_socket=
log_file=${home}/$name.log
log_to_stderr=false
mon_data=${home}/mon
osd_data=${home}/osd
osd_objectstore=memstore
memstore_device_bytes=4294967296
[client.rgw]
rgw_frontends=beast endpoint=127.0.0.1:${port}
rgw_data=${home}/rgw
`;

/** Ends with this process, even when that is killed. */
function daemon(env: NodeJS.ProcessEnv, name: string, ...args: string[]): void {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', name, '-f', ...args], { env, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
  children.push(child);
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE;
  while (!(await isReached())) {
    const dead = children.find(child => child.exitCode !== null || child.signalCode !== null);
    if (dead) throw new Error(`${dead.spawnargs.join(' ')} ended with ${dead.exitCode ?? dead.signalCode}`);
    if (Date.now() > end) throw new Error('it took too long');
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Why a daemon ended stands in its log. */
function lastLines(): string {
  const home = folder;
  if (!home) return '';
  return readdirSync(home)
    .filter(name => name.endsWith('.log'))
    .map(name => `${name}:\n${readFileSync(join(home, name), 'utf8').split('\n').slice(-6).join('\n')}`)
    .join('\n');
}
