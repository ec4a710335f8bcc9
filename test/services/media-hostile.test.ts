import { expect } from 'chai';
import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { FileFacts, Media } from '../../src/domain/ports.ts';
import { createMedia } from '../../src/services/media/index.ts';
import { Programs } from '../../src/services/media/programs.ts';
import { videoProbe } from '../../src/services/media/videos.ts';
import { eventually } from '../helpers/processes.ts';
import { docx, hwp, zip } from '../helpers/documents.ts';
import {
  animated,
  endlessGif,
  expectTools,
  heic,
  hollowPng,
  lyingVideo,
  noisy,
  video,
} from '../helpers/pictures.ts';

const MiB = 1024 * 1024;
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

let folder: string;
let tempDir: string;
let media: Media;
const problems: string[] = [];

async function inspected(content: Buffer | string, name: string): Promise<FileFacts> {
  const path = join(folder, 'upload');
  await writeFile(path, content);
  return media.inspect(path, name);
}

/** How far the memory of this process grows while `work` is done. */
async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 2);
  await work();
  clearInterval(timer);
  return Math.max(most, process.memoryUsage.rss()) - before;
}

/** The longest time for which timers of this process had to wait while `work` is done, in milliseconds. */
async function lagDuring(work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    most = Math.max(most, performance.now() - last);
    last = performance.now();
  }, 5);
  await work();
  most = Math.max(most, performance.now() - last);
  clearInterval(timer);
  return most;
}

/** A picture that has to be decoded as a whole before a line of it is known: 112 MB, a third of a second. */
async function slowPicture(): Promise<string> {
  const path = join(folder, 'slow.png');
  if (existsSync(path)) return path;
  const canvas = { width: 5_300, height: 5_300, channels: 4 as const, background: '#345678aa' };
  await writeFile(
    path,
    await sharp({ create: canvas }).png({ progressive: true, compressionLevel: 1 }).toBuffer(),
  );
  return path;
}

