import type { Readable } from 'node:stream';
import { invalid } from '../errors.ts';

/** Bytes of a line: as many as a body of the platform API. */
export const MAX_LINE = 4 * 1024 * 1024;
/** Nothing that a line may hold is nested deeper; more is refused before it is parsed. */
const MAX_NESTING = 32;
const [LF, QUOTE, BACKSLASH] = [0x0a, 0x22, 0x5c];
const OPENS = new Set([0x5b, 0x7b]);
const CLOSES = new Set([0x5d, 0x7d]);

/** A line as it stands in the file. */
export interface TextLine {
  /** 1 is the first. */
  line: number;
  /** Null: longer than `MAX_LINE`. */
  bytes: Buffer | null;
  /** Where the next line begins, in bytes. */
  end: number;
}

/** Lines of a stream that begins at byte `offset`, after `line` lines. The last one need not end. */
export async function* linesOf(
  body: Readable,
  from: { line: number; offset: number },
): AsyncGenerator<TextLine> {
  let { line, offset } = from;
  let parts: Buffer[] = [];
  let length = 0;
  const finish = (end: number): TextLine => {
    const bytes = length > MAX_LINE ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    return { line: ++line, bytes, end };
  };
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, start)) {
      length += at - start;
      if (length <= MAX_LINE) parts.push(chunk.subarray(start, at));
      start = at + 1;
      yield finish(offset + start);
    }
    length += chunk.length - start;
    // What is too long is not kept.
    if (length > MAX_LINE) parts = [];
    else if (start < chunk.length) parts.push(chunk.subarray(start));
    offset += chunk.length;
  }
  if (length > 0) yield finish(offset);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The JSON of a line; undefined for an empty one. Errors: INVALID_PAYLOAD. */
export function parseLine({ bytes }: TextLine): unknown {
  if (!bytes) throw invalid(`a line must not be longer than ${MAX_LINE} bytes`);
  if (isTooDeep(bytes)) throw invalid(`a line must not be nested deeper than ${MAX_NESTING}`);
  let text: string;
  try {
    text = decoder.decode(bytes).trim();
  } catch {
    throw invalid('the line is not UTF-8');
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('the line is not JSON');
  }
}

/** Looks at bytes only: all of these are one byte in UTF-8 and never a part of another character. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (OPENS.has(byte)) {
      if (++depth > MAX_NESTING) return true;
    } else if (CLOSES.has(byte)) depth--;
  }
  return false;
}

export interface TextPage {
  lines: TextLine[];
  line: number;
  offset: number;
}

const PAGE_LINES = 1_000;
const PAGE_BYTES = MAX_LINE;

/** Lines in pages of at most a thousand, or of some megabytes: what is written in one go. */
export async function* pagesOf(
  body: Readable,
  from: { line: number; offset: number },
): AsyncGenerator<TextPage> {
  let lines: TextLine[] = [];
  let size = 0;
  const take = (last: TextLine): TextPage => {
    const page = { lines, line: last.line, offset: last.end };
    lines = [];
    size = 0;
    return page;
  };
  for await (const line of linesOf(body, from)) {
    lines.push(line);
    size += line.bytes?.length ?? 0;
    if (lines.length >= PAGE_LINES || size >= PAGE_BYTES) yield take(line);
  }
  const last = lines.at(-1);
  if (last) yield take(last);
}
