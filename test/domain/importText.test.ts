import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { idOfLine, otherId } from '../../src/domain/imports/ids.ts';
import { SeenTexts } from '../../src/domain/imports/seen.ts';
import { linesOf, MAX_LINE, pagesOf, parseLine, type TextLine } from '../../src/domain/imports/text.ts';

const streamOf = (text: Buffer, sizes: readonly number[]): Readable => {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(text.subarray(at, at + size));
    at += size;
  }
  return Readable.from(chunks, { objectMode: true });
};

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const start = { line: 0, offset: 0 };
const texts = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 20 }).map(text => text.replaceAll('\n', '')),
  {
    maxLength: 30,
  },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('the text of an import', () => {
  it('lines are the same however the stream is cut, and each can be gone on with behind any other', async () => {
    await fc.assert(
      fc.asyncProperty(texts, sizes, fc.boolean(), async (lines, cuts, isEnded) => {
        const text = Buffer.from(lines.join('\n') + (isEnded ? '\n' : ''));
        const found = await all(linesOf(streamOf(text, cuts), start));
        const wanted = text.toString().split('\n');
        if (wanted.at(-1) === '') wanted.pop();
        expect(found.map(({ bytes }) => bytes!.toString())).to.deep.equal(wanted);
        expect(found.map(({ line }) => line)).to.deep.equal(wanted.map((_, i) => i + 1));
        for (const { line, end } of found) {
          const rest = await all(linesOf(streamOf(text.subarray(end), cuts), { line, offset: end }));
          expect(rest).to.deep.equal(found.slice(line));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('pages have all lines once, and say where the next one begins', async () => {
    const text = Buffer.from(Array.from({ length: 2_345 }, (_, i) => `line ${i}`).join('\n'));
    const pages = await all(pagesOf(streamOf(text, [777]), start));
    expect(pages.map(({ lines }) => lines.length)).to.deep.equal([1_000, 1_000, 345]);
    expect(pages.map(({ line }) => line)).to.deep.equal([1_000, 2_000, 2_345]);
    expect(pages.at(-1)!.offset).to.equal(text.length);
    expect(text.subarray(pages[0]!.offset).toString('utf8', 0, 9)).to.equal('line 1000');
  });

  it('a line that is too long is not kept, and the next one is read', async () => {
    const text = Buffer.concat([Buffer.alloc(MAX_LINE + 1, 'x'), Buffer.from('\n{}')]);
    const lines = await all(linesOf(streamOf(text, [65_536]), start));
    expect(lines.map(({ bytes }) => bytes?.toString() ?? null)).to.deep.equal([null, '{}']);
    expect(() => parseLine(lines[0]!)).to.throw('longer');
  });

  it('brackets in texts are no nesting', () => {
    const lineOf = (text: string): TextLine => ({ line: 1, bytes: Buffer.from(text), end: 0 });
    const text = '[{\\"'.repeat(1_000);
    expect(parseLine(lineOf(`{"a":"${text}"}`))).to.deep.equal({ a: '[{"'.repeat(1_000) });
    expect(() => parseLine(lineOf('['.repeat(33) + ']'.repeat(33)))).to.throw('nested');
    expect(parseLine(lineOf(' \r'))).to.equal(undefined);
  });
});

describe('ids of imported messages', () => {
  it('are ids, the same for the same line, sort by date and line, and differ between imports', () => {
    const date = new Date('2019-03-01T00:00:00Z');
    const ids = [1, 2, 255, 256, 4_000_000].map(line => idOfLine('an import', line, date));
    expect(ids).to.deep.equal([...ids].sort());
    expect(idOfLine('an import', 1, date)).to.equal(ids[0]);
    expect(idOfLine('another', 1, date)).not.to.equal(ids[0]);
    expect(idOfLine('an import', 1, new Date(date.getTime() + 1_000)) > ids.at(-1)!).to.equal(true);
    for (const id of [...ids, otherId(ids[0]!), idOfLine('x', 1, new Date(0))])
      expect(id).to.match(/^[0-9a-f]{24}$/);
  });
});

describe('a set of texts', () => {
  it('has what was added and nothing else, however many there are', () => {
    const set = new SeenTexts();
    for (let i = 0; i < 20_000; i++) expect(set.add(`text ${i}`)).to.equal(true);
    for (let i = 0; i < 20_000; i++)
      expect([set.has(`text ${i}`), set.has(`other ${i}`)]).to.deep.equal([true, false]);
    expect([set.add('text 7'), set.size]).to.deep.equal([false, 20_000]);
  });
});
