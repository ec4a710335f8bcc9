import type { Document } from 'bson';
import { CommandError, DUPLICATE_KEY } from './errors.ts';
import { PostgresError } from './pg-error.ts';
import type { PgPool } from './pg-pool.ts';
import { decode } from './wire.ts';

/** Gives the duplicate key errors of DocumentDB, which only name the index, MongoDB's form. */

export interface Duplicate {
  code: number;
  errmsg: string;
  keyPattern: Document;
  keyValue: Document;
}

interface Index {
  name: string;
  key: Document;
}

const ID_INDEX: Index = { name: '_id_', key: { _id: 1 } };

const INDEX = `
  SELECT (i.index_spec).index_name, (i.index_spec).index_key
  FROM documentdb_api_catalog.collections c
  JOIN documentdb_api_catalog.collection_indexes i USING (collection_id)
  WHERE c.database_name = $1 AND c.collection_name = $2
    AND ((i.index_spec).index_name = $3 OR i.index_id::text = $4)`;

/**
 * `error` is the text that stands in a reply, or what PostgreSQL threw. `sources` are the documents that
 * the key's values are looked for in, the best one first; a thrown error brings the best one itself.
 */
export async function describeDuplicate(
  pool: PgPool,
  namespace: { database: string; collection: string },
  error: string | PostgresError,
  sources: Document[],
  candidates: Index[] = [],
): Promise<Duplicate> {
  const { database, collection } = namespace;
  const { name, id } = indexIn(error);
  let index = candidates[0] ?? ID_INDEX;
  if (!candidates.length && name !== ID_INDEX.name) {
    const [row] = await pool.query(INDEX, [database, collection, name ?? null, id ?? null]);
    if (row?.[0] && row[1]) index = { name: row[0].toString(), key: decode(row[1]) };
  }
  const written = error instanceof PostgresError ? documentIn(error) : undefined;
  if (written) sources = [written, ...sources];
  const keyValue: Document = {};
  for (const path of Object.keys(index.key)) {
    const found = sources.map(source => valueAt(source, path)).find(value => value !== undefined);
    keyValue[path] = found ?? null;
  }
  const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${show(value)}`);
  const errmsg =
    `E11000 duplicate key error collection: ${database}.${collection} index: ${index.name} ` +
    `dup key: { ${shown.join(', ')} }`;
  return { code: DUPLICATE_KEY, errmsg, keyPattern: index.key, keyValue };
}

export function duplicateError(duplicate: Duplicate): CommandError {
  const { keyPattern, keyValue } = duplicate;
  return new CommandError(duplicate.code, duplicate.errmsg, { keyPattern, keyValue });
}

/** A reply names the index as the client knows it; PostgreSQL names its constraint, which ends in a number. */
function indexIn(error: string | PostgresError): { name?: string; id?: string } {
  if (typeof error === 'string') return { name: /Index '(.*)'/s.exec(error)?.[1] ?? ID_INDEX.name };
  const id = /^documents_rum_index_(\d+)$/.exec(error.constraint ?? '')?.[1];
  return id ? { id } : { name: ID_INDEX.name };
}

/** PostgreSQL shows the row it refused: "Key (document, ...)=(BSONHEX..., ...) conflicts with ...". */
function documentIn(error: PostgresError): Document | undefined {
  const hex = /^Key \(document,.*?\)=\(BSONHEX([0-9a-f]+)/s.exec(error.detail ?? '')?.[1];
  if (!hex) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  return bytes.length === bytes.readInt32LE(0) ? decode(bytes) : undefined;
}

function valueAt(source: Document, path: string): unknown {
  // An update names nested fields by their path, a document nests them.
  if (source[path] !== undefined) return source[path];
  let value: unknown = source;
  for (const step of path.split('.')) {
    if (Array.isArray(value) && !/^\d+$/.test(step)) value = value[0];
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Document)[step];
  }
  return Array.isArray(value) ? value[0] : value;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  const typed = value as { _bsontype?: string; value?: unknown };
  if (typed._bsontype === 'ObjectId') return `ObjectId('${String(value)}')`;
  if (typed._bsontype) return String(typed.value ?? value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
