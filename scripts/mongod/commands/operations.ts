import type { Document } from 'bson';
import { fieldsOf, stringAt, truthAt, TYPE, type Field } from '../bson-peek.ts';
import { decode, type Request } from '../wire.ts';

/** The operations of a write command, wherever they came: in a document sequence or in the command. */

const LISTS: Record<string, string> = { insert: 'documents', update: 'updates', delete: 'deletes' };

export interface Operations {
  /** The bytes that hold them, and where each one starts in there. */
  bytes: Buffer;
  starts: number[];
  inSequence: boolean;
}

export function sequenceOf(request: Request): Buffer | null {
  return request.sequences.get(LISTS[request.name] ?? '') ?? null;
}

export function operationsOf(request: Request): Operations {
  const sequence = sequenceOf(request);
  const starts: number[] = [];
  if (sequence) {
    for (let at = 0; at + 4 < sequence.length; at += sequence.readInt32LE(at)) starts.push(at);
    return { bytes: sequence, starts, inSequence: true };
  }
  const list = request.fields.get(LISTS[request.name] ?? '');
  if (list?.type === TYPE.array) {
    for (const field of fieldsOf(request.body, list.start)) starts.push(field.start);
  }
  return { bytes: request.body, starts, inSequence: false };
}

export function operationAt(request: Request, index: number): Document {
  const { bytes, starts } = operationsOf(request);
  const start = starts[index];
  return start === undefined ? {} : decode(bytes.subarray(start, start + bytes.readInt32LE(start)));
}

/** The "upsert: true" of each operation that has it. */
export function upsertsOf({ bytes, starts }: Operations): Field[] {
  const found: Field[] = [];
  for (const start of starts) {
    for (const field of fieldsOf(bytes, start)) {
      if (field.name === 'upsert' && truthAt(bytes, field)) found.push(field);
    }
  }
  return found;
}

/** Whether the command may change several documents, and so hold the lock of one while it waits for another. */
export function changesMany({ bytes, starts }: Operations): boolean {
  if (starts.length !== 1) return true;
  for (const field of fieldsOf(bytes, starts[0])) {
    if (field.name === 'multi' && truthAt(bytes, field)) return true;
    if (field.name === 'limit' && !truthAt(bytes, field)) return true;
  }
  return false;
}

/** The same bytes with this "upsert" turned off; none when it is not a plain boolean. */
export function withoutUpsert(bytes: Buffer, upsert: Field): Buffer | undefined {
  if (upsert.type !== TYPE.bool) return undefined;
  const copy = Buffer.from(bytes);
  copy[upsert.start] = 0;
  return copy;
}

export function namespaceOf(request: Request): { database: string; collection: string } {
  const collection = stringAt(request.body, request.fields.get(request.name)) ?? '';
  return { database: request.database, collection };
}

/** Where the values of a key that was there twice are found: what the operation would have written. */
export function sourcesOf(operation: Document, name: string): Document[] {
  if (name === 'insert') return [operation];
  const update = (operation.u ?? operation.update ?? {}) as Document;
  const stages: Document[] = Array.isArray(update) ? update : [update];
  const written = stages.flatMap(stage => [stage.$set, stage.$setOnInsert, stage.$addFields, stage]);
  return [...written, operation.q ?? operation.query].filter(
    (source): source is Document => typeof source === 'object' && source !== null,
  );
}

/**
 * Two upserts at once may both find nothing and both insert; the later one is then run again and finds
 * the document. As in MongoDB this holds when the filter names every field of the unique index.
 */
export function isUpsertByKey(operation: Document, keyPattern: Document): boolean {
  const filter = (operation.q ?? operation.query ?? {}) as Document;
  const upsert = operation.upsert as unknown;
  return Boolean(upsert) && Object.keys(keyPattern).every(path => isPlainValue(filter[path]));
}

function isPlainValue(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'object' || value === null) return true;
  return '_bsontype' in value || !Object.keys(value)[0]?.startsWith('$');
}
