import { availableParallelism, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { FileFacts, Media } from '../../domain/ports.ts';
import { heifConverter } from './heif.ts';
import { mimeTypeOf, UNKNOWN } from './kinds.ts';
import { Lane } from './lane.ts';
import { confineLibrary, lookAtPicture, PICTURES } from './pictures.ts';
import { Programs } from './programs.ts';
import { DEMUXERS } from './commands.ts';
import { videoProbe, type VideoProbe } from './videos.ts';

export interface MediaOptions {
  /** Where programs are looked for: the engine's PATH. */
  searchPath?: string;
  /** Names or paths of the programs that look into files. */
  programs?: Partial<Record<'ffmpeg' | 'ffprobe' | 'heifConvert', string>>;
  /** Where pictures are while they are worked on. */
  tempDir?: string;
  /** Milliseconds for one file, once it is its turn; afterwards it goes without what is not known yet. */
  limitMs?: number;
  /** Address space of a program, in bytes: a video of 8K fits. */
  memory?: number;
  /** How many are worked on at once, of all kinds together. */
  jobs?: number;
  /** Is told, once each, of programs that are not there, and of those that cannot be started. */
  onProblem?: (what: string) => void;
}

const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';

/**
 * libvips decodes in the four threads that Node has for files, names and hashes: it never gets more than half of
 * them, and never holds more than two decoded pictures (200 MB each at worst) in the engine's memory.
 */
const PICTURES_AT_ONCE = 2;

/** Kinds whose sound alone has a name of its own. */
const SOUNDS: Record<string, string> = {
  'video/mp4': 'audio/mp4',
  'video/webm': 'audio/webm',
  'video/ogg': 'audio/ogg',
  'video/3gpp': 'audio/3gpp',
};

/** Looks into files by file-type, sharp, heif-convert, ffprobe and ffmpeg. */
export function createMedia(options: MediaOptions = {}): Media {
  const { limitMs = 20_000, jobs = availableParallelism(), onProblem = () => undefined } = options;
  const names = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe', heifConvert: 'heif-convert', ...options.programs };
  const seconds = Math.ceil(limitMs / 1_000) + 1;
  const programs = new Programs({
    searchPath: options.searchPath ?? SEARCH_PATH,
    memory: options.memory ?? 1_536 * 1024 * 1024,
    onProblem,
  });
  const tempDir = options.tempDir ?? tmpdir();
  const heif = heifConverter({ programs, program: names.heifConvert, tempDir, seconds });
  const probe = videoProbe({ programs, ffmpeg: names.ffmpeg, ffprobe: names.ffprobe, seconds });

  const pictureJobs = Math.min(PICTURES_AT_ONCE, Math.ceil(jobs / 2));
  const pictures = new Lane(pictureJobs, limitMs);
  const videos = new Lane(Math.max(1, jobs - pictureJobs), limitMs);
  const heads = new Lane(Math.max(1, jobs), limitMs);
  confineLibrary();

  return {
    async inspect(file, name) {
      const path = resolve(file);
      const mimeType = await heads.run(
        signal => mimeTypeOf(path, name, signal),
        () => UNKNOWN,
      );
      const facts: FileFacts = { type: 'FILE', mimeType };
      const asTheyAre = () => ({ ...facts });
      if (PICTURES.has(mimeType)) {
        facts.type = 'PHOTO';
        return pictures.run(
          signal => lookAtPicture(path, facts, signal, { heif, seconds }).then(asTheyAre),
          asTheyAre,
        );
      }
      if (mimeType in DEMUXERS) {
        facts.type = 'VIDEO';
        return videos.run(signal => lookAtVideo(path, facts, signal, probe).then(asTheyAre), asTheyAre);
      }
      return facts;
    },
  };
}

/** Fills in what is to be known of a video, step by step, so that what is there counts also when time is over. */
async function lookAtVideo(
  path: string,
  facts: FileFacts,
  signal: AbortSignal,
  probe: VideoProbe,
): Promise<void> {
  const demuxer = DEMUXERS[facts.mimeType]!;
  const found = await probe.facts(path, demuxer, signal);
  if (found === 'unknown') return;
  if (found === 'sound' || found === 'broken') {
    facts.type = 'FILE';
    if (found === 'sound') facts.mimeType = SOUNDS[facts.mimeType] ?? facts.mimeType;
    return;
  }
  facts.frameSize = found.frameSize;
  if (found.duration !== undefined) facts.duration = found.duration;
  const thumbnail = await probe.thumbnail(path, demuxer, found, signal);
  if (thumbnail) facts.thumbnail = thumbnail;
}
