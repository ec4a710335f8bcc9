/** Syllables of Hangul and their letters (jamo), as code points. */

const FIRST = 0xac00;
const LAST = 0xd7a3;
const VOWELS = 21;
const FINALS = 28;

const INITIAL_LETTERS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const VOWEL_LETTERS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ';
const FINAL_LETTERS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';

const indexOf = (letters: string) => new Map([...letters].map((letter, i) => [letter.codePointAt(0)!, i]));
const initials = indexOf(INITIAL_LETTERS);
const vowels = indexOf(VOWEL_LETTERS);
const finals = indexOf(FINAL_LETTERS);
finals.delete(0x20);

/** Two letters that are written as one: in the middle, and at the end of a syllable. */
const pairs = new Map(
  [
    ...['ㅗㅏㅘ', 'ㅗㅐㅙ', 'ㅗㅣㅚ', 'ㅜㅓㅝ', 'ㅜㅔㅞ', 'ㅜㅣㅟ', 'ㅡㅣㅢ'],
    ...[
      'ㄱㅅㄳ',
      'ㄴㅈㄵ',
      'ㄴㅎㄶ',
      'ㄹㄱㄺ',
      'ㄹㅁㄻ',
      'ㄹㅂㄼ',
      'ㄹㅅㄽ',
      'ㄹㅌㄾ',
      'ㄹㅍㄿ',
      'ㄹㅎㅀ',
      'ㅂㅅㅄ',
    ],
  ].map(([a, b, both]) => [a! + b!, both!.codePointAt(0)!]),
);

export const isSyllable = (code: number): boolean => code >= FIRST && code <= LAST;
export const isVowel = (code: number): boolean => code >= 0x314f && code <= 0x3163;
/** A letter by itself, as keyboards write it. */
export const isLetter = (code: number): boolean => code >= 0x3131 && code <= 0x3163;
export const isOpen = (code: number): boolean => isSyllable(code) && (code - FIRST) % FINALS === 0;
export const canEnd = (code: number): boolean => finals.has(code);

/** The two letters as one, or 0. */
export const joined = (a: number, b: number): number =>
  pairs.get(String.fromCodePoint(a) + String.fromCodePoint(b)) ?? 0;

/** The syllable of a consonant and a vowel, or 0 where they make none. */
export function syllable(initial: number, vowel: number): number {
  const [i, v] = [initials.get(initial), vowels.get(vowel)];
  return i === undefined || v === undefined ? 0 : FIRST + (i * VOWELS + v) * FINALS;
}

/** An open syllable with something at its end. */
export const closed = (open: number, final: number): number => open + finals.get(final)!;

/** The letter of the vowel of an open syllable. */
export const vowelOf = (open: number): number =>
  VOWEL_LETTERS.codePointAt(Math.floor((open - FIRST) / FINALS) % VOWELS)!;

/** Whether an open syllable is a vowel alone (이), which is written to draw the one before it out. */
export const isBareVowel = (code: number): boolean =>
  isOpen(code) && Math.floor((code - FIRST) / FINALS / VOWELS) === initials.get('ㅇ'.codePointAt(0)!);

/** Letters of the block that Unicode composes -> as keyboards write them. */
export function asLetter(code: number): number {
  if (code >= 0x1100 && code <= 0x1112) return INITIAL_LETTERS.codePointAt(code - 0x1100)!;
  if (code >= 0x1161 && code <= 0x1175) return VOWEL_LETTERS.codePointAt(code - 0x1161)!;
  if (code >= 0x11a8 && code <= 0x11c2) return FINAL_LETTERS.codePointAt(code - 0x11a7)!;
  return code;
}
