import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import * as logins from '../../src/protocols/login-rooms/catalogue.ts';
import * as rooms from '../../src/protocols/nickname-rooms/catalogue.ts';
import type { EventDef } from '../../src/protocols/kit/event.ts';
import { startEngine, type Engine } from '../helpers/engine.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = (name: string): string => readFileSync(`${ROOT}etc/protocols/${name}.md`, 'utf8');
const isNamed = (value: unknown): value is EventDef =>
  typeof value === 'object' && value !== null && 'summary' in value && 'name' in value;
const namesOf = (catalogue: object & { FRAMES: readonly { name: string }[] }): string[] => [
  ...Object.values<unknown>(catalogue)
    .filter(isNamed)
    .map(({ name }) => name),
  ...catalogue.FRAMES.map(({ name }) => name),
];

describe('the pages of the protocols', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ env: { DEV: 'true' } });
  });
  after(() => engine.close());

  /** Runs the page's sample in a process of its own, against this server. */
  async function run(name: string): Promise<string> {
    const [, sample] = /```js\n([\s\S]*?)```/.exec(page(name))!;
    const code = sample!.replace('http://127.0.0.1:3000', engine.url);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: ROOT,
      timeout: 10_000,
    });
    return stdout;
  }

  it('name every event, frame and code', () => {
    const codes = [...Object.keys(rooms.ALERTS), ...Object.keys(rooms.HANDSHAKE_REFUSALS)];
    for (const name of [...namesOf(rooms), ...codes])
      expect(page('nickname-rooms')).to.match(new RegExp(`\\b${name}\\b`));
    for (const name of namesOf(logins)) expect(page('login-rooms')).to.contain(`\`${name} `);
  });

  it('have samples that run: nickname rooms', async () => {
    expect(await run('nickname-rooms')).to.match(/ANONYMOUS[\s\S]*\d [ap]m text ANONYMOUS 안녕하세요/);
  });

  it('have samples that run: login rooms', async () => {
    expect(await run('login-rooms')).to.match(/Ann[\s\S]*Ann U2FsdGVkX1\+ciphertext/);
  });
});
