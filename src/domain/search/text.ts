import type { Message } from '../model.ts';

/**
 * Texts as they are searched: composed (NFKC), lower case, without white space and what is not seen. A letter and its
 * marks are folded as one piece, so that every piece of the folded text is known in the original.
 */
const PIECE =
  /[\u1100-\u115f\ua960-\ua97c]+[\u1160-\u11a7\ud7b0-\ud7c6]+[\u11a8-\u11ff\ud7cb-\ud7fb]*\p{M}*|[\uac00-\ud7a3][\u11a8-\u11ff]*\p{M}*|[^][\p{M}\uff9e\uff9f]*/gu;
const UNSEEN = /[\s\p{Cc}\p{Cf}]+/gu;
/** Nothing to compose and nothing to fold together. */
const PLAIN = /^[ -~\uac00-\ud7a3\s]*$/u;

const foldPiece = (piece: string): string => piece.normalize('NFKC').toLowerCase().replace(UNSEEN, '');

/** The same for every spelling of a text that people take for the same. */
export function foldText(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase().replace(UNSEEN, '');
  return (text.match(PIECE) ?? []).map(foldPiece).join('');
}

export interface Span {
  /** UTF-16 positions. */
  start: number;
  length: number;
}

/** Highlights of one text at most. */
const MAX_SPANS = 50;

/** Where the (folded) keyword stands in a text, without overlaps. */
export function spansOf(text: string, wanted: string): Span[] {
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  let at = 0;
  for (const piece of text.match(PIECE) ?? []) {
    const plain = foldPiece(piece);
    for (let i = 0; i < plain.length; i++) {
      starts.push(at);
      ends.push(at + piece.length);
    }
    folded += plain;
    at += piece.length;
  }
  const spans: Span[] = [];
  for (let i = folded.indexOf(wanted); i >= 0 && spans.length < MAX_SPANS;) {
    const start = starts[i]!;
    spans.push({ start, length: ends[i + wanted.length - 1]! - start });
    i = folded.indexOf(wanted, i + wanted.length);
  }
  return spans;
}

/** What of a message is searched: each text with its place in `content`, such as `text` or `files.0.name`. */
export function textsOf({ data, deleted }: Message): { field: string; text: string }[] {
  if (deleted || data.type === 'ADMIN') return [];
  const { text, rawData: card, files = [] } = data.content;
  const texts = [
    { field: 'text', text },
    ...files.map(({ name }, i) => ({ field: `files.${i}.name`, text: name })),
    { field: 'rawData.text', text: card?.text },
    { field: 'rawData.link.name', text: card?.link?.name },
    ...(card?.buttons ?? []).map(({ title }, i) => ({ field: `rawData.buttons.${i}.title`, text: title })),
  ];
  return texts.flatMap(({ field, text: some }) => (some ? [{ field, text: some }] : []));
}
