import type { Document } from 'bson';
import { numberAt, stringAt, truthAt } from '../bson-peek.ts';
import {
  codeName,
  codeOfPackedState,
  codeOfState,
  CommandError,
  DUPLICATE_KEY,
  isConflict,
} from '../errors.ts';
import type { Command, Gateway } from '../gateway.ts';
import type { Parameter } from '../pg-connection.ts';
import { decode, type Request } from '../wire.ts';
import { describeDuplicate, duplicateError } from '../duplicates.ts';
import { PostgresError } from '../pg-error.ts';

/** Commands about collections, indexes and databases. */

const RETRIES = 10;

async function document(gateway: Gateway, text: string, parameters: Parameter[]): Promise<Document> {
  for (let attempt = 0; ; attempt++) {
    try {
      const [row] = await gateway.pool.query(text, parameters);
      return row?.[0] ? decode(row[0]) : { ok: 1 };
    } catch (error) {
      if (!isConflict(error) || attempt >= RETRIES) throw error;
    }
  }
}

function collectionOf(request: Request): string {
  const name = stringAt(request.body, request.fields.get(request.name));
  if (!name) throw new CommandError(73, `${request.name} needs the name of a collection`);
  return name;
}

/** Some answers come wrapped as those of a shard; errors in them have PostgreSQL's numbers. */
function unwrap(reply: Document): Document {
  const raw = reply.raw as Document | undefined;
  const inner = (raw?.defaultShard ?? reply) as Document;
  if (Number(inner.ok ?? reply.ok) === 1) return { ...inner, ok: 1 };
  const code = codeOfPackedState(Number(inner.code ?? 1));
  throw new CommandError(code, String(inner.errmsg ?? codeName(code)));
}

const create: Command = async (request, gateway) => {
  const text = 'SELECT documentdb_api.create_collection_view($1, $2)';
  return unwrap(await document(gateway, text, [request.database, request.body]));
};

/** Built at once, not by a background job: when the command is answered, the index is there. */
const createIndexes: Command = async (request, gateway) => {
  const text = 'SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2, true)';
  try {
    return unwrap(await document(gateway, text, [request.database, request.body]));
  } catch (error) {
    if (!(error instanceof PostgresError) || codeOfState(error.sqlState) !== DUPLICATE_KEY) throw error;
    const namespace = { database: request.database, collection: collectionOf(request) };
    throw duplicateError(await describeDuplicate(gateway.pool, namespace, error, [], uniqueIndexes(request)));
  }
};

/** An index that could not be built is in no catalogue: it is one of those asked for. */
function uniqueIndexes(request: Request): { name: string; key: Document }[] {
  const { indexes } = decode(request.body) as {
    indexes?: { name: string; key: Document; unique?: boolean }[];
  };
  return (indexes ?? []).filter(index => index.unique);
}

const dropIndexes: Command = async (request, gateway) => {
  const text = 'CALL documentdb_api.drop_indexes($1, $2, NULL)';
  return unwrap(await document(gateway, text, [request.database, request.body]));
};

const drop: Command = async (request, gateway) => {
  const collection = collectionOf(request);
  const [row] = await gateway.pool.query('SELECT documentdb_api.drop_collection($1, $2)', [
    request.database,
    collection,
  ]);
  const existed = row?.[0]?.[0] === 1;
  return existed ? { nIndexesWas: 1, ns: `${request.database}.${collection}`, ok: 1 } : { ok: 1 };
};

const dropDatabase: Command = async (request, gateway) => {
  await gateway.pool.query('SELECT documentdb_api.drop_database($1)', [request.database]);
  return { dropped: request.database, ok: 1 };
};

const renameCollection: Command = async (request, gateway) => {
  const [database, from] = splitNamespace(stringAt(request.body, request.fields.get('renameCollection')));
  const [target, to] = splitNamespace(stringAt(request.body, request.fields.get('to')));
  if (database !== target)
    throw new CommandError(115, 'a collection cannot be renamed into another database');
  const dropTarget = truthAt(request.body, request.fields.get('dropTarget')) ? 'true' : 'false';
  const text = 'SELECT documentdb_api.rename_collection($1::text, $2::text, $3::text, $4::bool)';
  await gateway.pool.query(text, [database, from, to, dropTarget]);
  return { ok: 1 };
};

function splitNamespace(namespace = ''): [string, string] {
  const dot = namespace.indexOf('.');
  if (dot < 1) throw new CommandError(73, `Invalid namespace specified '${namespace}'`);
  return [namespace.slice(0, dot), namespace.slice(dot + 1)];
}

const collStats: Command = async (request, gateway) => {
  const scale = String(numberAt(request.body, request.fields.get('scale')) ?? 1);
  const text = 'SELECT documentdb_api.coll_stats($1, $2, $3)';
  return document(gateway, text, [request.database, collectionOf(request), scale]);
};

const dbStats: Command = async (request, gateway) => {
  const scale = String(numberAt(request.body, request.fields.get('scale')) ?? 1);
  return document(gateway, 'SELECT documentdb_api.db_stats($1, $2)', [request.database, scale]);
};

export const admin: Record<string, Command> = {
  create,
  createIndexes,
  dropIndexes,
  deleteIndexes: dropIndexes,
  drop,
  dropDatabase,
  renameCollection,
  collMod: async (request, gateway) =>
    document(gateway, 'SELECT documentdb_api.coll_mod($1, $2, $3)', [
      request.database,
      collectionOf(request),
      request.body,
    ]),
  collStats,
  collstats: collStats,
  dbStats,
  dbstats: dbStats,
  listDatabases: (request, gateway) =>
    document(gateway, 'SELECT documentdb_api.list_databases($1)', [request.body]),
  compact: (request, gateway) => document(gateway, 'SELECT documentdb_api.compact($1)', [request.body]),
  currentOp: (request, gateway) =>
    document(gateway, 'SELECT documentdb_api.current_op_command($1)', [request.body]),
  killOp: (request, gateway) => document(gateway, 'SELECT documentdb_api.kill_op($1)', [request.body]),
};
