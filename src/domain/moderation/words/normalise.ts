import * as hangul from './hangul.ts';

/**
 * A text as words are looked for in it: letters only, each with the piece of the text that it came from. What people
 * put between or around letters to hide a word (spaces, digits, marks, invisible characters), other widths and cases,
 * and Hangul taken apart into its letters make no difference.
 */
export interface Reading {
  /** Code points. */
  symbols: number[];
  /** Where the piece of each begins in the text, and where it ends (UTF-16 units). */
  from: number[];
  to: number[];
  /** Nothing of the word that it is in comes before it. */
  opens: boolean[];
  /** No letter of the word that it is in comes after it. */
  closes: boolean[];
  /** White space up to here. */
  gaps: number[];
  /** Letters as they were written (not read out of digits and marks) up to here. */
  written: number[];
}

/** A letter, a digit or a mark that looks like a letter, before it is decided what it is read as. */
interface Piece {
  symbol: number;
  from: number;
  to: number;
  /** White space stands before it. */
  spaced: boolean;
}

/** What else a digit or mark is read as. */
const LEET = new Map(
  Object.entries({ 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's' }).map(
    ([mark, letter]) => [mark.codePointAt(0)!, letter.codePointAt(0)!],
  ),
);
/** Letters that show nothing: the fillers of Hangul. */
const FILLERS = new Set([0x115f, 0x1160, 0x3164]);
/** A letter with the marks that belong to it, or the letters of one syllable: what is composed together. */
const CLUSTER = /[\u1100-\u115f]+[\u1160-\u11ff]*|[\s\S]\p{M}*/uy;
const LETTER = /\p{L}/u;
const SPACE = /\s/u;

export const isDigit = (symbol: number): boolean => symbol >= 0x30 && symbol <= 0x39;
const isMark = (symbol: number): boolean => symbol === 0x40 || symbol === 0x24;

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let spaced = false;
  const add = (symbol: number, from: number, to: number) => {
    pieces.push({ symbol, from, to, spaced });
    spaced = false;
  };
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    // Nearly everything is a syllable or ASCII, with nothing behind it that could belong to it.
    if ((code < 0x80 || hangul.isSyllable(code)) && isPlain(text.charCodeAt(at + 1))) {
      const symbol = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
      if (symbol >= 0x80 || (symbol >= 0x61 && symbol <= 0x7a) || isDigit(symbol) || isMark(symbol))
        add(symbol, at, at + 1);
      else if (symbol === 0x20 || (symbol >= 0x09 && symbol <= 0x0d)) spaced = true;
      at++;
      continue;
    }
    CLUSTER.lastIndex = at;
    const end = at + (CLUSTER.exec(text)?.[0] ?? text[at]!).length;
    for (const character of text.slice(at, end).normalize('NFKC').toLowerCase()) {
      const symbol = hangul.asLetter(character.codePointAt(0)!);
      const isLetter = LETTER.test(character) && !FILLERS.has(symbol);
      if (isLetter || isDigit(symbol) || isMark(symbol)) add(symbol, at, end);
      else if (SPACE.test(character)) spaced = true;
    }
    at = end;
  }
  return pieces;
}

/** Not a mark or a letter of a syllable that belongs to what stands before it (nor the end of the text: NaN). */
const isPlain = (code: number): boolean =>
  !(code >= 0x300) || hangul.isSyllable(code) || hangul.isLetter(code);

type Kind = 'letters' | 'leet' | 'digits';

/** One way to read the pieces: digits and marks dropped, read as letters, or (digits) kept. */
function readAs(pieces: readonly Piece[], kind: Kind): Reading {
  const reading: Reading = { symbols: [], from: [], to: [], opens: [], closes: [], gaps: [], written: [] };
  let gaps = 0;
  let written = 0;
  let spacedSince = true;
  pieces.forEach(({ symbol, from, to, spaced }, i) => {
    if (spaced) {
      gaps++;
      spacedSince = true;
    }
    const isLetter = !isDigit(symbol) && !isMark(symbol);
    const read = isLetter
      ? symbol
      : kind === 'leet'
        ? LEET.get(symbol)
        : isDigit(symbol) && kind === 'digits' && symbol;
    if (!read) return;
    if (isLetter) written++;
    const last = reading.symbols.length - 1;
    if (last >= 0) reading.closes[last] = spacedSince;
    push(reading, { symbol: read, from, to, opens: spaced || i === 0, closes: true, gaps, written });
    spacedSince = false;
  });
  return reading;
}

interface Entry {
  symbol: number;
  from: number;
  to: number;
  opens: boolean;
  closes: boolean;
  gaps: number;
  written: number;
}

function push(reading: Reading, { symbol, from, to, opens, closes, gaps, written }: Entry): void {
  reading.symbols.push(symbol);
  reading.from.push(from);
  reading.to.push(to);
  reading.opens.push(opens);
  reading.closes.push(closes);
  reading.gaps.push(gaps);
  reading.written.push(written);
}

/** Symbols `from` to `to` (not included) of a reading as one symbol. */
const merged = (reading: Reading, from: number, to: number, symbol: number): Entry => ({
  symbol,
  from: reading.from[from]!,
  to: reading.to[to - 1]!,
  opens: reading.opens[from]!,
  closes: reading.closes[to - 1]!,
  gaps: reading.gaps[to - 1]!,
  written: reading.written[to - 1]!,
});

const empty = (): Reading => ({
  symbols: [],
  from: [],
  to: [],
  opens: [],
  closes: [],
  gaps: [],
  written: [],
});

