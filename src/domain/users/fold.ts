/** A name as it is searched: composed, lower case, without white space. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');

const FIRST_INITIAL = 0x1100;
const LAST_INITIAL = 0x1112;
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
/** Syllables that begin with the same consonant. */
const PER_INITIAL = 588;

/** What a keyboard makes of two consonants that were typed one after the other. */
const CLUSTERS: Readonly<Record<string, string>> = {
  ㄳ: 'ㄱㅅ',
  ㄵ: 'ㄴㅈ',
  ㄶ: 'ㄴㅎ',
  ㄺ: 'ㄹㄱ',
  ㄻ: 'ㄹㅁ',
  ㄼ: 'ㄹㅂ',
  ㄽ: 'ㄹㅅ',
  ㄾ: 'ㄹㅌ',
  ㄿ: 'ㄹㅍ',
  ㅀ: 'ㄹㅎ',
  ㅄ: 'ㅂㅅ',
};

/** A keyword for names: folded, with every consonant of its own. */
const foldKeyword = (keyword: string): string =>
  fold(keyword.replace(/[ㄳ-ㅄ]/g, two => CLUSTERS[two] ?? two));

const isInitial = (character: string): boolean =>
  character.charCodeAt(0) >= FIRST_INITIAL && character.charCodeAt(0) <= LAST_INITIAL;

/** The consonant that a syllable begins with, as a folded keyword has it (`홍` -> `ᄒ`); others stay as they are. */
function initialOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < FIRST_SYLLABLE || code > LAST_SYLLABLE) return character;
  return String.fromCharCode(FIRST_INITIAL + Math.floor((code - FIRST_SYLLABLE) / PER_INITIAL));
}

/**
 * A pattern for folded names that contain this keyword. A single consonant stands for every syllable that begins
 * with it: `ㅎㄱㄷ` and `홍ㄱㄷ` find 홍길동.
 */
export function patternOf(keyword: string): RegExp {
  const parts = [...foldKeyword(keyword)].map(character => {
    if (!isInitial(character)) return escaped(character);
    const first = FIRST_SYLLABLE + (character.charCodeAt(0) - FIRST_INITIAL) * PER_INITIAL;
    return `[${character}${String.fromCharCode(first)}-${String.fromCharCode(first + PER_INITIAL - 1)}]`;
  });
  return new RegExp(parts.join(''));
}

/** A pattern cannot hold a NUL as it is. */
const escaped = (character: string): string =>
  character === '\0' ? '\\x00' : character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Every piece of one and of two characters of a folded name, and of its initial consonants: an index on these finds
 * any part of it.
 */
export function gramsOf(name: string): string[] {
  const characters = [...fold(name)];
  const initials = characters.map(initialOf);
  const grams = new Set<string>();
  for (const some of [characters, initials]) {
    for (const [i, character] of some.entries()) {
      grams.add(character);
      if (i + 1 < some.length) grams.add(character + some[i + 1]!);
    }
  }
  return [...grams];
}

/** The pieces that a name must have to contain this keyword. */
export function gramsWanted(keyword: string): string[] {
  const characters = [...foldKeyword(keyword)];
  if (characters.length <= 1) return characters;
  return characters.slice(1).flatMap((character, i) => {
    const before = characters[i]!;
    // A syllable beside a consonant: the index has each of them, not the two together.
    return isInitial(before) === isInitial(character) ? [before + character] : [before, character];
  });
}
