import { serialize, type Document } from 'bson';
import { stringAt, TYPE } from '../bson-peek.ts';
import { CommandError } from '../errors.ts';
import type { Command } from '../gateway.ts';
import { decode } from '../wire.ts';
import { winningPlan, scanTotals, type PlanNode } from '../plan.ts';
import { VERSION } from './session.ts';

/** The set-returning functions that plan the same query as the command does. */
const PLANNERS: Record<string, string> = {
  find: 'bson_aggregation_find',
  aggregate: 'bson_aggregation_pipeline',
  count: 'bson_aggregation_count',
  distinct: 'bson_aggregation_distinct',
  findAndModify: 'bson_aggregation_find',
  update: 'bson_aggregation_find',
  delete: 'bson_aggregation_find',
};

/** Asks PostgreSQL for its plan, and tells it in MongoDB's words as far as they go. */
export const explain: Command = async (request, gateway) => {
  const field = request.fields.get('explain');
  if (field?.type !== TYPE.document) throw new CommandError(14, 'explain needs a command');
  const inner = decode(request.body.subarray(field.start, field.end));
  const name = Object.keys(inner)[0] ?? '';
  const planner = PLANNERS[name];
  if (!planner) throw new CommandError(59, `explain does not know the command ${name}`);
  const verbosity = stringAt(request.body, request.fields.get('verbosity')) ?? 'allPlansExecution';
  const executes = verbosity !== 'queryPlanner';
  const command = planner === 'bson_aggregation_find' ? asFind(inner, name) : inner;
  if (name === 'aggregate') command.cursor ??= {};
  // A plan can only be asked for with the values written into the text; bytes are written as hex.
  const spec = `'BSONHEX${Buffer.from(serialize(command)).toString('hex')}'::documentdb_core.bson`;
  const database = `'${request.database.replaceAll("'", "''")}'`;
  const options = executes ? 'FORMAT JSON, ANALYZE' : 'FORMAT JSON';
  const [row] = await gateway.pool.queryOnce(
    `EXPLAIN (${options}) SELECT document FROM documentdb_api_catalog.${planner}(${database}, ${spec})`,
  );
  const [plan] = JSON.parse(String(row?.[0])) as [{ Plan: PlanNode; 'Execution Time'?: number }];
  const namespace = `${request.database}.${String(inner[name])}`;
  const queryPlanner = {
    namespace,
    winningPlan: winningPlan(plan.Plan, sortsById(command)),
    rejectedPlans: [],
  };
  const reply: Document = { explainVersion: '1', queryPlanner };
  if (executes) {
    reply.executionStats = {
      executionSuccess: true,
      executionTimeMillis: Math.round(plan['Execution Time'] ?? 0),
      ...scanTotals(plan.Plan),
    };
  }
  return {
    ...reply,
    command: inner,
    serverInfo: { version: VERSION, gitVersion: 'documentdb-gateway' },
    ok: 1,
  };
};

/** A write is planned as the search for the documents that it is about. */
function asFind(inner: Document, name: string): Document {
  if (name === 'find') return inner;
  const operation = (name === 'findAndModify' ? inner : (inner.updates ?? inner.deletes)?.[0]) as
    | Document
    | undefined;
  const find: Document = { find: inner[name], filter: operation?.q ?? operation?.query ?? {} };
  if (operation?.sort) find.sort = operation.sort;
  if (operation?.hint) find.hint = operation.hint;
  return find;
}

function sortsById(command: Document): boolean {
  const stages = (command.pipeline ?? []) as Document[];
  const sorts = [command.sort, ...stages.map(stage => stage.$sort)].filter(Boolean) as Document[];
  return sorts.some(sort => Object.keys(sort)[0] === '_id');
}
