import { expect } from 'chai';
import { linksOf } from '../../src/domain/messages/links.ts';

const linksIn = (text: string): string[] => linksOf({ type: 'TEXT', content: { text } });

describe('links of a text', () => {
  const CASES: readonly [text: string, links: string[]][] = [
    ['https://a.kr/x를 보세요', ['https://a.kr/x']],
    ['네이버.com은 좋다', ['https://네이버.com']],
    ['naver.com에서 만나', ['https://naver.com']],
    ['www.naver.com입니다', ['https://www.naver.com']],
    ['https://a.kr/를 열어', ['https://a.kr/']],
    ['https://youtu.be/abc?t=10이에요ㅋㅋ', ['https://youtu.be/abc?t=10']],
    ['https://ko.wikipedia.org/wiki/한국', ['https://ko.wikipedia.org/wiki/한국']],
    ['https://a.kr/x?q=한글&b=1', ['https://a.kr/x?q=한글&b=1']],
    ['https://a.kr/%EA%B0%80나', ['https://a.kr/%EA%B0%80']],
    ['(https://a.kr/x), "https://b.kr/y."', ['https://a.kr/x', 'https://b.kr/y']],
    ['「https://a.kr/x」라고', ['https://a.kr/x']],
    ['http://a.kr/a_(b).', ['http://a.kr/a_(b)']],
    ['HTTPS://A.KR/', ['HTTPS://A.KR/']],
    ['https://a.kr https://a.kr', ['https://a.kr']],
    ['ftp://a.kr mailto:x@y.com javascript:alert(1) //a.kr/x x@naver.com', []],
    ['http://user:password@a.kr/', []],
    ['1.5kg 2.0은 v1.2.3 그래.그럼 한국.한국', []],
    ['', []],
  ];
  for (const [text, links] of CASES)
    it(`are ${links.join(' and ') || 'none'} in ${JSON.stringify(text)}`, () => {
      expect(linksIn(text)).to.deep.equal(links);
    });

  it('are twenty at most', () => {
    const text = Array.from({ length: 50 }, (_, i) => `https://a.kr/${i}`).join(' ');
    expect(linksIn(text)).to.have.length(20);
  });

  it('are in texts only', () => {
    expect(linksOf({ type: 'ADMIN', content: { text: 'https://a.kr' } })).to.deep.equal([]);
    expect(linksOf({ type: 'PHOTO', content: { text: 'https://a.kr' } })).to.deep.equal([]);
    expect(linksOf({ type: 'TEXT', content: {} })).to.deep.equal([]);
  });

  it('cost little in texts that were made to cost much', () => {
    const hostile = [
      'a.'.repeat(5_000),
      `http://a.kr/${'('.repeat(9_900)}`,
      `http://a.kr/${'가.'.repeat(1_000)}`,
      `http://a.kr/${'가.'.repeat(4_900)}`,
      '.com가'.repeat(2_000),
      'a.kr '.repeat(2_000),
      `http://a.kr/x${'.,'.repeat(4_900)}`,
      `${'@'.repeat(9_999)}.`,
      'https://a:'.repeat(1_000) + 'a.b',
      `http://a.kr/?${'[{"\''.repeat(2_400)}`,
    ];
    for (const text of hostile) {
      const started = performance.now();
      for (let i = 0; i < 5; i++) linksIn(text);
      expect((performance.now() - started) / 5, text.slice(0, 20)).to.be.lessThan(150);
    }
  });
});
