import { createHash } from 'node:crypto';
import { idFrom } from '../ids.ts';

const SECONDS = 8;

/**
 * The id of what a line of an import makes: the date, four bytes of the import, four of the line. It sorts by date, and
 * the same line makes the same id, however often an import is gone on with.
 */
export function idOfLine(importId: string, line: number, at: Date): string {
  const mark = createHash('sha256').update(importId).digest('hex').slice(0, 8);
  return idFrom(at).slice(0, SECONDS) + mark + line.toString(16).padStart(8, '0');
}

/** Where somebody else has that id: one with the same date and nothing else in common. */
export function otherId(id: string): string {
  return id.slice(0, SECONDS) + createHash('sha256').update(id).digest('hex').slice(0, 16);
}
