import { longAt, fieldsOf, TYPE } from '../bson-peek.ts';
import { CommandError } from '../errors.ts';
import type { Command } from '../gateway.ts';
import type { Parameter } from '../pg-connection.ts';
import { decode, type Request } from '../wire.ts';
import { explain } from './explain.ts';
import { queryWithin } from './limits.ts';

/** Commands that read: the command goes to the function of the same purpose, its answer goes back. */

function cursorCommand(name: string): Command {
  const text =
    'SELECT cursorpage, continuation, persistconnection, cursorid ' +
    `FROM documentdb_api.${name}_cursor_first_page($1, $2)`;
  return (request, gateway) => gateway.cursors.first(text, [request.database, request.body], request);
}

function documentCommand(text: string): Command {
  return async (request, gateway) => {
    const parameters: Parameter[] = [request.database, request.body];
    const [row] = await queryWithin(gateway.pool, request, text, parameters);
    if (!row?.[0]) throw new CommandError(1, `${request.name} gave no answer`);
    return row[0];
  };
}

/** DocumentDB adds how it stores an index, which clients that compare indexes would take for a difference. */
const listIndexes: Command = async (request, gateway) => {
  const reply = decode((await cursorCommand('list_indexes')(request, gateway)) as Buffer);
  for (const index of reply.cursor?.firstBatch ?? []) delete index.storageEngine;
  return reply;
};

const getMore: Command = (request, gateway) => {
  const id = longAt(request.body, request.fields.get('getMore'));
  if (id === undefined) throw new CommandError(14, 'getMore needs the number of a cursor');
  return gateway.cursors.next(id, request.database, request.body);
};

const killCursors: Command = (request, gateway) => {
  const cursorsKilled: bigint[] = [];
  const cursorsNotFound: bigint[] = [];
  for (const id of cursorIds(request)) {
    (gateway.cursors.kill(id) ? cursorsKilled : cursorsNotFound).push(id);
  }
  return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

function* cursorIds(request: Request): Generator<bigint> {
  const list = request.fields.get('cursors');
  if (list?.type !== TYPE.array) return;
  for (const field of fieldsOf(request.body, list.start)) {
    const id = longAt(request.body, field);
    if (id !== undefined) yield id;
  }
}

export const reads: Record<string, Command> = {
  find: cursorCommand('find'),
  aggregate: cursorCommand('aggregate'),
  listCollections: cursorCommand('list_collections'),
  listIndexes,
  getMore,
  killCursors,
  count: documentCommand('SELECT document FROM documentdb_api.count_query($1, $2)'),
  distinct: documentCommand('SELECT document FROM documentdb_api.distinct_query($1, $2)'),
  validate: documentCommand('SELECT document FROM documentdb_api.validate($1, $2)'),
  explain,
};
