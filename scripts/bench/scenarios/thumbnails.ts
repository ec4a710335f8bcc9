import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { createMedia } from '../../../src/services/media/index.ts';
import type { Context, Scenario, Section } from './scenario.ts';

const [WIDTH, HEIGHT] = [4_000, 3_000];

export interface ThumbnailFigures {
  perSecond: number;
  /** The longest wait of the event loop meanwhile, in milliseconds. */
  longestWaitMs: number;
  /** Growth of this process meanwhile, in bytes. */
  growth: number;
}

/** Pictures of a phone, all at once, through the very service that uploads use. */
export async function measureThumbnails(count: number): Promise<ThumbnailFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'madang-thumbnails-'));
  try {
    const path = join(folder, 'picture.jpg');
    // Noise, as cameras have it: a flat picture would be decoded in no time.
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 12 };
    const canvas = { width: WIDTH, height: HEIGHT, channels: 3 as const, background: '#888', noise };
    await writeFile(path, await sharp({ create: canvas }).jpeg({ quality: 90 }).toBuffer());
    const media = createMedia();
    const look = async () => {
      const { thumbnail } = await media.inspect(path, 'picture.jpg');
      if (!thumbnail) throw new Error('a picture got no thumbnail');
    };
    await look();
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = performance.now();
    await Promise.all(Array.from({ length: count }, look));
    const seconds = (performance.now() - started) / 1_000;
    clearInterval(watch);
    delay.disable();
    return { perSecond: count / seconds, longestWaitMs: delay.max / 1e6, growth: most - before };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run({ options, targets }: Context): Promise<Section> {
  const figures = targets.includes('engine') ? await measureThumbnails(options.quick ? 40 : 200) : undefined;
  return {
    title: 'Thumbnails',
    notes: [`JPEG of ${WIDTH} by ${HEIGHT} pixels with noise, ${availableParallelism()} cores.`],
    rows: [
      { label: 'pictures per second', values: { engine: figures?.perSecond }, digits: 1 },
      { label: 'longest wait of the event loop, ms', values: { engine: figures?.longestWaitMs }, digits: 1 },
      { label: 'growth of memory, MB', values: { engine: figures && figures.growth / 1e6 }, digits: 1 },
    ],
    goals: [],
    raw: figures ?? null,
  };
}

export const thumbnails: Scenario = { name: 'thumbnails', longestMs: 120_000, run };
