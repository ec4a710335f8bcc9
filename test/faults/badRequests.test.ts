import { expect } from 'chai';
import { ERROR_SENTENCES } from '../../src/domain/errors.ts';
import * as catalogue from '../../src/protocols/platform/catalogue.ts';
import type { RouteDef } from '../../src/protocols/kit/route.ts';
import type { Message, Room } from '../helpers/client.ts';
import { API_KEY, startEngine, type Engine } from '../helpers/engine.ts';
import { someone } from '../helpers/people.ts';
import type { Response as Answer } from '../helpers/platform.ts';
import { declaredPaths, spoiled, withRealIds } from './bad-values.ts';

const ROUTES = (Object.values(catalogue) as unknown[]).filter(
  (value): value is RouteDef & { scope: string } => 'path' in (value as object),
);
const BAD_TEXTS = [
  '',
  ' ',
  'x',
  '-1',
  '1.5',
  'NaN',
  '1e400',
  '99999999999999999999',
  '%00',
  '$ne',
  '__proto__',
  'a'.repeat(3_000),
  '%F0%9F%98%80',
];
const BAD_BODIES: readonly (string | Uint8Array)[] = [
  '',
  '{',
  '{"a":',
  'null',
  '[]',
  '"text"',
  '42',
  'true',
  '\u0000',
  '{"a":1}}',
  "{'a':1}",
  '['.repeat(20_000),
  new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
];

interface Stage {
  room: Room;
  message: Message;
  ids: Record<string, string>;
  person: string;
}

async function setStage(engine: Engine): Promise<Stage> {
  const [ann, bob, eve] = ['ann', 'bob', 'eve'].map(name => someone(name)) as [string, string, string];
  await engine.platform.people(ann, bob, eve);
  const room = await engine.platform.room([ann, bob]);
  const message = await engine.platform.write(room._id, 'before');
  const ids = {
    '6740a1b2c3d4e5f601234567': room._id,
    1: ann,
    2: bob,
    3: eve,
    7: someone('seven'),
    'shop-1': someone('shop'),
  };
  return { room, message, ids, person: bob };
}

/** The path with real ids put in; `spoil` replaces one parameter. */
function addressOf(def: RouteDef, stage: Stage, spoil?: { name: string; text: string }): string {
  const real = def.path.startsWith('/messages')
    ? stage.message._id
    : def.path.startsWith('/users')
      ? stage.person
      : stage.room._id;
  const values: Record<string, string> = { id: real, userId: stage.person };
  if (spoil) values[spoil.name] = spoil.text;
  return `/chat${def.path.replace(/:(\w+)/g, (_, name: string) => values[name]!)}`;
}

const stateOf = (engine: Engine, roomId: string): string => {
  const live = engine.app.chat.registry.peek(roomId);
  return JSON.stringify(live ? [live.room, [...live.members.values()]] : null);
};

/** A refusal has the shape of the API and a code that does not blame us; the seed's own codes come with 500. */
function faultOf(def: RouteDef, { status, body }: Answer): string | null {
  if (status === 200) return null;
  const isSeedCode =
    status === 500 && (def.seedErrors as readonly string[] | undefined)?.includes(body?.error);
  if (isSeedCode) return null;
  if (status < 400 || status >= 500) return `${status} ${JSON.stringify(body)}`;
  const isShaped =
    body?.statusCode === status && body.error in ERROR_SENTENCES && typeof body.message === 'string';
  return isShaped ? null : `${status} ${JSON.stringify(body)}`;
}

