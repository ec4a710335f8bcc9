import { expect } from 'chai';
import fc from 'fast-check';
import { maskAll } from '../../src/domain/moderation/filter.ts';
import { Automaton } from '../../src/domain/moderation/words/automaton.ts';
import { keyOf, masked, WordMatcher, type Word } from '../../src/domain/moderation/words/matcher.ts';
import { isDigit, readingsOf, symbolsOf, type Reading } from '../../src/domain/moderation/words/normalise.ts';

const listOf = (words: Record<string, Word['mode']>): WordMatcher =>
  new WordMatcher(Object.entries(words).map(([word, mode]) => ({ word, mode })));

/** The text with stars, or null where nothing was found. */
function seen(matcher: WordMatcher, text: string): string | null {
  const hits = matcher.hits(text);
  return hits.length === 0 ? null : masked(text, hits);
}

describe('banned words: how a word is found', () => {
  const korean = listOf({
    시발: 'block',
    씨발: 'block',
    ㅅㅂ: 'mask',
    시발점: 'allow',
    병신: 'mask',
    병신년: 'allow',
  });

  for (const [text, stars] of [
    ['시발', '**'],
    ['야 시발!', '야 **!'],
    ['시 발', '* *'],
    ['씨 1 발', '* * *'],
    ['시1발', '***'],
    ['시.발', '***'],
    ['시\u200b발', '***'],
    ['시*발', '***'],
    ['ㅅㅣㅂㅏㄹ', '*****'],
    ['시ㅂㅏㄹ', '****'],
    ['시바ㄹ', '***'],
    ['ㅅ ㅣ ㅂ ㅏ ㄹ', '* * * * *'],
    ['시이이발', '****'],
    ['시ㅣㅣ발', '****'],
    ['시시시시발', '*****'],
    ['ㅅㅂ', '**'],
    ['ㅅ ㅂ', '* *'],
    ['시발'.normalize('NFD'), '*****'],
    ['\uffb5\uffdc\uffb2\uffc2\uffa9', '*****'],
    ['병신', '**'],
  ] as const)
    it(`${JSON.stringify(text)} is one`, () => expect(seen(korean, text)).to.equal(stars));

  for (const text of [
    '시발점에서 만나요',
    '병신년은 1956년',
    '다시 발표합니다',
    '3시 발표',
    '오후 세 시 발표',
    '시바라',
    '삿바',
    '시이발관',
    '시 이발',
    '',
    '!!! 123 ㅋㅋㅋ',
  ])
    it(`${JSON.stringify(text)} is none`, () => expect(korean.hits(text)).to.deep.equal([]));

  it('Latin letters: width, case, marks between them, repeats, and digits that look like them', () => {
    const list = listOf({ fuck: 'mask', ass: 'mask', class: 'allow' });
    for (const text of [
      'fuck',
      'FUCK',
      'ｆｕｃｋ',
      'f.u.c.k',
      'f u c k',
      'fuuuuck',
      'fu1ck',
      '4ss',
      'a55',
      'as$',
      'asssss',
    ])
      expect(seen(list, text), text).to.match(/^[* ]+$/);
    for (const text of ['class', 'CLASS', '010-4554', '4554', 'as', 'f', 'luck'])
      expect(seen(list, text), text).to.equal(null);
  });

  it('a word with digits is one with its digits, and no piece of a longer number', () => {
    const list = listOf({ '18놈': 'mask', '18': 'mask' });
    expect(seen(list, '이 18놈아')).to.equal('이 ***아');
    expect(seen(list, '18!')).to.equal('**!');
    for (const text of ['2018년', '1800', '놈', '놈놈']) expect(seen(list, text), text).to.equal(null);
  });

  it('a word that was entered with a space may end inside a word; others may not, across a space', () => {
    const list = listOf({ '미친 년': 'mask', 시발: 'mask' });
    expect(seen(list, '미친 년이')).to.equal('** *이');
    expect(seen(list, '미친년이')).to.equal('***이');
    expect(seen(list, '시 발표')).to.equal(null);
  });

  it('an allowed word protects what lies inside it, not what is beside it, and laughter after it does no harm', () => {
    const list = listOf({ 보지: 'mask', 보지마: 'allow' });
    expect(seen(list, '보지마ㅋㅋ')).to.equal(null);
    expect(seen(list, '보지마 보지')).to.equal('보지마 **');
    expect(seen(list, '보지ㅋㅋ')).to.equal('**ㅋㅋ');
  });

  it('the same word in two spellings has one key; a word of marks has none', () => {
    for (const word of ['시발', ' 시.발 ', 'ㅅㅣㅂㅏㄹ', '시발'.normalize('NFD')])
      expect(keyOf(word)).to.equal('시발');
    expect(keyOf('$H!T')).to.equal('sht');
    expect(keyOf('!?.')).to.equal('');
    expect(listOf({ '!?.': 'block', 시발점: 'allow' }).isEmpty).to.equal(true);
  });
});

/** Looks at every place for every word, in the same readings and by the same rules. */
function naiveHits(words: readonly Word[], text: string): Set<string> {
  const all = words.map(({ word, mode }) => ({
    symbols: symbolsOf(word),
    mode,
    spaced: /\S\s+\S/u.test(word),
  }));
  const digits = all.some(({ symbols }) => symbols.some(isDigit));
  const found: { from: number; to: number; mode: Word['mode'] }[] = [];
  for (const reading of readingsOf(text, digits)) {
    for (const { symbols, mode, spaced } of all) {
      if (symbols.length === 0) continue;
      for (let i = 0; i + symbols.length <= reading.symbols.length; i++) {
        if (!symbols.every((symbol, k) => reading.symbols[i + k] === symbol)) continue;
        const end = i + symbols.length - 1;
        if (mayBe(reading, i, end, spaced))
          found.push({ from: reading.from[i]!, to: reading.to[end]!, mode });
      }
    }
  }
  const allowed = found.filter(({ mode }) => mode === 'allow');
  const isSafe = (hit: { from: number; to: number }) =>
    allowed.some(({ from, to }) => from <= hit.from && to >= hit.to);
  const hits = found.filter(hit => hit.mode !== 'allow' && !isSafe(hit));
  return new Set(hits.map(({ from, to, mode }) => `${from}-${to} ${mode}`));
}

