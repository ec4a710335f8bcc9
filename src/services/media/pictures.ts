import sharp, { type SharpOptions } from 'sharp';
import type { FileFacts } from '../../domain/ports.ts';
import type { HeifConverter } from './heif.ts';

/** What browsers and phones show; each is opened by sharp (HEVC inside HEIF: only measured). */
export const PICTURES = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/heic',
  'image/heic-sequence',
  'image/heif',
  'image/heif-sequence',
]);

/** Pixels of a picture: the largest that phones make (50 megapixels) with a margin. More is a bomb. */
export const MAX_PIXELS = 52_000_000;

/** A thumbnail fits into a square of this side. */
export const THUMBNAIL_SIDE = 320;

const QUALITY = 75;

/** The only decoders that files of strangers reach. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'];

/** Errors end the decoding, warnings do not: cameras of well-known makers write pictures that cause some. */
const OPENING: SharpOptions = {
  failOn: 'error',
  limitInputPixels: MAX_PIXELS,
  unlimited: false,
  sequentialRead: true,
  pages: 1,
};

/**
 * Sets up libvips for the whole process: one thread per picture (the lanes decide how many at once), nothing kept
 * from one to the next, and no decoders but ours (no SVG, PDF, TIFF or whatever a later build may bring).
 */
export function confineLibrary(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: LOADERS.flatMap(loader => [`VipsForeignLoad${loader}File`, `VipsForeignLoad${loader}Buffer`]),
  });
}

export interface PictureOptions {
  heif: HeifConverter;
  /** Seconds after which libvips gives up by itself. */
  seconds: number;
}

/**
 * Fills in what is to be known of a picture, step by step, so that what is there counts also when time is over. What
 * cannot be decoded is a FILE: it would not be shown anywhere.
 */
export async function lookAtPicture(
  path: string,
  facts: FileFacts,
  signal: AbortSignal,
  { heif, seconds }: PictureOptions,
): Promise<void> {
  try {
    const head = await sharp(path, OPENING).metadata();
    facts.frameSize = head.autoOrient;
    if (head.compression === 'av1') facts.mimeType = 'image/avif';
    if (head.compression !== 'hevc') facts.thumbnail = await thumbnail(path, seconds, true);
    // The container says how the picture is turned and the converter does it; what EXIF says beside it is void.
    else
      await heif.convert(
        path,
        signal,
        async jpeg => (facts.thumbnail = await thumbnail(jpeg, seconds, false)),
      );
  } catch {
    // Whatever is wrong with it, the sender has a file that goes through as one.
    if (signal.aborted) return;
    facts.type = 'FILE';
    delete facts.frameSize;
  }
}

/** Of the first page or frame, upright, in sRGB; all metadata goes, since nothing asks sharp to keep any. */
async function thumbnail(path: string, seconds: number, isTurned: boolean): Promise<Buffer> {
  const picture = sharp(path, OPENING).timeout({ seconds });
  if (isTurned) picture.autoOrient();
  return picture
    .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: QUALITY })
    .toBuffer();
}