describe('bad input over HTTP', () => {
  let engine: Engine;
  after(() => engine.close());
  before(async () => {
    engine = await startEngine();
  });

  for (const def of ROUTES) {
    const method = def.method.toUpperCase();
    const name = `${method} /chat${def.path}`;

    it(`${name}: every wrong field is refused with a code or means nothing, and a refusal changes nothing`, async function () {
      this.timeout(60_000);
      const stage = await setStage(engine);
      const wrong: string[] = [];
      const attempt = async (what: string, path: string, body?: unknown) => {
        const before = stateOf(engine, stage.room._id);
        const answer = await engine.platform.call(method, path, body);
        const fault = faultOf(def, answer);
        if (fault) wrong.push(`${what}: ${fault}`);
        if (answer.status !== 200 && stateOf(engine, stage.room._id) !== before)
          wrong.push(`${what}: was refused and changed the room`);
      };
      if (def.body) {
        const example = withRealIds(def.example, stage.ids);
        for (const { what, value } of spoiled(example, def.body))
          await attempt(what, addressOf(def, stage), JSON.stringify(value) ?? '');
        for (const body of BAD_BODIES) {
          await attempt(
            `body ${String(body).slice(0, 10)}`,
            addressOf(def, stage),
            typeof body === 'string' ? body : String.fromCharCode(...body),
          );
        }
      }
      for (const [parameter] of def.query ? declaredPaths(def.query) : []) {
        for (const text of BAD_TEXTS)
          await attempt(
            `?${parameter}=${text.slice(0, 20)}`,
            `${addressOf(def, stage)}?${parameter}=${text}`,
          );
        await attempt(
          `?${parameter} twice`,
          `${addressOf(def, stage)}?${parameter}=1&${parameter}=2&${parameter}[$ne]=3`,
        );
      }
      for (const [, parameter] of def.path.matchAll(/:(\w+)/g)) {
        for (const text of [
          ...BAD_TEXTS.filter(text => text.trim() !== ''),
          '%E0%A4%A',
          '..%2f..',
          '6740a1b2c3d4e5f6ffffffff',
        ]) {
          const body = def.body ? JSON.stringify(withRealIds(def.example, stage.ids)) : undefined;
          await attempt(
            `:${parameter} ${text.slice(0, 20)}`,
            addressOf(def, stage, { name: parameter!, text }),
            body,
          );
        }
      }
      expect(wrong).to.deep.equal([]);
    });

    it(`${name}: without a key, or with a wrong one, nobody comes in`, async () => {
      const stage = await setStage(engine);
      for (const key of [null, '', 'wrong', `${API_KEY} `.repeat(2), 'x'.repeat(5_000)]) {
        const before = stateOf(engine, stage.room._id);
        const { status, body } = await engine.platform
          .as(key)
          .call(method, addressOf(def, stage), def.body ? '{' : undefined);
        expect([status, body.error], String(key).slice(0, 20)).to.deep.equal([401, 'INVALID_API_KEY']);
        expect(stateOf(engine, stage.room._id)).to.equal(before);
      }
    });
  }

  it('bodies that cannot be read are refused, whatever their headers promise', async () => {
    const headers: Record<string, string>[] = [
      { 'content-encoding': 'gzip' },
      { 'content-encoding': 'nonsense' },
      { 'content-type': 'application/json; charset=nonsense' },
      { 'content-type': 'multipart/form-data' },
      { 'content-type': 'x'.repeat(1_000) },
    ];
    for (const more of headers) {
      const { status, body } = await engine.platform.call('PUT', '/chat/users', 'not json', more);
      expect(status, JSON.stringify(more).slice(0, 60)).to.be.within(400, 499);
      expect(body).to.include({ statusCode: status, error: 'INVALID_PAYLOAD' });
    }
    const tooLarge = await engine.platform.call(
      'PUT',
      '/chat/users',
      JSON.stringify({ users: 'x'.repeat(5_000_000) }),
    );
    expect(tooLarge.status).to.equal(413);
  });

  it('an address at which there is nothing says so', async () => {
    for (const path of [
      '/chat/nothing',
      '/nothing',
      '/chat/rooms/a/b/c',
      '/chat//',
      '/chat/room/../../etc/passwd',
    ]) {
      const { status, body } = await engine.platform.call('GET', path);
      expect([status, body.error], path).to.deep.equal([404, 'NOT_FOUND']);
    }
  });
});
