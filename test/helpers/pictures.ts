import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Pictures and videos of all kinds, made on the spot. */

const run = promisify(execFile);

/** Fails with a clear sentence where the programs of this suite are not there. */
export async function expectTools(): Promise<void> {
  for (const tool of ['ffmpeg', 'ffprobe', 'heif-convert', 'heif-enc']) {
    await run('which', [tool]).catch(() => {
      throw new Error(`${tool} is not there: install the packages ffmpeg and libheif-examples`);
    });
  }
}

export const RED = '#ff0000';
export const BLUE = '#0000ff';

/** A picture whose left half is red and whose right half is blue. */
export const twoColours = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: RED } }).composite([
    {
      input: { create: { width: width / 2, height, channels: 3, background: BLUE } },
      left: width / 2,
      top: 0,
    },
  ]);

/** What a phone makes: turned by EXIF, with the place where it was taken. */
export const phonePicture = (width: number, height: number, orientation: number): Promise<Buffer> =>
  twoColours(width, height)
    .withMetadata({ orientation })
    .withExifMerge({
      IFD0: { Make: 'Madang Phone' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 33/1 59/1' },
    })
    .jpeg({ quality: 90 })
    .toBuffer();

/** A picture with the noise of a camera, so that its size is that of a real one. */
export const noisy = (width: number, height: number): Promise<Buffer> =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 12 },
    },
  })
    .jpeg({ quality: 90 })
    .toBuffer();

/** Frames of different colours. */
export async function animated(format: 'gif' | 'webp', frames = 3): Promise<Buffer> {
  const pages = await Promise.all(
    Array.from({ length: frames }, (_, i) =>
      sharp({ create: { width: 60, height: 40, channels: 3, background: i === 0 ? RED : BLUE } })
        .png()
        .toBuffer(),
    ),
  );
  const joined = sharp(pages, { join: { animated: true } });
  return format === 'gif' ? joined.gif().toBuffer() : joined.webp().toBuffer();
}

/** A HEIC picture of what is in a JPEG. */
export async function heic(folder: string, jpeg: Buffer): Promise<string> {
  const [source, target] = [join(folder, 'source-of-heic.jpg'), join(folder, 'picture.heic')];
  await writeFile(source, jpeg);
  await run('heif-enc', ['-q', '60', source, '-o', target]);
  return target;
}

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

/** A PNG that says it has this size; its pixels are as many as `rows` of nothing. */
export function hollowPng(width: number, height: number, { interlaced = true, rows = 64 } = {}): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, interlaced ? 1 : 0], 8);
  const pixels = deflateSync(Buffer.alloc(rows * Math.min(width, 50_000) * 4));
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** A GIF of one pixel and very many frames. */
export function endlessGif(frames: number): Buffer {
  const head = Buffer.from([1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
  const control = [0x21, 0xf9, 4, 0, 0, 0, 0, 0];
  const frame = Buffer.from([...control, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([
    Buffer.from('GIF89a'),
    head,
    ...Array<Buffer>(frames).fill(frame),
    Buffer.from([0x3b]),
  ]);
}

/** Codecs of each kind of video, by its ending. */
const CODECS: Record<string, string[]> = {
  mp4: ['-c:v', 'libx264', '-c:a', 'aac'],
  mov: ['-c:v', 'libx264', '-c:a', 'aac'],
  mkv: ['-c:v', 'libx264', '-c:a', 'aac'],
  webm: ['-c:v', 'libvpx', '-c:a', 'libopus', '-deadline', 'realtime'],
  '3gp': ['-c:v', 'h263', '-vf', 'scale=176:144,setsar=1', '-an'],
  avi: ['-c:v', 'mpeg4', '-c:a', 'mp2'],
  mpg: ['-c:v', 'mpeg2video', '-c:a', 'mp2'],
  ts: ['-c:v', 'mpeg2video', '-c:a', 'mp2'],
  ogv: ['-c:v', 'libtheora', '-c:a', 'libvorbis'],
};

export interface Filmed {
  size?: string;
  seconds?: number;
  /** Options of ffmpeg for the output. */
  more?: string[];
}

/** A video of a test picture with a tone, of the kind that the ending of its name says. */
export async function video(folder: string, name: string, filmed: Filmed = {}): Promise<string> {
  const { size = '640x360', seconds = 2, more = [] } = filmed;
  const path = join(folder, name);
  const picture = `testsrc=size=${size}:rate=25:duration=${seconds}`;
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=duration=${seconds}`];
  const codecs = CODECS[name.split('.').at(-1)!]!;
  const output = [...codecs, '-pix_fmt', 'yuv420p', ...more, `file:${path}`];
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...output]);
  return path;
}

/** The same video, to be shown turned by 90 degrees. */
export async function turned(folder: string, source: string): Promise<string> {
  const path = join(folder, 'turned.mp4');
  await run('ffmpeg', [
    ...['-v', 'error', '-y', '-i', source],
    ...['-c', 'copy', '-metadata:s:v:0', 'rotate=90', path],
  ]);
  return path;
}

/** An mp4 whose header says that it lasts `seconds`, whatever is in it. */
export async function lyingVideo(folder: string, source: string, seconds: number): Promise<string> {
  const bytes = await readFile(source);
  for (const box of ['mvhd', 'tkhd', 'mdhd', 'elst']) {
    for (let at = bytes.indexOf(box); at >= 0; at = bytes.indexOf(box, at + 4)) {
      if (box === 'mvhd' || box === 'mdhd')
        bytes.writeUInt32BE(seconds * bytes.readUInt32BE(at + 16), at + 20);
      else if (box === 'tkhd') bytes.writeUInt32BE(seconds * 1_000, at + 24);
      else bytes.writeUInt32BE(seconds * 1_000, at + 12);
    }
  }
  const path = join(folder, 'lying.mp4');
  await writeFile(path, bytes);
  return path;
}

/** The colour in the middle of each half of a picture: upper and lower, or left and right. */
export async function halves(
  picture: Buffer,
  axis: 'up and down' | 'left and right',
): Promise<[string, string]> {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const colourAt = (x: number, y: number) => {
    const at = (Math.floor(y) * info.width + Math.floor(x)) * info.channels;
    const names = ['red', 'green', 'blue'].filter((_, i) => data[at + i]! > 127);
    return names.join(' and ') || 'black';
  };
  const { width, height } = info;
  return axis === 'up and down'
    ? [colourAt(width / 2, height / 4), colourAt(width / 2, (3 * height) / 4)]
    : [colourAt(width / 4, height / 2), colourAt((3 * width) / 4, height / 2)];
}
