import { MAX_PIXELS } from './pictures.ts';
import { factsArguments, frameArguments } from './commands.ts';
import type { Ending, Programs } from './programs.ts';

/** What is to be known of a video. */
export interface VideoFacts {
  /** Seconds, to the millisecond; absent when its file does not say. */
  duration?: number;
  /** As it is shown: turned, and with the shape of its pixels. */
  frameSize: { width: number; height: number };
  /** Which of its streams the pictures are. */
  stream: number;
}

/** Sound only; a file that cannot be shown; or that could not be found out. */
export type NoVideo = 'sound' | 'broken' | 'unknown';

/** Looks into videos. Nothing but the file itself is read, whatever it points to. */
export interface VideoProbe {
  facts(path: string, demuxer: string, signal: AbortSignal): Promise<VideoFacts | NoVideo>;
  /** A small JPEG of a moment near the beginning; null when there is none. */
  thumbnail(path: string, demuxer: string, facts: VideoFacts, signal: AbortSignal): Promise<Buffer | null>;
}

/** Of the words of ffprobe, and of a JPEG of 320 by 320. */
const MAX_WORDS = 256 * 1024;
const MAX_THUMBNAIL = 512 * 1024;

/** More is a lie. */
const MAX_SECONDS = 1_000_000;

export interface VideoOptions {
  programs: Programs;
  /** Names or paths. */
  ffmpeg: string;
  ffprobe: string;
  /** Processor time of each, in seconds. */
  seconds: number;
}

/**
 * By ffprobe and ffmpeg. fluent-ffmpeg builds the command of ffmpeg; both run as `Programs` have it, since the
 * library can neither stop its ffprobe nor bound what a program says.
 */
export function videoProbe(options: VideoOptions): VideoProbe {
  const { programs, seconds } = options;
  const run = (program: string, args: string[], signal: AbortSignal, output: number): Promise<Ending> =>
    programs.run(program, args, { signal, seconds, output });
  return {
    async facts(path, demuxer, signal) {
      const program = await programs.find(options.ffprobe, 'videos get no duration and no size');
      if (program === null) return 'unknown';
      const ending = await run(program, factsArguments(path, demuxer), signal, MAX_WORDS);
      if (ending.how === 'done') return factsOf(JSON.parse(ending.output.toString('utf8')) as Words);
      return ending.how === 'refused' ? 'broken' : 'unknown';
    },

    async thumbnail(path, demuxer, facts, signal) {
      const program = await programs.find(options.ffmpeg, 'videos get no thumbnail');
      if (program === null) return null;
      // A duration may lie: where there is nothing at that moment, the first frame will do.
      const moments = [Math.min(1, (facts.duration ?? 0) / 2), 0];
      for (const moment of new Set(moments)) {
        const ending = await run(
          program,
          frameArguments(path, demuxer, facts, moment),
          signal,
          MAX_THUMBNAIL,
        );
        if (ending.how === 'done' && isJpeg(ending.output)) return ending.output;
        if (ending.how === 'stopped') return null;
      }
      return null;
    },
  };
}

/** Whether these are the bytes of a whole JPEG. */
function isJpeg(bytes: Buffer): boolean {
  return (
    bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9
  );
}

/** What ffprobe says, as far as we asked: numbers and words of its own, nothing that a file could spoil. */
interface Words {
  streams?: {
    index: number;
    codec_type?: string;
    width?: number;
    height?: number;
    sample_aspect_ratio?: string;
    disposition?: { attached_pic?: number };
    side_data_list?: { rotation?: number }[];
  }[];
  format?: { duration?: string };
}

function factsOf({ streams = [], format }: Words): VideoFacts | NoVideo {
  const video = streams.find(
    stream =>
      stream.codec_type === 'video' && stream.width && stream.height && !stream.disposition?.attached_pic,
  );
  if (!video) return streams.some(stream => stream.codec_type === 'audio') ? 'sound' : 'broken';
  if (video.width! * video.height! > MAX_PIXELS) return 'broken';
  const [across = 1, down = 1] = (video.sample_aspect_ratio ?? '1:1').split(':').map(Number);
  const shape = across > 0 && down > 0 && across / down > 0.1 && across / down < 10 ? across / down : 1;
  const size = { width: Math.round(video.width! * shape), height: video.height! };
  const turned = video.side_data_list?.find(data => data.rotation !== undefined)?.rotation ?? 0;
  const isOnItsSide = Math.round(turned / 90) % 2 !== 0;
  const duration = Math.round(Number(format?.duration) * 1_000) / 1_000;
  return {
    frameSize: isOnItsSide ? { width: size.height, height: size.width } : size,
    stream: video.index,
    ...(duration > 0 && duration <= MAX_SECONDS && { duration }),
  };
}