/** What every answer keeps, whatever the file was. */
async function expectSound(facts: FileFacts): Promise<void> {
  expect(facts.mimeType).to.match(/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w-]+)?$/);
  if (facts.type === 'PHOTO') expect(facts.mimeType).to.match(/^image\//);
  if (facts.type === 'VIDEO') expect(facts.mimeType).to.match(/^video\//);
  if (facts.type === 'FILE') expect(facts).to.have.all.keys('type', 'mimeType');
  if (facts.duration !== undefined) expect(facts.duration).to.be.within(0.001, 1_000_000);
  if (facts.thumbnail) {
    const { format, width, height } = await sharp(facts.thumbnail).metadata();
    expect(format).to.equal('jpeg');
    expect(Math.max(width, height)).to.be.at.most(320);
  }
}

describe('media and hostile files', () => {
  before(async () => {
    await expectTools();
    folder = await mkdtemp(join(tmpdir(), 'madang-hostile-'));
    tempDir = await mkdtemp(join(tmpdir(), 'madang-hostile-temp-'));
    media = createMedia({ tempDir, limitMs: 60_000, onProblem: what => problems.push(what) });
  });
  after(async () => {
    expect(await readdir(tempDir)).to.deep.equal([]);
    await rm(folder, { recursive: true, force: true });
    await rm(tempDir, { recursive: true, force: true });
    expect(problems).to.deep.equal([]);
  });

  describe('pictures', () => {
    it('does not unpack a picture of billions of pixels', async () => {
      await inspected(await noisy(100, 100), 'warm-up.jpg');
      const growth = await growthOf(async () => {
        for (const interlaced of [true, false]) {
          const facts = await inspected(hollowPng(60_000, 60_000, { interlaced }), 'bomb.png');
          expect(facts).to.deep.equal({ type: 'FILE', mimeType: 'image/png' });
        }
        const jpeg = await noisy(64, 64);
        const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
        jpeg.writeUInt16BE(65_500, frame + 5);
        jpeg.writeUInt16BE(65_500, frame + 7);
        expect(await inspected(jpeg, 'bomb.jpg')).to.deep.equal({ type: 'FILE', mimeType: 'image/jpeg' });
      });
      expect(growth).to.be.below(100 * MiB);
    });

    it('holds one decoded picture at most where the largest allowed ones come in crowds', async () => {
      const path = await slowPicture();
      const one = createMedia({ jobs: 1, limitMs: 60_000 });
      const growth = await growthOf(async () => {
        const all = await Promise.all(Array.from({ length: 4 }, () => one.inspect(path, 'a.png')));
        for (const facts of all) expect(facts.thumbnail).to.be.instanceOf(Buffer);
      });
      // One takes 112 MB, four at once would take 450.
      expect(growth).to.be.below(250 * MiB);
    }).timeout(60_000);

    it('measures a HEIC bomb without unpacking it', async () => {
      const bytes = await readFile(await heic(folder, await noisy(128, 128)));
      for (let at = bytes.indexOf('ispe'); at >= 0; at = bytes.indexOf('ispe', at + 4)) {
        bytes.writeUInt32BE(60_000, at + 8);
        bytes.writeUInt32BE(60_000, at + 12);
      }
      const growth = await growthOf(async () => {
        expect(await inspected(bytes, 'bomb.heic')).to.deep.equal({ type: 'FILE', mimeType: 'image/heic' });
      });
      expect(growth).to.be.below(100 * MiB);
    });

    it('looks only at the first of very many frames', async () => {
      const facts = await inspected(endlessGif(200_000), 'endless.gif');
      expect(facts).to.include({ type: 'PHOTO', mimeType: 'image/gif' });
      expect(facts.frameSize).to.deep.equal({ width: 1, height: 1 });
    });

    for (const [format, mimeType] of [
      ['jpeg', 'image/jpeg'],
      ['png', 'image/png'],
      ['webp', 'image/webp'],
      ['avif', 'image/avif'],
    ] as const) {
      it(`calls a ${format} that breaks off a FILE`, async () => {
        const whole = await sharp(await noisy(600, 400))
          .toFormat(format)
          .toBuffer();
        for (const part of [0.2, 0.5, 0.9]) {
          const facts = await inspected(whole.subarray(0, Math.floor(whole.length * part)), 'cut.jpg');
          expect(facts, String(part)).to.deep.equal({ type: 'FILE', mimeType });
        }
      });
    }

    it('shows of a picture with something behind it the picture only', async () => {
      const picture = await noisy(400, 300);
      for (const behind of [
        zip([['evil.html', '<script>']]),
        Buffer.from('<html><script>alert(1)</script>'),
      ]) {
        const facts = await inspected(Buffer.concat([picture, behind]), 'both.html');
        expect(facts).to.include({ type: 'PHOTO', mimeType: 'image/jpeg' });
        expect(facts.thumbnail!.includes('script')).to.equal(false);
        expect(facts.thumbnail!.includes('evil')).to.equal(false);
      }
    });

    it('does not believe a beginning: what then is no picture is a FILE', async () => {
      const facts = await inspected('GIF89a/*\x01\x00*/=1;alert(1)//<script>alert(1)</script>', 'a.gif');
      expect(facts).to.deep.equal({ type: 'FILE', mimeType: 'image/gif' });
    });

    it('does not keep the event loop waiting while it decodes', async function () {
      const path = await slowPicture();
      // One decoding takes longer than the bound; on a busy machine others may keep us waiting, but not each time.
      const lags: number[] = [];
      while (lags.length < 5 && !lags.some(lag => lag < 150)) {
        lags.push(await lagDuring(() => Promise.all([1, 2].map(() => media.inspect(path, 'slow.png')))));
      }
      expect(Math.min(...lags)).to.be.below(150);
    }).timeout(60_000);
  });

  describe('videos', () => {
    let server: Server;
    let address: string;
    const asked: string[] = [];

    before(async () => {
      server = createServer((request, response) => {
        asked.push(request.url ?? '');
        response.writeHead(404).end();
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());

    it('follows no playlist and no script: nobody is asked, and no other file is read', async () => {
      const secret = join(folder, 'secret.ts');
      await writeFile(secret, await readFile(await video(folder, 'other.ts')));
      const playlist = (...places: string[]) =>
        ['#EXTM3U', '#EXT-X-TARGETDURATION:5', ...places.flatMap(place => ['#EXTINF:5,', place])].join('\n');
      const scripts = [
        playlist(`${address}/one.ts`, 'file:///etc/passwd', `file://${secret}`),
        `ffconcat version 1.0\nfile '${secret}'\nfile '${address}/two.mp4'\nfile '/etc/passwd'\n`,
        `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${address}/three</BaseURL></MPD>`,
      ];
      const programs = new Programs({ searchPath: SEARCH_PATH, memory: 1_024 * MiB, onProblem: () => {} });
      const probe = videoProbe({ programs, ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', seconds: 20 });
      const { signal } = new AbortController();
      const any = { frameSize: { width: 64, height: 64 }, stream: 0 };
      for (const script of scripts) {
        const path = join(folder, 'disguised.mp4');
        await writeFile(path, script);
        const facts = await media.inspect(path, 'disguised.mp4');
        expect(facts.type).to.equal('FILE');
        expect(facts.thumbnail).to.equal(undefined);
        // Also where it gets past the first look, both programs refuse it.
        for (const demuxer of ['mov', 'mpegts']) {
          expect(await probe.facts(path, demuxer, signal)).to.equal('broken');
          expect(await probe.thumbnail(path, demuxer, any, signal)).to.equal(null);
        }
      }
      expect(asked).to.deep.equal([]);
      // The server is really there for a program that is let out.
      const path = join(folder, 'out.m3u8');
      await writeFile(path, playlist(`${address}/control.ts`));
      const letOut = [
        '-v',
        'quiet',
        '-protocol_whitelist',
        'file,http,tcp',
        '-allowed_extensions',
        'ALL',
        path,
      ];
      const control = spawn('ffprobe', letOut, { stdio: 'ignore' });
      await eventually('the question of the control', () => asked.includes('/control.ts'));
      control.kill('SIGKILL');
    });

    it('is not led by a header that says hours', async () => {
      const short = await video(folder, 'half.mp4', { seconds: 0.5, more: ['-an'] });
      const facts = await media.inspect(await lyingVideo(folder, short, 5 * 3_600), 'lying.mp4');
      expect(facts).to.include({ type: 'VIDEO', duration: 5 * 3_600 });
      await expectSound(facts);
      expect(facts.thumbnail).to.be.instanceOf(Buffer);
    });

    it('calls a video without its header a FILE, and one without its pictures a VIDEO without a thumbnail', async () => {
      const plain = await readFile(await video(folder, 'plain.mp4'));
      expect(await inspected(plain.subarray(0, plain.length / 2), 'cut.mp4')).to.deep.equal({
        type: 'FILE',
        mimeType: 'video/mp4',
      });
      const fast = await readFile(await video(folder, 'fast.mp4', { more: ['-movflags', '+faststart'] }));
      const facts = await inspected(fast.subarray(0, fast.indexOf('mdat') + 40), 'cut.mp4');
      expect(facts).to.include({ type: 'VIDEO', mimeType: 'video/mp4' });
      expect(facts.frameSize).to.deep.equal({ width: 640, height: 360 });
      expect(facts.thumbnail).to.equal(undefined);
    });

    it('does not decode a video of billions of pixels', async () => {
      const path = await video(folder, 'bomb.avi', { more: ['-an', '-c:v', 'mjpeg'] });
      const bytes = await readFile(path);
      const start = Buffer.from([0xff, 0xc0, 0, 17, 8]);
      for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 4)) {
        bytes.writeUInt32BE(0xfff0_fff0, at + 5);
      }
      expect((await media.inspect(path, 'bomb.avi')).thumbnail).to.be.instanceOf(Buffer);
      const facts = await inspected(bytes, 'bomb.avi');
      expect(facts.thumbnail).to.equal(undefined);
      await expectSound(facts);
    });
  });

  it('answers whatever bytes come', async () => {
    const picture = await noisy(60, 40);
    const samples = [
      picture,
      await sharp(picture).png().toBuffer(),
      await sharp(picture).avif().toBuffer(),
      await animated('gif'),
      await animated('webp'),
      await readFile(await heic(folder, picture)),
      docx(),
      hwp(),
      Buffer.from('<svg><text>안녕</text></svg>'),
      Buffer.from('%PDF-1.7\n'),
    ];
    const spoiled = fc
      .tuple(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 12 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: 1 }),
        fc.uint8Array({ maxLength: 64 }),
      )
      .map(([sample, changes, part, tail]) => {
        const bytes = Buffer.from(sample.subarray(0, Math.floor(sample.length * part)));
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return Buffer.concat([bytes, tail]);
      });
    const anything = fc.uint8Array({ maxLength: 2_000 }).map(bytes => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: spoiled }, anything),
        fc.string(),
        async (bytes, name) => expectSound(await inspected(bytes, name)),
      ),
      { numRuns: 200, interruptAfterTimeLimit: 20_000 },
    );
    await expectSound(await inspected(randomBytes(3 * MiB), 'noise.mp4'));
  }).timeout(60_000);

  it('answers whatever happened to a video', async () => {
    const samples = await Promise.all(
      ['mp4', 'webm', 'avi', 'ts', 'ogv'].map(async kind =>
        readFile(await video(folder, `spoiled.${kind}`, { seconds: 0.4, size: '160x120' })),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat({ max: 4_000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 30 }),
        async (sample, changes) => {
          const bytes = Buffer.from(sample);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          await expectSound(await inspected(bytes, 'a.mp4'));
        },
      ),
      { numRuns: 10, interruptAfterTimeLimit: 20_000 },
    );
  }).timeout(60_000);
});
