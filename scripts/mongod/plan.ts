import type { Document } from 'bson';

/** PostgreSQL's plans in MongoDB's words. */

export interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Scan Direction'?: string;
  'Index Cond'?: string;
  indexName?: string;
  indexKey?: string;
  IndexDetails?: { indexName?: string; indexKey?: string; indexBounds?: unknown }[];
  Plans?: PlanNode[];
}

const STAGES: Record<string, string> = {
  Sort: 'SORT',
  'Incremental Sort': 'SORT',
  Limit: 'LIMIT',
  Aggregate: 'GROUP',
  Group: 'GROUP',
  BitmapOr: 'OR',
  Append: 'OR',
  'Merge Append': 'SORT_MERGE',
  BitmapAnd: 'AND_SORTED',
};

/**
 * PostgreSQL may read a whole collection through its _id index. Unless that gives the wanted order, it
 * is what MongoDB calls a collection scan.
 */
function readsWhole(node: PlanNode): boolean {
  return node['Index Name'] === '_id_' && !/object_id|document/.test(node['Index Cond'] ?? '');
}

const COLLSCAN = { stage: 'COLLSCAN', direction: 'forward' };

export function winningPlan(node: PlanNode, sortsById: boolean, key?: string): Document {
  const type = node['Node Type'];
  const ownKey = node.IndexDetails?.[0]?.indexKey ?? node.indexKey ?? key;
  const children = (node.Plans ?? []).map(child => winningPlan(child, sortsById, ownKey));
  if (type === 'Seq Scan' || type === 'Sample Scan') return COLLSCAN;
  if (type === 'Function Scan') return { stage: 'EOF' };
  if (/Index/.test(type) && !sortsById && readsWhole(node)) return COLLSCAN;
  if (type === 'Index Scan') return { stage: 'FETCH', inputStage: indexScan(node, ownKey) };
  if (type === 'Index Only Scan' || type === 'Bitmap Index Scan') return indexScan(node, ownKey);
  if (type === 'Bitmap Heap Scan' && children[0] === COLLSCAN) return COLLSCAN;
  if (type === 'Bitmap Heap Scan') return { stage: 'FETCH', ...inputs(children) };
  const stage = STAGES[type];
  if (stage) return { stage, ...inputs(children) };
  // Other nodes only pass rows on.
  return children.length === 1
    ? (children[0] as Document)
    : { stage: type.toUpperCase(), ...inputs(children) };
}

function inputs(children: Document[]): Document {
  return children.length > 1 ? { inputStages: children } : { inputStage: children[0] };
}

function indexScan(node: PlanNode, key: string | undefined): Document {
  const indexName = node['Index Name'] ?? node.indexName ?? '';
  const keyPattern = key ? parseKey(key) : indexName === '_id_' ? { _id: 1 } : undefined;
  const direction = node['Scan Direction'] === 'Backward' ? 'backward' : 'forward';
  return { stage: 'IXSCAN', indexName, ...(keyPattern && { keyPattern }), direction };
}

function parseKey(key: string): Document | undefined {
  try {
    return JSON.parse(key) as Document;
  } catch {
    return undefined;
  }
}

/** What was examined: rows that the scans gave out, and those they threw away. */
export function scanTotals(root: PlanNode): Document {
  let totalKeysExamined = 0;
  let totalDocsExamined = 0;
  const visit = (node: PlanNode): void => {
    const rows = (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 1);
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    const type = node['Node Type'];
    if (/^(Bitmap )?Index (Only )?Scan$/.test(type)) totalKeysExamined += rows + removed;
    if (/^(Seq|Index|Bitmap Heap) Scan$/.test(type)) totalDocsExamined += rows + removed;
    node.Plans?.forEach(visit);
  };
  visit(root);
  return { nReturned: root['Actual Rows'] ?? 0, totalKeysExamined, totalDocsExamined };
}
