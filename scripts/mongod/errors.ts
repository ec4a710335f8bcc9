import { PostgresError } from './pg-error.ts';

/** MongoDB's error codes for what PostgreSQL and DocumentDB report. */

export class CommandError extends Error {
  readonly code: number;
  readonly extra: Record<string, unknown>;

  constructor(code: number, text: string, extra: Record<string, unknown> = {}) {
    super(text);
    this.code = code;
    this.extra = extra;
  }
}

export const DUPLICATE_KEY = 11000;

/**
 * DocumentDB numbers its errors in the order of MongoDB's codes: a SQLSTATE is "M" and that number in
 * base 36. Only the codes a client may act upon are listed; others become 1 (InternalError) or 2.
 */
const BY_STATE: Record<string, number> = {
  M0000: 1,
  M0001: 2,
  M0003: 9,
  M00ER: 13,
  M0004: 14,
  M0005: 15,
  M00DO: 16,
  M0006: 20,
  M00EW: 24,
  M0008: 26,
  M0009: 27,
  M000A: 28,
  M000C: 34,
  M000D: 40,
  M000E: 43,
  M000F: 48,
  M00EX: 50,
  M000G: 52,
  M000I: 54,
  M000J: 56,
  M000K: 57,
  M00EY: 59,
  M000M: 66,
  M000N: 67,
  M000O: 68,
  M000P: 72,
  M000Q: 73,
  M000R: 85,
  M000S: 86,
  M00F1: 112,
  M000U: 115,
  M00F2: 117,
  M00CO: 121,
  M000W: 146,
  M000Z: 166,
  M0010: 167,
  M0012: 197,
  M00F4: 201,
  M0013: 224,
  M0015: 241,
  M0016: 263,
  M0017: 276,
  M0018: 291,
  M001B: 10334,
  M001C: DUPLICATE_KEY,
  M001D: 12587,
  M003A: 17419,
  M003B: 17420,
  M007R: 40319,
  M007U: 40324,
  M0087: 40414,
  M0088: 40415,
  '23505': DUPLICATE_KEY,
  '23P01': DUPLICATE_KEY,
  '40001': 112,
  '40P01': 112,
  '53100': 14031,
  '54000': 10334,
  '55P03': 24,
  '57014': 50,
  '57P01': 91,
  '57P02': 91,
};

const NAMES: Record<number, string> = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  20: 'IllegalOperation',
  24: 'LockTimeout',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  50: 'MaxTimeMSExpired',
  52: 'DollarPrefixedFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  68: 'IndexAlreadyExists',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  91: 'ShutdownInProgress',
  112: 'WriteConflict',
  115: 'CommandNotSupported',
  121: 'DocumentValidationFailure',
  166: 'CommandNotSupportedOnView',
  263: 'OperationNotSupportedInTransaction',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
};

export function codeOfState(state: string): number {
  const code = BY_STATE[state];
  if (code !== undefined) return code;
  // The rest of DocumentDB's errors are complaints about what the client sent.
  return /^M00/.test(state) ? 2 : 1;
}

/** Inside documents DocumentDB gives a SQLSTATE as PostgreSQL packs it: six bits for each letter. */
export function codeOfPackedState(packed: number): number {
  let state = '';
  for (let i = 0; i < 5; i++) state += String.fromCharCode(((packed >> (6 * i)) & 0x3f) + 0x30);
  return /^[0-9A-Z]{5}$/.test(state) && packed > 0xffffff ? codeOfState(state) : packed;
}

export function codeName(code: number): string {
  return NAMES[code] ?? `Location${code}`;
}

/** Whether PostgreSQL undid the whole command because of others at work: it may simply be tried again. */
export function isConflict(error: unknown): boolean {
  return error instanceof PostgresError && (error.sqlState === '40P01' || error.sqlState === '40001');
}

export function errorReply(error: unknown): Record<string, unknown> {
  if (error instanceof CommandError) {
    return { ok: 0, errmsg: error.message, code: error.code, codeName: codeName(error.code), ...error.extra };
  }
  if (error instanceof PostgresError) {
    const code = codeOfState(error.sqlState);
    const errmsg = code === 50 ? 'operation exceeded time limit' : error.message;
    return { ok: 0, errmsg, code, codeName: codeName(code) };
  }
  return { ok: 0, errmsg: String((error as Error).message ?? error), code: 1, codeName: codeName(1) };
}
