import { fieldsOf, numberAt, truthAt, type Field } from '../bson-peek.ts';
import { describeDuplicate, duplicateError } from '../duplicates.ts';
import { codeOfState, DUPLICATE_KEY } from '../errors.ts';
import type { Command, Gateway } from '../gateway.ts';
import { PostgresError } from '../pg-error.ts';
import { decode, type Request } from '../wire.ts';
import { isUpsertByKey, namespaceOf, sourcesOf, withoutUpsert } from './operations.ts';
import { lockKey, RETRIES, runWrite } from './writes.ts';

const FIND_AND_MODIFY = 'SELECT p_result FROM documentdb_api.find_and_modify($1, $2)';

const findAndModify: Command = async (request, gateway) => {
  const upsert = request.fields.get('upsert');
  if (!upsert || !truthAt(request.body, upsert)) return runOnce(gateway, request, request.body);
  // Most upserts find their document: only one that does not has to insert, and so to be alone.
  const body = withoutUpsert(request.body, upsert);
  if (body) {
    const reply = await runOnce(gateway, request, body);
    if (foundDocument(reply)) return reply;
  }
  return gateway.locks.exclusive(lockKey(request), () => runOnce(gateway, request, request.body));
};

async function runOnce(gateway: Gateway, request: Request, body: Buffer): Promise<Buffer> {
  for (let attempt = 0; ; attempt++) {
    try {
      const row = await runWrite(gateway, request, FIND_AND_MODIFY, [request.database, body]);
      return row[0] as Buffer;
    } catch (error) {
      if (!(error instanceof PostgresError) || codeOfState(error.sqlState) !== DUPLICATE_KEY) throw error;
      const operation = decode(body);
      const sources = sourcesOf(operation, request.name);
      const duplicate = await describeDuplicate(gateway.pool, namespaceOf(request), error, sources);
      if (attempt >= RETRIES || !isUpsertByKey(operation, duplicate.keyPattern)) {
        throw duplicateError(duplicate);
      }
    }
  }
}

/** Whether the reply's lastErrorObject tells of a document. */
function foundDocument(reply: Buffer): boolean {
  const last = fieldNamed(reply, 'lastErrorObject');
  const n = last && fieldNamed(reply, 'n', last.start);
  return (numberAt(reply, n) ?? 0) > 0;
}

function fieldNamed(bytes: Buffer, name: string, at = 0): Field | undefined {
  for (const field of fieldsOf(bytes, at)) if (field.name === name) return field;
  return undefined;
}

export const modifies: Record<string, Command> = { findAndModify, findandmodify: findAndModify };
