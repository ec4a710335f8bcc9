import { numberAt } from '../bson-peek.ts';
import type { PgConnection, Parameter, Row } from '../pg-connection.ts';
import type { PgPool } from '../pg-pool.ts';
import type { Request } from '../wire.ts';

const SET_LIMIT = `SELECT set_config('statement_timeout', $1, false)`;

/** The client's time limit of the command in milliseconds; none for a getMore, whose maxTimeMS is a wait. */
function limitOf(request: Request): number {
  if (request.name === 'getMore') return 0;
  return Math.ceil(numberAt(request.body, request.fields.get('maxTimeMS')) ?? 0);
}

/** Runs a query on the connection within the request's maxTimeMS. */
export async function queryOn(
  connection: PgConnection,
  request: Request,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  const limit = limitOf(request);
  if (limit <= 0) return connection.query(text, parameters);
  await connection.query(SET_LIMIT, [String(limit)]);
  try {
    return await connection.query(text, parameters);
  } finally {
    if (!connection.broken) await connection.query(SET_LIMIT, ['0']);
  }
}

export async function queryWithin(
  pool: PgPool,
  request: Request,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  const connection = await pool.take();
  try {
    return await queryOn(connection, request, text, parameters);
  } finally {
    pool.give(connection);
  }
}
