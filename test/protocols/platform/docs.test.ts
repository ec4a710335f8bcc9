import { Parser } from '@asyncapi/parser';
import { expect } from 'chai';
import * as chatCatalogue from '../../../src/protocols/chat/catalogue.ts';
import type { EventDef } from '../../../src/protocols/kit/event.ts';
import type { RouteDef } from '../../../src/protocols/kit/route.ts';
import * as platformCatalogue from '../../../src/protocols/platform/catalogue.ts';
import { ERROR_SENTENCES } from '../../../src/domain/errors.ts';
import { sharedEngine, type Engine } from '../../helpers/engine.ts';

const routes = Object.values(platformCatalogue).filter(
  (value): value is any => 'method' in (value as object),
) as RouteDef[];
const events = Object.values(chatCatalogue).filter(
  (value): value is any => 'payload' in (value as object),
) as EventDef[];

/** Every object in a JSON document, with its path. */
function* walk(value: any, path = '#'): Generator<[string, Record<string, any>]> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield [path, value];
  for (const [key, inner] of Object.entries(value)) yield* walk(inner, `${path}/${key}`);
}

describe('/docs', () => {
  let engine: Engine;
  before(async () => {
    engine = await sharedEngine();
  });
  const fetchText = async (path: string) => {
    const response = await fetch(`${engine.url}${path}`);
    expect(response.status, path).to.equal(200);
    return { text: await response.text(), headers: response.headers };
  };
  const json = async (path: string) => JSON.parse((await fetchText(path)).text);

  it('openapi.json has every declared route with its parameters, body, answer, scope and refusals, and no other', async () => {
    const { paths, openapi, security, components } = await json('/docs/openapi.json');
    expect(openapi).to.match(/^3\.1\./);
    expect([security, components.securitySchemes.apiKey]).to.deep.equal([
      [{ apiKey: [] }],
      { type: 'apiKey', in: 'header', name: 'chat-api-key' },
    ]);
    expect(routes.length).to.be.at.least(17);
    for (const route of routes) {
      const path = `/chat${route.path.replace(/:(\w+)/g, '{$1}')}`;
      const operation = paths[path]?.[route.method];
      expect(operation, `${route.method} ${path}`).to.be.an('object');
      const placed = operation.parameters.map((parameter: any) => `${parameter.in}:${parameter.name}`);
      const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => `path:${name}`);
      expect(placed.filter((name: string) => name.startsWith('path:'))).to.have.members(inPath);
      expect(placed.includes('header:Idempotency-Key')).to.equal(route.method === 'post');
      expect(operation.requestBody !== undefined).to.equal((route.body ?? route.stream) !== undefined);
      expect(operation.responses[200].content['application/json'].schema.type).to.equal('object');
      expect(operation.description).to.contain(route.scope);
      const told = JSON.stringify(operation.responses);
      for (const code of [...route.errors, 'INVALID_API_KEY', 'YOU_HAVE_NO_AUTHORIZATION'])
        expect(told, `${path} ${code}`).to.contain(code);
      for (const code of route.seedErrors ?? [])
        expect(operation.responses[500].description).to.contain(code);
    }
    const declared = Object.values(paths).flatMap(path => Object.keys(path as object));
    expect(declared).to.have.length(routes.length);
  });

  it('every schema of openapi.json is plain JSON Schema without references that lead nowhere', async () => {
    const document = await json('/docs/openapi.json');
    const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
    let schemas = 0;
    for (const [path, node] of walk(document)) {
      expect(node, path).not.to.have.property('$ref');
      if (path.includes('/example') || !/\/(schema|properties\/[^/]+|items)$/.test(path) || node['in'])
        continue;
      schemas++;
      for (const type of [node['type'] ?? []].flat()) expect(types, `${path} ${type}`).to.include(type);
      for (const name of node['required'] ?? [])
        expect(node['properties'], `${path} requires ${name}`).to.have.property(name);
      if (node['pattern']) expect(() => new RegExp(node['pattern'], 'u'), path).not.to.throw();
    }
    expect(schemas).to.be.greaterThan(100);
  });

  it('the examples of both documents are what the declarations accept', () => {
    for (const route of routes) {
      if (route.body)
        expect(route.body.validate(route.example).error?.message, route.path).to.equal(undefined);
    }
    for (const event of events)
      expect(event.payload.validate(event.example).error?.message, event.name).to.equal(undefined);
    const codes = [...routes, ...events].flatMap(({ errors }) => errors);
    expect(Object.keys(ERROR_SENTENCES)).to.include.members(codes);
  });

  it('asyncapi.json is valid and has every event with its ack, and every frame', async () => {
    const text = (await fetchText('/docs/asyncapi.json')).text;
    const { document, diagnostics } = await new Parser().parse(text);
    const faults = diagnostics.filter(({ severity }) => Number(severity) === 0);
    expect(faults.map(({ message, path }) => `${path.join('/')}: ${message}`)).to.deep.equal([]);
    const names = document!
      .allMessages()
      .all()
      .map(message => message.name());
    const wanted = [
      ...events.flatMap(({ name }) => [name, `${name} (ack)`]),
      ...chatCatalogue.FRAMES.map(({ name }) => name),
    ];
    expect(names).to.have.members(wanted);
    expect(document!.allChannels().all()[0]!.address()).to.equal('/chat');
  });

  it('the pages refer to nothing outside, and what they refer to is there', async () => {
    const seen = new Set<string>();
    const queue = ['/docs/', '/docs/events'];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { text } = await fetchText(path);
      const found = [
        ...text.matchAll(/(?:src|href|action)\s*=\s*["']([^"'#]+)/g),
        ...text.matchAll(/url\(\s*["']?([^"')]+)/g),
        ...text.matchAll(/(?:fetch\(|url:|import)\s*["']([^"']+)/g),
      ].map(([, target]) => target!);
      if (path.endsWith('bundle.js')) continue;
      for (const target of found) {
        if (target.startsWith('data:')) continue;
        expect(target, `in ${path}`).to.match(/^\/(?!\/)/);
        queue.push(target);
      }
    }
    for (const path of [
      '/docs/docs.css',
      '/docs/swagger.js',
      '/docs/events.js',
      '/docs/openapi.json',
      '/docs/asyncapi.json',
      '/docs/swagger/swagger-ui-bundle.js',
    ]) {
      expect(seen).to.include(path);
    }
  });

  it('the browser is told to load and run nothing from outside either', async () => {
    for (const path of ['/docs/', '/docs/events']) {
      const policy = (await fetchText(path)).headers.get('content-security-policy') ?? '';
      const rules = Object.fromEntries(
        policy.split(';').map(rule => [rule.trim().split(' ')[0]!, rule.trim().split(' ').slice(1)]),
      );
      expect(rules['default-src']).to.deep.equal(["'self'"]);
      expect(rules['script-src']).to.deep.equal(["'self'"]);
      expect(policy).not.to.match(/connect-src|http:/);
    }
  });

  it('serves no file beside its pages', async () => {
    for (const path of [
      '/docs/../package.json',
      '/docs/%2e%2e/index.ts',
      '/docs/swagger/..%2f..%2fexpress/package.json',
      '/docs/index.ts',
    ]) {
      expect((await fetch(`${engine.url}${path}`)).status, path).to.be.oneOf([400, 403, 404]);
    }
  });
});
