/**
 * Reads single values out of BSON without decoding it: documents go through the gateway as bytes,
 * and all it needs to know is the command's name and a few top-level options.
 */

export interface Field {
  name: string;
  type: number;
  /** Where the value starts, and where it ends. */
  start: number;
  end: number;
}

export const TYPE = { double: 1, string: 2, document: 3, array: 4, bool: 8, int: 16, long: 18 } as const;

/** Sizes of the values whose length is fixed. */
const FIXED: Record<number, number> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
};

function valueEnd(bytes: Buffer, type: number, start: number): number {
  const fixed = FIXED[type];
  if (fixed !== undefined) return start + fixed;
  switch (type) {
    case 0x02:
    case 0x0d:
    case 0x0e:
      return start + 4 + bytes.readInt32LE(start);
    case 0x03:
    case 0x04:
    case 0x0f:
      return start + bytes.readInt32LE(start);
    case 0x05:
      return start + 5 + bytes.readInt32LE(start);
    case 0x0b:
      return bytes.indexOf(0, bytes.indexOf(0, start) + 1) + 1;
    case 0x0c:
      return start + 4 + bytes.readInt32LE(start) + 12;
    default:
      throw new Error(`BSON type ${type} is unknown`);
  }
}

/** The fields of the document that starts at `at`, in order. */
export function* fieldsOf(bytes: Buffer, at = 0): Generator<Field> {
  const stop = at + bytes.readInt32LE(at) - 1;
  let position = at + 4;
  while (position < stop) {
    const type = bytes[position] ?? 0;
    const nameEnd = bytes.indexOf(0, position + 1);
    const name = bytes.toString('utf8', position + 1, nameEnd);
    const end = valueEnd(bytes, type, nameEnd + 1);
    if (end > stop) throw new Error('BSON document is cut off');
    yield { name, type, start: nameEnd + 1, end };
    position = end;
  }
}

export function stringAt(bytes: Buffer, field: Field | undefined): string | undefined {
  if (field?.type !== TYPE.string) return undefined;
  return bytes.toString('utf8', field.start + 4, field.end - 1);
}

export function numberAt(bytes: Buffer, field: Field | undefined): number | undefined {
  if (field?.type === TYPE.int) return bytes.readInt32LE(field.start);
  if (field?.type === TYPE.double) return bytes.readDoubleLE(field.start);
  if (field?.type === TYPE.long) return Number(bytes.readBigInt64LE(field.start));
  return undefined;
}

export function longAt(bytes: Buffer, field: Field | undefined): bigint | undefined {
  if (field?.type === TYPE.long) return bytes.readBigInt64LE(field.start);
  const number = numberAt(bytes, field);
  return number === undefined ? undefined : BigInt(number);
}

export function truthAt(bytes: Buffer, field: Field | undefined): boolean {
  if (field?.type === TYPE.bool) return bytes[field.start] === 1;
  return (numberAt(bytes, field) ?? 0) !== 0;
}
