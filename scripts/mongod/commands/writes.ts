import type { Document } from 'bson';
import { fieldsOf, numberAt, type Field } from '../bson-peek.ts';
import { describeDuplicate } from '../duplicates.ts';
import { codeOfPackedState, DUPLICATE_KEY, isConflict } from '../errors.ts';
import type { Command, Gateway } from '../gateway.ts';
import type { Parameter, Row } from '../pg-connection.ts';
import { decode, type Request } from '../wire.ts';
import { queryWithin } from './limits.ts';
import {
  changesMany,
  isUpsertByKey,
  namespaceOf,
  operationAt,
  operationsOf,
  sequenceOf,
  sourcesOf,
  upsertsOf,
  withoutUpsert,
  type Operations,
} from './operations.ts';

/** Commands that write. Each one is a single transaction of PostgreSQL: durable when it is answered. */

export const RETRIES = 20;

/** A conflict with another command has undone this one whole, so it is run again. */
export async function runWrite(
  gateway: Gateway,
  request: Request,
  text: string,
  parameters: readonly Parameter[],
): Promise<Row> {
  for (let attempt = 0; ; attempt++) {
    try {
      const [row] = await queryWithin(gateway.pool, request, text, parameters);
      return row as Row;
    } catch (error) {
      if (!isConflict(error) || attempt >= RETRIES) throw error;
    }
  }
}

export function lockKey(request: Request): string {
  const { database, collection } = namespaceOf(request);
  return `${database}.${collection}`;
}

type Reply = Document | Buffer;

async function runBatch(
  gateway: Gateway,
  request: Request,
  body = request.body,
  sequence = sequenceOf(request),
): Promise<Reply> {
  const text = `SELECT p_result, p_success FROM documentdb_api.${request.name}($1, $2, $3)`;
  const [result, success] = await runWrite(gateway, request, text, [request.database, body, sequence]);
  if (success?.[0] === 1) return result as Buffer;
  const reply = decode(result as Buffer);
  await translateErrors(reply, request, gateway);
  return reply;
}

async function translateErrors(reply: Document, request: Request, gateway: Gateway): Promise<void> {
  for (const error of (reply.writeErrors ?? []) as Document[]) {
    error.code = codeOfPackedState(Number(error.code));
    if (error.code !== DUPLICATE_KEY) continue;
    const sources = sourcesOf(operationAt(request, Number(error.index)), request.name);
    const found = await describeDuplicate(gateway.pool, namespaceOf(request), error.errmsg, sources);
    Object.assign(error, found);
  }
}

const insert: Command = (request, gateway) =>
  gateway.locks.shared(lockKey(request), () => runBatch(gateway, request));

/**
 * A command is one transaction, where MongoDB's would be many. Two that change several documents in a
 * different order would wait for each other, so they take turns.
 */
function inTurn(
  gateway: Gateway,
  request: Request,
  operations: Operations,
  work: () => Promise<Reply>,
): Promise<Reply> {
  if (!changesMany(operations)) return work();
  return gateway.locks.exclusive(`${lockKey(request)} batches`, work);
}

const remove: Command = (request, gateway) =>
  inTurn(gateway, request, operationsOf(request), () => runBatch(gateway, request));

const update: Command = (request, gateway) => {
  const operations = operationsOf(request);
  return inTurn(gateway, request, operations, async () => {
    const [upsert] = upsertsOf(operations);
    if (!upsert) return runBatch(gateway, request);
    // Most upserts find their document: only one that does not has to insert, and so to be alone.
    const found = operations.starts.length === 1 && (await updateOnly(gateway, request, operations, upsert));
    return found || gateway.locks.exclusive(lockKey(request), () => runUpserts(gateway, request));
  });
};

/** Runs a single upsert as a plain update; gives nothing when there is no document for it. */
async function updateOnly(
  gateway: Gateway,
  request: Request,
  operations: Operations,
  upsert: Field,
): Promise<Reply | undefined> {
  const bytes = withoutUpsert(operations.bytes, upsert);
  if (!bytes) return undefined;
  const [body, sequence] = operations.inSequence ? [request.body, bytes] : [bytes, null];
  const reply = await runBatch(gateway, request, body, sequence);
  return !Buffer.isBuffer(reply) || countIn(reply) > 0 ? reply : undefined;
}

async function runUpserts(gateway: Gateway, request: Request): Promise<Reply> {
  for (let attempt = 0; ; attempt++) {
    const reply = await runBatch(gateway, request);
    if (attempt >= RETRIES || !isRacedUpsert(reply, request)) return reply;
  }
}

/** The number of documents that a reply speaks of. */
function countIn(reply: Buffer): number {
  for (const field of fieldsOf(reply)) if (field.name === 'n') return numberAt(reply, field) ?? 0;
  return 0;
}

function isRacedUpsert(reply: Reply, request: Request): boolean {
  if (Buffer.isBuffer(reply)) return false;
  const [error, ...others] = (reply.writeErrors ?? []) as Document[];
  if (error?.code !== DUPLICATE_KEY || others.length || Number(error.index) !== 0) return false;
  return Number(reply.n) === 0 && isUpsertByKey(operationAt(request, 0), error.keyPattern);
}

export const writes: Record<string, Command> = { insert, update, delete: remove };
