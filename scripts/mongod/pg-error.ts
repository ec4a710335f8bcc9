/** An error that PostgreSQL reported. */
export class PostgresError extends Error {
  readonly sqlState: string;
  readonly detail: string | undefined;
  readonly constraint: string | undefined;

  constructor(fields: Map<string, string>) {
    super(fields.get('M') ?? 'unknown error of postgres');
    this.name = 'PostgresError';
    this.sqlState = fields.get('C') ?? 'XX000';
    this.detail = fields.get('D');
    this.constraint = fields.get('n');
  }
}

/** The fields of an error message: one letter each, then its text, closed by zeros. */
export function parseErrorFields(payload: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < payload.length && payload[at] !== 0;) {
    const end = payload.indexOf(0, at + 1);
    fields.set(String.fromCharCode(payload[at] ?? 0), payload.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return fields;
}
