import type { Schema } from 'joi';

/** Values that no declaration can have meant, and those that are one step beside what it meant. */

const deep = (levels: number): unknown => {
  let value: unknown = 'end';
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Marks a field that is left out. */
export const MISSING = Symbol('missing');

export const BAD_VALUES: readonly (readonly [string, unknown])[] = [
  ['missing', MISSING],
  ['null', null],
  ['zero', 0],
  ['negative', -1],
  ['fraction', 1.5],
  ['NaN', Number.NaN],
  ['huge number', 1e308],
  ['unsafe number', 2 ** 53 + 2],
  ['boolean', true],
  ['empty string', ''],
  ['blank string', '   '],
  ['word', 'nonsense'],
  ['digits', '99999999999999999999999999'],
  ['unknown id', '6740a1b2c3d4e5f6ffffffff'],
  ['week date', '2026-W01-1'],
  ['operator text', '$where'],
  ['lone surrogate', 'a\ud800b'],
  ['NUL', 'a\0b'],
  ['huge string', 'x'.repeat(70_000)],
  ['array', []],
  ['array of junk', [null, 1, {}, 'x']],
  ['huge array', Array.from({ length: 20_000 }, (_, i) => i)],
  ['object', {}],
  ['$ne', { $ne: null }],
  ['$gt', { $gt: '' }],
  ['operators in an array', [{ $ne: null }]],
  [
    '__proto__',
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  ],
  ['key with NUL', { 'a\0b': 1 }],
  ['key with a dot', { 'a.b': 1 }],
  ['_bsontype', { _bsontype: 'ObjectId', id: 'x' }],
  ['nested _bsontype', { a: { _bsontype: 'Int32', value: 1 } }],
  ['toJSON', { toJSON: 'x', toString: 1, length: -1 }],
  ['deep nesting', deep(1_500)],
];

type Path = readonly (string | number)[];

/** Every place in a value: '' is the whole. */
export function pathsOf(value: unknown, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** Names of the fields of a declared object, one level down as well: examples do not show them all. */
export function declaredPaths(schema: Schema): Path[] {
  interface Described {
    keys?: Record<string, Described>;
  }
  const walk = ({ keys = {} }: Described, at: Path, levels: number): Path[] =>
    Object.entries(keys).flatMap(([key, inner]) => [
      [...at, key],
      ...(levels > 0 ? walk(inner, [...at, key], levels - 1) : []),
    ]);
  return walk(schema.describe() as Described, [], 2);
}

/** A copy of `value` with something else at `path`; objects on the way are made. */
export function withAt(value: unknown, path: Path, put: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return put;
  const copy: any = Array.isArray(value) ? [...value] : { ...(value as object | null) };
  if (put === MISSING && rest.length === 0) delete copy[key];
  else copy[key] = withAt(copy[key], rest, put);
  return copy;
}

/** Every field of the example and of the declaration, each with every bad value. */
export function* spoiled(example: unknown, schema: Schema): Generator<{ what: string; value: unknown }> {
  const all = [...pathsOf(example), ...declaredPaths(schema)];
  const paths = new Map(all.map(path => [path.join('.'), path]));
  for (const [name, path] of paths) {
    for (const [kind, bad] of BAD_VALUES) {
      if (path.length === 0 && bad === MISSING) continue;
      yield { what: `${name || 'payload'} = ${kind}`, value: withAt(example, path, bad) };
    }
  }
}

/** The example of a declaration with real ids put in. */
export function withRealIds(example: unknown, ids: Readonly<Record<string, string>>): unknown {
  if (typeof example === 'string') return ids[example] ?? example;
  if (Array.isArray(example)) return example.map(inner => withRealIds(inner, ids));
  if (example === null || typeof example !== 'object') return example;
  return Object.fromEntries(Object.entries(example).map(([key, inner]) => [key, withRealIds(inner, ids)]));
}
