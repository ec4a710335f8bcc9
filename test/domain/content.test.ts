import { expect } from 'chai';
import fc from 'fast-check';
import { ChatError } from '../../src/domain/errors.ts';
import { cleanCard, cleanMeta, cleanText, cleanUrl, MAX_META } from '../../src/domain/messages/content.ts';
import type { Card } from '../../src/domain/model.ts';

function refused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof ChatError && error.code === 'INVALID_PAYLOAD') return true;
    throw error;
  }
}

const FOREIGN_URLS = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  '\tjavascript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://example.com',
  'blob:https://example.com/1',
];

describe('a text', () => {
  it('is well-formed and keeps everything else as it is', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.integer({ min: 1, max: 0xffff }).map(code => String.fromCharCode(code)),
          minLength: 1,
          maxLength: 50,
        }),
        text => {
          if (text.trim() === '') return;
          const clean = cleanText(text, 50);
          expect(clean).to.equal(text.toWellFormed());
          expect(clean.isWellFormed()).to.equal(true);
        },
      ),
    );
  });

  it('is limited in code points, not in UTF-16 units', () => {
    expect(cleanText('😀'.repeat(10), 10)).to.have.length(20);
    expect(refused(() => cleanText('😀'.repeat(11), 10))).to.equal(true);
    expect(cleanText('가'.repeat(10), 10)).to.have.length(10);
    expect(refused(() => cleanText('가'.repeat(11), 10))).to.equal(true);
  });

  it('is not empty and not only white space', () => {
    for (const text of ['', ' ', '\n\t ', '\u3000'])
      expect(
        refused(() => cleanText(text, 10)),
        JSON.stringify(text),
      ).to.equal(true);
  });
});

describe('free-form data', () => {
  it('passes unchanged when it is plain, bounded JSON', () => {
    const plain = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/).filter(key => key !== 'event'),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(plain, meta => {
        if (JSON.stringify(meta).length > MAX_META || /[$.\0]|__proto__|_bsontype/.test(JSON.stringify(meta)))
          return;
        expect(cleanMeta(meta)).to.deep.equal(meta);
      }),
    );
  });

  it('has no key that a database or an object could take for something else, however deep', () => {
    for (const key of ['$where', '$', 'a.b', '__proto__', 'a\0b', '_bsontype']) {
      const bad = JSON.parse(`{${JSON.stringify(key)}: 1}`) as Record<string, unknown>;
      for (const meta of [bad, { a: bad }, { a: [1, { b: bad }] }]) {
        expect(
          refused(() => cleanMeta(meta)),
          JSON.stringify(meta),
        ).to.equal(true);
      }
    }
  });

  it('is neither too large nor too deep nor binary', () => {
    const nested = (levels: number): Record<string, unknown> =>
      levels === 0 ? {} : { a: nested(levels - 1) };
    expect(refused(() => cleanMeta({ a: 'x'.repeat(MAX_META) }))).to.equal(true);
    expect(refused(() => cleanMeta(nested(20)))).to.equal(true);
    expect(refused(() => cleanMeta(nested(5_000)))).to.equal(true);
    expect(refused(() => cleanMeta({ a: Buffer.from('x') }))).to.equal(true);
    expect(cleanMeta(nested(5))).to.deep.equal(nested(5));
  });

  it('cannot claim to be an event of the engine', () => {
    expect(cleanMeta({ event: 'member.kicked', other: 1 })).to.deep.equal({ other: 1 });
    expect([cleanMeta(null), cleanMeta(undefined)]).to.deep.equal([null, null]);
  });
});

describe('addresses', () => {
  it('are http or https, in profiles and everywhere in a card', () => {
    for (const url of FOREIGN_URLS) {
      expect(
        refused(() => cleanUrl(url, 'profileUrl')),
        JSON.stringify(url),
      ).to.equal(true);
      const cards = [
        { cardType: 'X', image: url },
        { cardType: 'X', buttons: [{ title: 't', action: 'a', value: { url } }] },
      ] as Card[];
      for (const card of cards)
        expect(
          refused(() => cleanCard(card)),
          JSON.stringify(card),
        ).to.equal(true);
    }
    const good = {
      cardType: 'X',
      image: 'https://example.com/a.png',
      text: 'see https://example.com',
      buttons: [],
    } as Card;
    expect(cleanCard(good)).to.deep.equal(good);
    expect(cleanUrl('https://example.com/가', 'x')).to.equal('https://example.com/가');
    expect([cleanUrl('', 'x'), cleanUrl(null, 'x')]).to.deep.equal([null, null]);
  });
});