function mayBe(
  { symbols, from, to, gaps, opens, closes, written }: Reading,
  i: number,
  end: number,
  spaced: boolean,
) {
  const digit = (k: number) => symbols[k] !== undefined && isDigit(symbols[k]);
  if (digit(i - 1) && digit(i) && to[i - 1] === from[i]) return false;
  if (digit(end) && digit(end + 1) && to[end] === from[end + 1]) return false;
  const letters = written[end]! - (i > 0 ? written[i - 1]! : 0);
  if (letters === 0 && !digit(i)) return false;
  return gaps[i] === gaps[end] || (opens[i]! && (spaced || closes[end]!));
}

describe('banned words: nothing is missed, nothing is found that is not there', () => {
  const letters = fc.constantFrom(...'시발씨바병신이ㅅㅂㅣㅏㄹab1 8 .ㅋ5s@');
  const word = fc.array(letters, { minLength: 1, maxLength: 4 }).map(all => all.join(''));
  const words = fc.uniqueArray(fc.record({ word, mode: fc.constantFrom('block', 'mask', 'allow') }), {
    maxLength: 8,
    selector: entry => keyOf(entry.word),
  });
  const text = fc.array(letters, { maxLength: 40 }).map(all => all.join(''));

  it('the automaton finds what a search at every place finds', () => {
    const symbol = fc.integer({ min: 1, max: 3 });
    const some = fc.uniqueArray(fc.array(symbol, { minLength: 1, maxLength: 4 }), {
      selector: String,
      maxLength: 12,
    });
    fc.assert(
      fc.property(some, fc.array(symbol, { maxLength: 60 }), (list, symbols) => {
        const found: string[] = [];
        new Automaton(list).scan(symbols, symbols.length, (end, length, index) =>
          found.push(`${end} ${length} ${index}`),
        );
        const wanted = symbols.flatMap((_, end) =>
          list.flatMap((entry, index) => {
            const start = end - entry.length + 1;
            return start >= 0 && entry.every((one, k) => symbols[start + k] === one)
              ? `${end} ${entry.length} ${index}`
              : [];
          }),
        );
        expect(found.sort()).to.deep.equal(wanted.sort());
      }),
      { numRuns: 500 },
    );
  });

  it('the matcher finds exactly what a naive search finds', () => {
    fc.assert(
      fc.property(words, text, (list, given) => {
        const hits = new Set(
          new WordMatcher(list as Word[]).hits(given).map(({ from, to, mode }) => `${from}-${to} ${mode}`),
        );
        const wanted = list.every(({ mode }) => mode === 'allow') ? new Set() : naiveHits(list, given);
        expect(hits).to.deep.equal(wanted);
      }),
      { numRuns: 3_000 },
    );
  });

  it('a mask covers exactly the hits and leaves nothing to be found', () => {
    fc.assert(
      fc.property(words, text, (list, given) => {
        const matcher = new WordMatcher(list);
        const hits = matcher.hits(given);
        const once = masked(given, hits);
        const isHit = (i: number) => hits.some(({ from, to }) => i >= from && i < to);
        const wanted = [...given].map((character, i) =>
          isHit(i) && /\S/u.test(character) ? '*' : character,
        );
        expect(once).to.equal(wanted.join(''));
        expect(matcher.hits(maskAll(given, hits, rest => matcher.hits(rest)))).to.deep.equal([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('any text is read without a fault, and every hit is a piece of it', () => {
    const matcher = listOf({ a: 'mask', 가: 'mask', ㅅ: 'mask', 1: 'mask' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), given => {
        for (const { from, to } of matcher.hits(given))
          expect(from < to && from >= 0 && to <= given.length).to.equal(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('words nested into each other many times are masked as a whole, in no time', () => {
    const matcher = listOf({ ab: 'mask' });
    const nested = 'a.'.repeat(2_000) + 'b.'.repeat(2_000);
    const result = maskAll(nested, matcher.hits(nested), rest => matcher.hits(rest));
    expect(matcher.hits(result)).to.deep.equal([]);
  });
});

describe('banned words: what they cost', () => {
  it('20,000 words are ready in well under a second, and 10,000 characters are read in some milliseconds', function () {
    this.timeout(20_000);
    const syllable = (i: number) => String.fromCharCode(0xac00 + ((i * 7_919) % 11_172));
    const words = Array.from({ length: 20_000 }, (_, i): Word => ({
      word: syllable(i) + syllable(i * 3 + 1) + syllable(i * 7 + 2),
      mode: 'block',
    }));
    const started = performance.now();
    const matcher = new WordMatcher(words);
    expect(performance.now() - started).to.be.lessThan(2_000);
    const text = Array.from({ length: 10_000 }, (_, i) => (i % 6 === 5 ? ' ' : syllable(i * 31 + 5))).join(
      '',
    );
    for (let i = 0; i < 20; i++) matcher.hits(text);
    const times = Array.from({ length: 20 }, () => {
      const from = performance.now();
      matcher.hits(text);
      return performance.now() - from;
    }).sort((a, b) => a - b);
    expect(times[10], 'the median in milliseconds').to.be.lessThan(50);
  });
});