/** Letters of Hangul that stand by themselves are put together as a keyboard would: ㅅㅣㅂㅏㄹ is 시발. */
function composed(reading: Reading): Reading {
  const { symbols } = reading;
  if (!symbols.some(hangul.isVowel)) return reading;
  const result = empty();
  for (let i = 0; i < symbols.length;) {
    const end =
      hangul.isLetter(symbols[i]!) && !hangul.isVowel(symbols[i]!) ? endOfSyllable(symbols, i) : null;
    push(result, merged(reading, i, end?.at ?? i + 1, end?.symbol ?? symbols[i]!));
    i = end?.at ?? i + 1;
  }
  return result;
}

/** The syllable that begins with the consonant at `i`, and where it ends. */
function endOfSyllable(symbols: readonly number[], i: number): { symbol: number; at: number } | null {
  let vowel = symbols[i + 1] ?? 0;
  let at = i + 2;
  const both = hangul.joined(vowel, symbols[at] ?? 0);
  if (hangul.isVowel(both)) {
    vowel = both;
    at++;
  }
  const open = hangul.syllable(symbols[i]!, vowel);
  if (open === 0) return null;
  const isFree = (k: number) => hangul.canEnd(symbols[k] ?? 0) && !hangul.isVowel(symbols[k + 1] ?? 0);
  if (!isFree(at)) return { symbol: open, at };
  const final = hangul.joined(symbols[at]!, symbols[at + 1] ?? 0);
  if (hangul.canEnd(final) && isFree(at + 1)) return { symbol: hangul.closed(open, final), at: at + 2 };
  return { symbol: hangul.closed(open, symbols[at]!), at: at + 1 };
}

/** ㅋ and ㅎ after a word are laughter, not a part of it. */
const LAUGHTER = new Set(['ㅋ', 'ㅎ'].map(letter => letter.codePointAt(0)!));

/** A consonant that stands behind an open syllable belongs to it: 시바ㄹ is 시발. Null where there is none. */
function attached(reading: Reading): Reading | null {
  const { symbols } = reading;
  const isTail = (i: number) =>
    hangul.isOpen(symbols[i - 1] ?? 0) && hangul.canEnd(symbols[i]!) && !LAUGHTER.has(symbols[i]!);
  if (!symbols.some((_, i) => isTail(i))) return null;
  const result = empty();
  for (let i = 0; i < symbols.length; i++) {
    const isHead = i + 1 < symbols.length && isTail(i + 1);
    const symbol = isHead ? hangul.closed(symbols[i]!, symbols[i + 1]!) : symbols[i]!;
    push(result, merged(reading, i, isHead ? i + 2 : i + 1, symbol));
    if (isHead) i++;
  }
  return result;
}

const LONG = 3;

/**
 * The same letter three times and more is `keep` times there, and a vowel that is drawn out (시이이발, 시ㅣ발) once.
 * Null where there is nothing of the kind.
 */
function shortened(reading: Reading, keep: 1 | 2): Reading | null {
  const { symbols } = reading;
  const result = empty();
  let isShorter = false;
  for (let i = 0; i < symbols.length;) {
    let end = i + 1;
    while (end < symbols.length && symbols[end] === symbols[i]) end++;
    const isLong = end - i >= LONG;
    const kept = isLong ? keep : end - i;
    for (let k = 1; k < kept; k++) push(result, merged(reading, i + k - 1, i + k, symbols[i]!));
    const tail = endOfDrawl(symbols, end);
    push(result, merged(reading, i + kept - 1, tail, symbols[i]!));
    isShorter ||= isLong || tail > end;
    i = tail;
  }
  return isShorter ? result : null;
}

/** Where the vowels end that draw out the one of the syllable before `from`. */
function endOfDrawl(symbols: readonly number[], from: number): number {
  const syllable = symbols[from - 1]!;
  if (!hangul.isOpen(syllable)) return from;
  const vowel = hangul.vowelOf(syllable);
  const isBare = (code: number) => hangul.isBareVowel(code) && hangul.vowelOf(code) === vowel;
  let end = from;
  let bare = 0;
  for (; end < symbols.length; end++) {
    if (symbols[end] === vowel) continue;
    if (!isBare(symbols[end]!)) break;
    bare++;
  }
  return bare === 1 ? from + symbols.slice(from, end).findIndex(isBare) : end;
}

/** All ways to read a text; `digits`: there are words with digits. The first is the plain one. */
export function readingsOf(text: string, digits: boolean): Reading[] {
  const pieces = piecesOf(text);
  const plain = composed(readAs(pieces, 'letters'));
  const readings = [plain];
  if (pieces.some(({ symbol }) => LEET.has(symbol))) readings.push(composed(readAs(pieces, 'leet')));
  const tails = attached(plain);
  if (tails) readings.push(tails);
  if (digits && pieces.some(({ symbol }) => isDigit(symbol)))
    readings.push(composed(readAs(pieces, 'digits')));
  const shorter = readings.flatMap(reading => {
    const once = shortened(reading, 1);
    return once ? [once, shortened(reading, 2)!] : [];
  });
  return [...readings, ...shorter];
}

/** A word as it is looked for: digits in it are a part of it, marks that look like letters are letters. */
export function symbolsOf(word: string): number[] {
  const pieces = piecesOf(word).map(piece => {
    const isLike = isMark(piece.symbol) && LEET.get(piece.symbol);
    return isLike ? { ...piece, symbol: isLike } : piece;
  });
  return composed(readAs(pieces, 'digits')).symbols;
}
