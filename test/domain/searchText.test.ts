import { expect } from 'chai';
import fc from 'fast-check';
import { gramsAsked, gramsOf } from '../../src/domain/search/grams.ts';
import { foldText, spansOf } from '../../src/domain/search/text.ts';
import { fold, gramsOf as gramsOfName, gramsWanted, patternOf } from '../../src/domain/users/fold.ts';
import { aMessage } from './fakes.ts';

const piece = fc.constantFrom(
  '가',
  '각',
  'ㄱ',
  'A',
  'é',
  'Ａ',
  ' ',
  '\u3000',
  '\u200d',
  '😀',
  'ｶﾞ',
  'İ',
  '한글'.normalize('NFD'),
);
const aText = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));

describe('texts as they are searched', () => {
  it('are the same in every spelling', () => {
    for (const text of ['안녕하세요', '안녕 하세요', '안녕하세요'.normalize('NFD'), '안\u200b녕\n하세요'])
      expect(foldText(text)).to.equal('안녕하세요');
    for (const text of ['ABC123', 'abc 123', 'ＡＢＣ１２３']) expect(foldText(text)).to.equal('abc123');
  });

  it('are marked where the keyword stands in the original', () => {
    expect(spansOf('오늘 회의 는 회의실', foldText('회의'))).to.deep.equal([
      { start: 3, length: 2 },
      { start: 8, length: 2 },
    ]);
    expect(spansOf('안녕 하세요 ＡＢ', foldText('하세요a'))).to.deep.equal([{ start: 3, length: 5 }]);
    const apart = '한글'.normalize('NFD');
    expect(spansOf(`${apart}!`, '글')).to.deep.equal([{ start: 3, length: 3 }]);
    expect(spansOf('😀가😀', '가')).to.deep.equal([{ start: 2, length: 1 }]);
  });

  it('contain a folded part of themselves, with a mark that folds to it', () => {
    fc.assert(
      fc.property(aText, fc.nat(20), fc.nat(20), (text, a, b) => {
        const folded = [...foldText(text)];
        const from = a % (folded.length + 1);
        const wanted = folded.slice(from, from + 1 + (b % 6)).join('');
        if (wanted === '') return;
        const [first] = spansOf(text, wanted);
        expect(first).to.not.equal(undefined);
        expect(foldText(text.slice(first!.start, first!.start + first!.length))).to.contain(wanted);
        const grams = gramsOf(
          aMessage('6740a1b2c3d4e5f601234567', 1, { data: { type: 'TEXT', content: { text } } }),
        );
        for (const gram of gramsAsked(wanted, {})) expect(grams.has(gram), gram).to.equal(true);
      }),
    );
  });

  it('are asked for by a few pieces, however long the keyword is', () => {
    const wanted = Array.from({ length: 100 }, (_, i) => String.fromCharCode(0xac00 + i)).join('');
    expect(gramsAsked(wanted, { authorId: 'x', messageType: 'TEXT' })).to.have.length(7);
  });
});

describe('names as they are searched', () => {
  const finds = (keyword: string, name: string): boolean => {
    const found = patternOf(keyword).test(fold(name));
    const grams = gramsOfName(name);
    // The index must not lose what the pattern would find.
    if (found)
      expect(
        gramsWanted(keyword).every(gram => grams.includes(gram)),
        keyword,
      ).to.equal(true);
    return found;
  };

  it('are found by initial consonants, also mixed with syllables and merged by a keyboard', () => {
    for (const keyword of ['ㅎㄱㄷ', '홍ㄱㄷ', 'ㅎ길ㄷ', '홍길동', 'ㄱㄷ', 'ㅎ', '길 동', '홍길ㄷ'])
      expect(finds(keyword, '홍길동'), keyword).to.equal(true);
    for (const keyword of ['ㅎㄷ', 'ㄱㅎ', '홍동', 'ㄲㄷ', 'ㅏ'])
      expect(finds(keyword, '홍길동'), keyword).to.equal(false);
    expect(finds('ㄳ', '김수')).to.equal(true);
    expect(finds('ㄲ', '까치')).to.equal(true);
    expect(finds('ㅋㅋ', 'ㅋㅋ맨')).to.equal(true);
    expect(finds('박ann', '박 Ann')).to.equal(true);
  });

  it('are found by every part and by its initials', () => {
    const aName = fc.array(fc.constantFrom('홍', '길', 'A', 'ㅋ', ' ', '.', '뷁', '1', '까'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(
        aName,
        fc.nat(9),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (pieces, from, initials) => {
          const name = pieces.join('');
          const part = [...fold(name)].slice(from % pieces.length);
          const keyword = part.map((character, i) =>
            initials[i] ? ({ 홍: 'ㅎ', 길: 'ㄱ', 뷁: 'ㅂ', 까: 'ㄲ' }[character] ?? character) : character,
          );
          if (keyword.length > 0)
            expect(finds(keyword.join(''), name), `${keyword.join('')} in ${name}`).to.equal(true);
        },
      ),
    );
  });
});
