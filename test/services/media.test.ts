import { expect } from 'chai';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { FileFacts, Media } from '../../src/domain/ports.ts';
import { createMedia } from '../../src/services/media/index.ts';
import { compound, docx, hwp, OLD_KOREAN, pdf, zip } from '../helpers/documents.ts';
import {
  animated,
  expectTools,
  halves,
  heic,
  noisy,
  phonePicture,
  turned,
  twoColours,
  video,
} from '../helpers/pictures.ts';

let folder: string;
let tempDir: string;
let media: Media;
const problems: string[] = [];

async function inspected(content: Buffer | string, name: string): Promise<FileFacts> {
  const path = join(folder, 'upload');
  await writeFile(path, content);
  return media.inspect(path, name);
}

async function expectThumbnail(facts: FileFacts, width: number, height: number): Promise<void> {
  const head = await sharp(facts.thumbnail).metadata();
  expect(head).to.include({ format: 'jpeg', width, height });
  for (const kind of ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments'] as const) {
    expect(head[kind], kind).to.equal(undefined);
  }
}

describe('media', () => {
  before(async () => {
    await expectTools();
    folder = await mkdtemp(join(tmpdir(), 'madang-media-'));
    tempDir = await mkdtemp(join(tmpdir(), 'madang-media-temp-'));
    media = createMedia({ tempDir, onProblem: what => problems.push(what), limitMs: 60_000 });
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(tempDir, { recursive: true, force: true });
    expect(problems).to.deep.equal([]);
  });

  describe('pictures', () => {
    for (const [format, mimeType] of [
      ['jpeg', 'image/jpeg'],
      ['png', 'image/png'],
      ['gif', 'image/gif'],
      ['webp', 'image/webp'],
      ['avif', 'image/avif'],
    ] as const) {
      it(`shows a ${format} with its size and a small picture of it, whatever its name says`, async () => {
        const content = await twoColours(640, 400).toFormat(format).toBuffer();
        const facts = await inspected(content, 'notes.exe');
        expect(facts).to.include({ type: 'PHOTO', mimeType });
        expect(facts.frameSize).to.deep.equal({ width: 640, height: 400 });
        await expectThumbnail(facts, 320, 200);
        expect(await halves(facts.thumbnail!, 'left and right')).to.deep.equal(['red', 'blue']);
      });
    }

    it('turns a picture as its camera was held, and tells its size as it is shown', async () => {
      const facts = await inspected(await phonePicture(800, 600, 6), 'photo.jpg');
      expect(facts.frameSize).to.deep.equal({ width: 600, height: 800 });
      await expectThumbnail(facts, 240, 320);
      expect(await halves(facts.thumbnail!, 'up and down')).to.deep.equal(['red', 'blue']);
      const upsideDown = await inspected(await phonePicture(800, 600, 3), 'photo.jpg');
      expect(upsideDown.frameSize).to.deep.equal({ width: 800, height: 600 });
      expect(await halves(upsideDown.thumbnail!, 'left and right')).to.deep.equal(['blue', 'red']);
    });

    it('leaves nothing of the metadata: no position, no camera, no profile', async () => {
      const content = await phonePicture(800, 600, 1);
      const { exif, icc } = await sharp(content).metadata();
      expect(exif!.includes('Madang Phone')).to.equal(true);
      expect(icc).to.not.equal(undefined);
      const { thumbnail } = await inspected(content, 'photo.jpg');
      expect(thumbnail!.includes('Madang Phone')).to.equal(false);
      expect(thumbnail!.includes('Exif')).to.equal(false);
      expect(thumbnail!.includes('ICC_PROFILE')).to.equal(false);
    });

    it('shows the first frame of what moves', async () => {
      for (const format of ['gif', 'webp'] as const) {
        const facts = await inspected(await animated(format), `moves.${format}`);
        expect(facts).to.include({ type: 'PHOTO', mimeType: `image/${format}` });
        expect(facts.frameSize).to.deep.equal({ width: 60, height: 40 });
        await expectThumbnail(facts, 60, 40);
        expect(await halves(facts.thumbnail!, 'left and right')).to.deep.equal(['red', 'red']);
      }
    });

    it('puts what is transparent on white', async () => {
      const clear = { r: 0, g: 0, b: 0, alpha: 0 };
      const content = sharp({ create: { width: 50, height: 50, channels: 4, background: clear } });
      const { thumbnail } = await inspected(await content.png().toBuffer(), 'clear.png');
      expect(await halves(thumbnail!, 'left and right')).to.deep.equal(
        Array(2).fill('red and green and blue'),
      );
    });

    it('shows a picture with a gain map (HDR of phones) as the ordinary picture that it is too', async () => {
      const picture = twoColours(640, 400) as Sharp & { withGainMap(): Sharp };
      const content = await picture.withGainMap().jpeg().toBuffer();
      expect(content.includes('21496')).to.equal(true);
      const facts = await inspected(content, 'hdr.jpg');
      expect(facts.type).to.equal('PHOTO');
      await expectThumbnail(facts, 320, 200);
    });

    it('takes pictures of 50 megapixels, and a small one as small as it is', async () => {
      const large = await inspected(
        await sharp({ create: { width: 8192, height: 6144, channels: 3, background: '#123' } })
          .jpeg()
          .toBuffer(),
        'large.jpg',
      );
      expect(large.frameSize).to.deep.equal({ width: 8192, height: 6144 });
      await expectThumbnail(large, 320, 240);
      await expectThumbnail(await inspected(await noisy(31, 7), 'small.jpg'), 31, 7);
    });

    it('shows HEIC, as its container turns it, and leaves nothing in the temporary folder', async () => {
      const path = await heic(folder, await phonePicture(640, 400, 6));
      const facts = await media.inspect(path, 'IMG_0001.HEIC');
      expect(facts).to.include({ type: 'PHOTO', mimeType: 'image/heic' });
      expect(facts.frameSize).to.deep.equal({ width: 640, height: 400 });
      await expectThumbnail(facts, 320, 200);
      expect(await halves(facts.thumbnail!, 'left and right')).to.deep.equal(['red', 'blue']);
      expect(await readdir(tempDir)).to.deep.equal([]);
    });

    it('calls a format that browsers do not show a FILE of its type', async () => {
      const tiff = await twoColours(40, 40).tiff().toBuffer();
      expect(await inspected(tiff, 'scan.tif')).to.deep.equal({ type: 'FILE', mimeType: 'image/tiff' });
    });
  });

  describe('videos', () => {
    for (const [name, mimeType] of [
      ['바다에서 🌊.mp4', 'video/mp4'],
      ['clip.mov', 'video/quicktime'],
      ['clip.mkv', 'video/matroska'],
      ['화면 녹화.webm', 'video/webm'],
      ['clip.3gp', 'video/3gpp'],
      ['clip.avi', 'video/vnd.avi'],
      ['clip.mpg', 'video/MP1S'],
      ['clip.ts', 'video/mp2t'],
      ['clip.ogv', 'video/ogg'],
    ] as const) {
      it(`shows ${name} with its length, its size and a picture of it`, async () => {
        const facts = await media.inspect(await video(folder, name), 'whatever.txt');
        const small = name.endsWith('3gp');
        if (name.endsWith('.mpg')) expect(facts.mimeType).to.match(/^video\/MP[12][SP]$/);
        else expect(facts.mimeType).to.equal(mimeType);
        expect(facts.type).to.equal('VIDEO');
        expect(facts.frameSize).to.deep.equal(
          small ? { width: 176, height: 144 } : { width: 640, height: 360 },
        );
        expect(facts.duration).to.be.within(1.8, 2.2);
        const { width, height } = facts.frameSize!;
        await (small ? expectThumbnail(facts, width, height) : expectThumbnail(facts, 320, 180));
      });
    }

    it('tells the length to the millisecond', async () => {
      const path = await video(folder, 'exact.mp4', { seconds: 1.48, more: ['-an'] });
      expect((await media.inspect(path, 'exact.mp4')).duration).to.equal(1.48);
    });

    it('turns a video as the phone was held', async () => {
      const facts = await media.inspect(await turned(folder, await video(folder, 'flat.mp4')), 'turned.mp4');
      expect(facts.frameSize).to.deep.equal({ width: 360, height: 640 });
      await expectThumbnail(facts, 180, 320);
    });

    it('heeds the shape of pixels that are no squares', async () => {
      const path = await video(folder, 'wide.mp4', { size: '720x480', more: ['-vf', 'setsar=4/3'] });
      const facts = await media.inspect(path, 'wide.mp4');
      expect(facts.frameSize).to.deep.equal({ width: 960, height: 480 });
      await expectThumbnail(facts, 320, 160);
    });

    it('shows a video of a single frame', async () => {
      const path = await video(folder, 'short.mp4', { seconds: 0.04, more: ['-an'] });
      const facts = await media.inspect(path, 'short.mp4');
      expect(facts).to.include({ type: 'VIDEO', duration: 0.04 });
      await expectThumbnail(facts, 320, 180);
    });

    it('calls sound without a picture a FILE of its own type', async () => {
      const path = await video(folder, 'voice.mp4', { more: ['-map', '1:a'] });
      expect(await media.inspect(path, 'voice.mp4')).to.deep.equal({ type: 'FILE', mimeType: 'audio/mp4' });
    });
  });

  describe('files', () => {
    const OLE = 'application/x-cfb';
    const UNKNOWN = 'application/octet-stream';
    const KOREAN = '안녕하세요, 마당입니다.\r\n둘째 줄\t끝';
    const cases: [what: string, content: Buffer | string, name: string, mimeType: string][] = [
      ['a PDF', pdf(), '계약서.pdf', 'application/pdf'],
      ['a zip', zip([['읽어보세요.txt', KOREAN]]), 'a.zip', 'application/zip'],
      ['a docx', docx(), 'a.bin', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
      ['a hwp, by the streams in it', hwp(), 'a.bin', 'application/x-hwp'],
      ['a hwpx', zip([['mimetype', 'application/hwp+zip']]), 'a.bin', 'application/hwp+zip'],
      ['a zip that calls itself HTML', zip([['mimetype', 'text/html']]), 'a.html', 'application/zip'],
      ['an old Word document', compound(['1Table', 'Data', 'x', 'WordDocument']), 'a', 'application/msword'],
      ['an old Excel document', compound(['Workbook']), 'a.doc', 'application/vnd.ms-excel'],
      ['another compound file', compound(['Something']), 'a.hwp', OLE],
      ['a Korean text', KOREAN, '메모.txt', 'text/plain; charset=utf-8'],
      ['a text without a name', KOREAN.repeat(60_000), '', 'text/plain; charset=utf-8'],
      ['a table', '이름,나이\r\n민수,3\r\n', '표.csv', 'text/csv; charset=utf-8'],
      ['a text of old Windows', OLD_KOREAN, '메모.TXT', 'text/plain; charset=euc-kr'],
      ['the same bytes when no name says that they are text', OLD_KOREAN, 'x', UNKNOWN],
      [
        'a text in UTF-16',
        Buffer.from(`\ufeff${KOREAN}`, 'utf16le'),
        'a.txt',
        'text/plain; charset=utf-16le',
      ],
      ['a text that begins as a bitmap does', 'BMW 자동차와 MZ 세대', 'a.bmp', 'text/plain; charset=utf-8'],
      [
        'an SVG',
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        'a.png',
        'image/svg+xml',
      ],
      [
        'an SVG behind a prolog',
        '\ufeff<?xml version="1.0"?>\n<!-- <html> -->\n<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<svg>&x;</svg>',
        'a.jpg',
        'image/svg+xml',
      ],
      ['an HTML page', '\n<!-- x --><!DOCTYPE html><p>hi', 'a.txt', 'text/html; charset=utf-8'],
      ['HTML that begins with a script', '<SCRIPT src=x></SCRIPT>', 'a.txt', 'text/html; charset=utf-8'],
      ['XML', '<?xml version="1.0"?><feed/>', 'a.jpg', 'application/xml'],
      ['a text about HTML', 'Write <html> first.', 'a.html', 'text/plain; charset=utf-8'],
      ['nothing at all', '', 'empty.jpg', UNKNOWN],
      ['text with a zero in it', 'abc\0def', 'a.txt', UNKNOWN],
    ];
    for (const [what, content, name, mimeType] of cases) {
      it(`knows ${what}`, async () => {
        expect(await inspected(content, name)).to.deep.equal({ type: 'FILE', mimeType });
      });
    }

    it('tells of a file that cannot be read', async () => {
      const outcome = await media.inspect(join(folder, 'nowhere'), 'a').catch((error: unknown) => error);
      expect(outcome).to.include({ code: 'ENOENT' });
    });
  });
});
