import { Automaton } from './automaton.ts';
import { isDigit, readingsOf, symbolsOf, type Reading } from './normalise.ts';

export const WORD_MODES = ['block', 'mask', 'allow'] as const;
export type WordMode = (typeof WORD_MODES)[number];

/** A banned word, or (`allow`) a word inside which banned ones do no harm: 시발점. */
export interface Word {
  word: string;
  mode: WordMode;
}

/** A banned word in a text: a piece of it, in UTF-16 units. */
export interface Hit {
  from: number;
  to: number;
  mode: 'block' | 'mask';
}

/** Words that are the same to the matcher have the same key; '' where nothing of a word is a letter or a digit. */
export const keyOf = (word: string): string => String.fromCodePoint(...symbolsOf(word));

/**
 * Finds banned words in texts, however they are dressed up (`normalise.ts`). Between words of a text nothing is found
 * that begins or ends inside one of them: 다시 발표 is not 시발, 시 발 is. Words that were entered with a space may
 * end inside one. Built once for a list; a list without banned words costs nothing.
 */
export class WordMatcher {
  readonly isEmpty: boolean;
  readonly #modes: WordMode[];
  readonly #hasSpaces: boolean[];
  readonly #hasDigits: boolean;
  readonly #automaton: Automaton;

  constructor(words: readonly Word[]) {
    const all = words
      .map(({ word, mode }) => ({ symbols: symbolsOf(word), mode, hasSpaces: /\S\s+\S/u.test(word) }))
      .filter(({ symbols }) => symbols.length > 0);
    this.isEmpty = all.every(({ mode }) => mode === 'allow');
    this.#modes = all.map(({ mode }) => mode);
    this.#hasSpaces = all.map(({ hasSpaces }) => hasSpaces);
    this.#hasDigits = all.some(({ symbols }) => symbols.some(isDigit));
    this.#automaton = new Automaton(this.isEmpty ? [] : all.map(({ symbols }) => symbols));
  }

  /** The banned words in a text that do not lie inside an allowed one; in no order, some may overlap. */
  hits(text: string): Hit[] {
    if (this.isEmpty) return [];
    const banned: Hit[] = [];
    const allowed: { from: number; to: number }[] = [];
    for (const reading of readingsOf(text, this.#hasDigits)) {
      this.#automaton.scan(reading.symbols, reading.symbols.length, (end, length, word) => {
        const start = end - length + 1;
        if (!isWhole(reading, start, end, this.#hasSpaces[word]!)) return;
        const place = { from: reading.from[start]!, to: reading.to[end]! };
        const mode = this.#modes[word]!;
        if (mode === 'allow') allowed.push(place);
        else banned.push({ ...place, mode });
      });
    }
    if (allowed.length === 0 || banned.length === 0) return banned;
    const starts = startsOf(allowed, text.length);
    return banned.filter(({ from, to }) => starts[to]! > from);
  }
}

/** Whether symbols `start` to `end` are a word of the text, and not the seam of two, or a piece of a number. */
function isWhole(reading: Reading, start: number, end: number, hasSpaces: boolean): boolean {
  const { symbols, from, to, gaps, written } = reading;
  const isInNumber = (a: number, b: number) =>
    symbols[a] !== undefined &&
    symbols[b] !== undefined &&
    isDigit(symbols[a]) &&
    isDigit(symbols[b]) &&
    to[a] === from[b];
  if (isInNumber(start - 1, start) || isInNumber(end, end + 1)) return false;
  // Digits that are read as letters make no word alone: 010-4554 says nothing.
  const isWord = written[end]! - (start > 0 ? written[start - 1]! : 0) > 0 || isDigit(symbols[start]!);
  if (!isWord) return false;
  if (gaps[start] === gaps[end]) return true;
  return reading.opens[start]! && (hasSpaces || reading.closes[end]!);
}

/** For each place of the text: where the earliest of the pieces begins that end there or later. */
function startsOf(pieces: readonly { from: number; to: number }[], length: number): Int32Array {
  const starts = new Int32Array(length + 1).fill(length + 1);
  for (const { from, to } of pieces) starts[to] = Math.min(starts[to]!, from);
  for (let i = length - 1; i >= 0; i--) starts[i] = Math.min(starts[i]!, starts[i + 1]!);
  return starts;
}

/** Whether a text is the other one, with or without stars in it. */
export function isMaskOf(shown: string, text: string): boolean {
  const [left, right] = [[...shown], [...text]];
  return left.length === right.length && left.every((one, i) => one === right[i] || one === '*');
}

/** A text with stars in the place of these pieces; white space stays. */
export function masked(text: string, pieces: readonly { from: number; to: number }[]): string {
  let result = '';
  let at = 0;
  for (const { from, to } of pieces.toSorted((a, b) => a.from - b.from)) {
    if (to <= at) continue;
    const start = Math.max(at, from);
    result += text.slice(at, start) + text.slice(start, to).replace(/\S/gu, '*');
    at = to;
  }
  return result + text.slice(at);
}
