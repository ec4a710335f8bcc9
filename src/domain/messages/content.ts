import { invalid } from '../errors.ts';
import type { Card } from '../model.ts';

/** Longest `meta` of a message or room, as JSON, in characters. */
export const MAX_META = 8_192;
const MAX_DEPTH = 8;
const OPERATOR = /^\$|\.|\0|^__proto__$|^_bsontype$/;
const WEB_URL = /^https?:\/\/[^\s]+$/i;
const ANY_SCHEME = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/|(?:javascript|data|vbscript|file|blob|about):)/i;
/** Browsers drop control characters in an address, and spaces before it: they must not hide its scheme. */
// oxlint-disable-next-line no-control-regex
const hasScheme = (text: string): boolean => ANY_SCHEME.test(text.replace(/[\u0000-\u001f]/g, ''));
const URL_KEY = /(?:url|href|link|src|image)$/i;

/** A text as it is stored: well-formed Unicode, 1 to `max` code points, not only white space. */
export function cleanText(text: string, max: number, field = 'data.content'): string {
  const clean = text.toWellFormed();
  if (clean.trim() === '') throw invalid(`${field} must not be empty`);
  if (clean.length > max && (clean.length > max * 2 || [...clean].length > max)) {
    throw invalid(`${field} must not have more than ${max} characters`);
  }
  return clean;
}

/**
 * Free-form data of a client: plain JSON, no keys that a database could take for an operator, bounded in size and
 * depth. `event` is the engine's own key and is dropped.
 */
export function cleanMeta(
  meta: Record<string, unknown> | null | undefined,
  field = 'meta',
): Record<string, unknown> | null {
  if (!meta) return null;
  checkPlain(meta, field, 0);
  if (JSON.stringify(meta).length > MAX_META)
    throw invalid(`${field} must not be larger than ${MAX_META} characters`);
  const { event: _, ...rest } = meta;
  return rest;
}

/** Plain JSON all the way down, with keys that a database takes literally. */
export function checkPlain(value: unknown, field: string, depth = 0): void {
  if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return;
  if (typeof value !== 'object' || Buffer.isBuffer(value)) throw invalid(`${field} must be plain JSON`);
  if (depth > MAX_DEPTH) throw invalid(`${field} must not be nested deeper than ${MAX_DEPTH}`);
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && OPERATOR.test(key)) throw invalid(`${field} has a key that is not allowed`);
    checkPlain(inner, field, depth + 1);
  }
}

/** The address of something on the web: http or https, or (empty) none. Anything else is refused. */
export function cleanUrl(url: string | null | undefined, field: string): string | null {
  if (url === undefined || url === null || url === '') return null;
  if (hasScheme(url) && !WEB_URL.test(url)) throw invalid(`${field} must be an http or https address`);
  return url;
}

/** A card: every URL in it is http or https, its values are plain data. */
export function cleanCard(card: Card): Card {
  checkPlain(card, 'rawData');
  checkUrls(card, 'rawData', '');
  if (JSON.stringify(card).length > MAX_META) {
    throw invalid(`rawData must not be larger than ${MAX_META} characters`);
  }
  return card;
}

function checkUrls(value: unknown, field: string, key: string): void {
  if (typeof value === 'string') {
    const isAddress = hasScheme(value) || (URL_KEY.test(key) && value !== '');
    if (isAddress && !WEB_URL.test(value)) throw invalid(`${field} must be an http or https address`);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    checkUrls(inner, `${field}.${name}`, Array.isArray(value) ? key : name);
  }
}
