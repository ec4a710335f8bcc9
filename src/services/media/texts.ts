import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { TextDecoder } from 'node:util';

/** Bytes that have to be text for the whole file to count as text. */
const LOOK = 1024 * 1024;
const CHUNK = 64 * 1024;

/** Names of texts that are no UTF-8: old Korean ones. */
const TEXT_NAMES = ['.txt', '.csv', '.log', '.srt', '.smi', '.md'];

/** What only the name tells, for texts. */
const BY_NAME: Record<string, string> = { '.csv': 'text/csv', '.md': 'text/markdown' };

/** First elements by which browsers know HTML. */
const HTML =
  /^(html|head|body|script|style|title|meta|link|iframe|table|div|br|p|a|b|h1|font|img|object|embed|form)$/;

/** The mime type of a text, with its charset; null when the file is no text. Reads 1 MiB at most. */
export async function textType(path: string, name: string): Promise<string | null> {
  const file = await open(path);
  try {
    const first = Buffer.alloc(CHUNK);
    let { bytesRead } = await file.read(first, 0, CHUNK, 0);
    if (bytesRead === 0) return null;
    const charsets = charsetsFor(first.subarray(0, bytesRead), name);
    let texts = charsets.map(charset => new Text(charset));
    const chunk = Buffer.alloc(CHUNK);
    first.copy(chunk);
    for (let at = 0; bytesRead > 0 && at < LOOK && texts.length > 0; at += bytesRead) {
      if (at > 0) ({ bytesRead } = await file.read(chunk, 0, CHUNK, at));
      texts = texts.filter(text => text.isText(chunk.subarray(0, bytesRead), bytesRead === 0));
    }
    const [text] = texts;
    return text ? typeOf(text, name) : null;
  } finally {
    await file.close();
  }
}

function charsetsFor(head: Buffer, name: string): string[] {
  if (head[0] === 0xff && head[1] === 0xfe) return ['utf-16le'];
  if (head[0] === 0xfe && head[1] === 0xff) return ['utf-16be'];
  return TEXT_NAMES.includes(extname(name).toLowerCase()) ? ['utf-8', 'euc-kr'] : ['utf-8'];
}

function typeOf(text: Text, name: string): string {
  const markup = markupType(text.head);
  if (markup && markup !== 'text/html') return markup;
  const type = markup ?? BY_NAME[extname(name).toLowerCase()] ?? 'text/plain';
  return `${type}; charset=${text.charset}`;
}

/** A text as it is read: whether all so far is text, and its beginning. */
class Text {
  readonly charset: string;
  head = '';
  readonly #decoder: TextDecoder;

  constructor(charset: string) {
    this.charset = charset;
    this.#decoder = new TextDecoder(charset, { fatal: true });
  }

  isText(bytes: Buffer, isEnd: boolean): boolean {
    try {
      const text = this.#decoder.decode(bytes, { stream: !isEnd });
      if (this.head.length < CHUNK) this.head += text;
      return !hasControls(text);
    } catch {
      // Not of this charset: that is the question, and this the answer.
      return false;
    }
  }
}

/** Control characters that no text has (tab, line ends, form feed and escape may be). */
function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 ? code < 9 || (code > 13 && code !== 27) || code === 11 : code === 127) return true;
  }
  return false;
}

/** What markup a text is, by its first element; null for other texts. Goes over the text once. */
export function markupType(text: string): 'image/svg+xml' | 'text/html' | 'application/xml' | null {
  let at = 0;
  let isXml = false;
  for (;;) {
    while (at < text.length && text[at]!.trim() === '') at++;
    if (text[at] !== '<') return isXml ? 'application/xml' : null;
    const end = endOfProlog(text, at);
    if (end === null) break;
    const start = text.slice(at, at + 14).toLowerCase();
    if (start === '<!doctype html') return 'text/html';
    isXml ||= start.startsWith('<?xml') || start.startsWith('<!doctype');
    at = end;
  }
  const element = /^<([a-z][a-z0-9]*:)?([a-z][a-z0-9]*)[\s/>]/i.exec(text.slice(at, at + 100));
  const name = element?.[2]!.toLowerCase();
  if (name === 'svg') return 'image/svg+xml';
  if (name !== undefined && HTML.test(name) && !element![1]) return 'text/html';
  return isXml ? 'application/xml' : null;
}

/** Where a comment, an instruction or a doctype ends that begins here; null when none begins here. */
function endOfProlog(text: string, at: number): number | null {
  const after = (mark: string) => {
    const end = text.indexOf(mark, at);
    return end < 0 ? text.length : end + mark.length;
  };
  if (text.startsWith('<!--', at)) return after('-->');
  if (text.startsWith('<?', at)) return after('?>');
  if (!/^<!doctype/i.test(text.slice(at, at + 9))) return null;
  const [bracket, close] = [text.indexOf('[', at), text.indexOf('>', at)];
  return bracket >= 0 && bracket < close ? after(']>') : after('>');
}
