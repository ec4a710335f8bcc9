import { LinkifyIt } from 'linkify-it';
import type { MessageData } from '../model.ts';

/** Addresses of one message that are kept, and the longest of them in characters. */
const MAX_LINKS = 20;
const MAX_LENGTH = 2_048;
/** Words that are looked at, and how often the end of an address is: for hostile texts. */
const MAX_WORDS = 300;
const MAX_TAILS = 8;

const finder = new LinkifyIt({ fuzzyLink: true, fuzzyEmail: false, fuzzyIP: false });
// It builds its patterns at the first use, which takes long enough to be felt by everybody connected.
finder.match('https://a.kr b.kr');

/** A Korean particle that follows a bare domain is a letter to anybody who does not know it: it is set apart. */
const GLUED = /(\.[a-z]{2,24})(?=[\u3131-\u318e\uac00-\ud7a3])/gi;
const PUNCTUATION = /[.,!?:;'"‘’“”…。，、·」』】》〉]+$/u;
const HANGUL = /[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+$/u;
/** Behind these a word of an address begins, so that Hangul there may be a part of it. */
const OPENS_A_WORD = /[/=?&#_+-]$/;
const PARTICLE =
  /^(?:[은는이가을를에의로와과도만요야임]|에서|에게|에는|에도|으로|이랑|까지|부터|처럼|보다|이나|라고|이라고|입니다|이에요|예요|에요)$/;

/**
 * The web addresses in a TEXT, in their order, each once: http and https only, bare domains as https. What a Korean
 * sentence hangs on an address (particles, brackets, quotes, full stops) is no part of it. A card has none: its
 * addresses are in its fields.
 */
export function linksOf({ type, content: { text } }: MessageData): string[] {
  if (type !== 'TEXT' || text === undefined || !text.includes('.')) return [];
  const found = new Set<string>();
  const words = text.replace(GLUED, '$1 ').split(/\s+/);
  const promising = words.filter(word => word.includes('.')).slice(0, MAX_WORDS);
  for (const { schema, raw } of promising.flatMap(word => finder.match(word) ?? [])) {
    const link = cleaned(schema, raw);
    if (link !== null) found.add(link);
    if (found.size === MAX_LINKS) break;
  }
  return [...found];
}

function cleaned(schema: string, raw: string): string | null {
  if ((schema !== '' && !/^https?:$/i.test(schema)) || raw.length > MAX_LENGTH) return null;
  const trimmed = withoutTail(raw);
  const link = schema === '' ? `https://${trimmed}` : trimmed;
  return URL.canParse(link) && new URL(link).hostname.includes('.') ? link : null;
}

function withoutTail(raw: string): string {
  let link = raw;
  for (let i = 0; i < MAX_TAILS; i++) {
    let shorter = link.replace(PUNCTUATION, '');
    const [tail = ''] = HANGUL.exec(shorter) ?? [];
    const rest = shorter.slice(0, shorter.length - tail.length);
    if (tail !== '' && (!OPENS_A_WORD.test(rest) || PARTICLE.test(tail))) shorter = rest;
    if (shorter === link) break;
    link = shorter;
  }
  return link;
}
