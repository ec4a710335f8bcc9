import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillTables, TABLES } from '../scripts/tables.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every file below a folder, relative to the project. */
function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)));
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const sources = filesOf('src').filter(file => file.endsWith('.ts'));

/** What a file imports: own files as paths below src, libraries by name. */
function importsOf(file: string): { own: string[]; libraries: string[] } {
  const names = [...read(file).matchAll(/(?:from|import)\s+'([^']+)'/g)].map(match => match[1]!);
  return {
    own: names
      .filter(name => name.startsWith('.'))
      .map(name => relative('src', normalize(join(dirname(file), name)))),
    libraries: names.filter(name => !name.startsWith('.') && !name.startsWith('node:')),
  };
}

/** The table of the house: which folder may import from which. */
const MAY_IMPORT: readonly [folder: string, from: readonly string[]][] = [
  ['domain', ['domain']],
  ['storage', ['storage', 'domain']],
  ['services', ['services', 'domain']],
  ['ops', ['ops']],
  ['protocols/kit', ['protocols/kit', 'domain', 'ops']],
  ...readdirSync(join(ROOT, 'src/protocols'))
    .filter(name => name !== 'kit')
    .map((name): [string, string[]] => [
      `protocols/${name}`,
      [`protocols/${name}`, 'protocols/kit', 'domain', 'ops'],
    ]),
];
const OUTSIDE = [
  'express',
  'socket.io',
  'ws',
  'mongoose',
  'mongodb',
  'joi',
  'jsonwebtoken',
  'pino',
  'prom-client',
];

const isIn = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

describe('the house', () => {
  it('imports only along its table', () => {
    const wrong = sources.flatMap(file => {
      const [, allowed] = MAY_IMPORT.find(([folder]) => isIn(relative('src', file), folder)) ?? [];
      if (!allowed) return [];
      return importsOf(file)
        .own.filter(path => !allowed.some(folder => isIn(path, folder)))
        .map(path => `${file} -> ${path}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('has a place in its table for every folder', () => {
    const known = ['src/app.ts', 'src/config.ts', 'src/main.ts', 'src/variables.ts'];
    const homeless = sources.filter(
      file => !known.includes(file) && !MAY_IMPORT.some(([folder]) => isIn(relative('src', file), folder)),
    );
    expect(homeless).to.deep.equal([]);
  });

  it('keeps the domain free of transports, databases and formats', () => {
    const wrong = sources
      .filter(file => isIn(file, 'src/domain'))
      .flatMap(file =>
        importsOf(file)
          .libraries.filter(name => OUTSIDE.includes(name))
          .map(name => `${file} -> ${name}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it('keeps Mongoose and the driver in storage', () => {
    const wrong = sources.filter(
      file =>
        !isIn(file, 'src/storage') && importsOf(file).libraries.some(name => /^mongo(ose|db)$/.test(name)),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('reads the environment in one place', () => {
    const readers = sources.filter(file => read(file).includes('process.env'));
    expect(readers).to.deep.equal(['src/main.ts']);
    expect(read('src/main.ts').match(/process\.env/g)).to.have.length(1);
  });

  it('builds every protocol of the same four files', () => {
    for (const name of readdirSync(join(ROOT, 'src/protocols')).filter(folder => folder !== 'kit')) {
      for (const part of ['catalogue', 'handlers', 'present', 'index']) {
        expect(existsSync(join(ROOT, `src/protocols/${name}/${part}.ts`)), `${name}/${part}.ts`).to.equal(
          true,
        );
      }
    }
  });

  it('stays small: files of 400 lines at most, half of them below 100', () => {
    const lines = (file: string) => read(file).split('\n').length - 1;
    const tests = filesOf('test').filter(file => file.endsWith('.ts'));
    const scripts = filesOf('scripts').filter(file => file.endsWith('.ts'));
    expect([...sources, ...tests, ...scripts].filter(file => lines(file) > 400)).to.deep.equal([]);
    const sizes = sources.map(lines).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).to.be.at.most(100);
  });

  it('has no test that is left out', () => {
    const skipping = new RegExp(
      ['it', 'describe', 'test'].map(name => `\\b${name}\\.(only|skip)\\(`).join('|'),
    );
    expect(filesOf('test').filter(file => file.endsWith('.ts') && skipping.test(read(file)))).to.deep.equal(
      [],
    );
  });
});

describe('the documents', () => {
  const readme = read('README.md');

  it('show the tables of the declarations (npm run docs writes them)', () => {
    for (const name of Object.keys(TABLES)) expect(readme).to.contain(`<!-- table: ${name} -->`);
    expect(readme).to.equal(fillTables(readme));
  });

  it('name only npm scripts and files that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/`?npm (?:run )?(?!ci\b|install\b)([a-z:-]+)/g)].map(
      match => match[1]!,
    );
    expect(named.filter(name => !(name in scripts))).to.deep.equal([]);
    const linked = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(match => match[1]!);
    expect(linked.filter(path => !existsSync(join(ROOT, path)))).to.deep.equal([]);
  });

  it('give every dependency a reason', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const reasons = read('etc/decisions/001-dependencies.md');
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter(
      name => !name.startsWith('@types/'),
    );
    expect(names.filter(name => !reasons.includes(`\`${name}\``))).to.deep.equal([]);
  });

  it('pin exact versions', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).to.deep.equal([]);
  });

  it('describe every collection and its indexes for people in a Mongo shell', () => {
    const schema = read('src/storage/schema.md');
    const models = filesOf('src/storage/models').map(read).join('\n');
    const collections = [...models.matchAll(/collection: '(\w+)'/g)].map(match => match[1]!);
    const indexes = [...models.matchAll(/name: '(\w+)'/g)].map(match => match[1]!);
    expect(collections.filter(name => !schema.includes(`## ${name}`))).to.deep.equal([]);
    expect(indexes.filter(name => !schema.includes(`\`${name}\``))).to.deep.equal([]);
  });
});
